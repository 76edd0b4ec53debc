package client

import (
	"fmt"
	"strings"
)

// String names what is asked for in one line.
func (s Submit) String() string {
	calls := make([]string, len(s.Calls))
	for i, c := range s.Calls {
		calls[i] = c.String()
	}
	return "Submit " + strings.Join(calls, "; ")
}

// String names the operations of the call in one line.
func (c *Call) String() string {
	ops := make([]string, len(c.Ops))
	for i, o := range c.Ops {
		ops[i] = o.String()
	}
	return strings.Join(ops, ", ")
}

// String names the call and says why it is given up.
func (c Cancel) String() string { return fmt.Sprintf("Cancel %v: %v", c.Call, c.Err) }
