package hollywood

import (
	"fmt"
	"os"

	"github.com/understudy-kv/understudy/actors"
)

// A Panic is a broken invariant: which actor found it, and on what.
type Panic struct {
	Actor   actors.Ref
	From    actors.Ref
	Message actors.Message // nil if it happened in Flush
	Value   any
	Stack   []byte
}

// messageChars is how much of a message is worth reading in a terminal.
const messageChars = 2048

// String prints the panic over several lines.
func (p Panic) String() string {
	on := "in Flush"
	if p.Message != nil {
		on = fmt.Sprintf("on %.*s from %v", messageChars, fmt.Sprintf("%T %+v", p.Message, p.Message), p.From)
	}
	return fmt.Sprintf("actor %v panicked: %v\n%s\n\n%s", p.Actor, p.Value, on, p.Stack)
}

func exitOnPanic(p Panic) {
	fmt.Fprintln(os.Stderr, p)
	os.Exit(2)
}
