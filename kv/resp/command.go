package resp

import (
	"strings"

	"github.com/understudy-kv/understudy/ring"
)

// A command is one row of the table.
type command struct {
	name  string
	usage string // the arguments behind the name
	// arity is how many arguments it has, the name included; a negative one is the
	// least number.
	arity int
	flags flags
	// The arguments from first to last, of which every step-th, are keys; a negative
	// last counts from the end. No keys if first is zero.
	first, last, step int
	group             string
	summary           string
	run               func(*request)
	// subs are the subcommands; then run does nothing but say that there is none.
	subs []*command

	parent *command
}

// flags are what Redis tells its clients about a command.
type flags uint

const (
	write flags = 1 << iota
	readonly
	denyoom
	fast
	loading
	stale
	noscript
	noauth
	// barrier keeps a command in order with all others of its connection. Others are
	// kept in order with those that share a key with them.
	barrier
)

var flagNames = []string{"write", "readonly", "denyoom", "fast", "loading", "stale", "noscript", "no_auth"}

// names lists the flags as Redis spells them.
func (f flags) names() (names []string) {
	for i, name := range flagNames { // barrier is ours alone
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// maxCommandName is longer than every name in the table.
const maxCommandName = 32

// table holds every command. byName finds them, and subcommands as container|sub.
// They are filled when the program starts because some commands describe the table.
var (
	table  []*command
	byName = map[string]*command{}
)

func init() {
	table = allRows()
	for _, c := range table {
		byName[c.name] = c
		for _, sub := range c.subs {
			sub.parent = c
			byName[sub.fullName()] = sub
		}
	}
}

// find returns the command that args ask for, or nil. If a subcommand is missing or
// unknown that is the container.
func find(args [][]byte) *command {
	var room [2*maxCommandName + 1]byte
	name, ok := appendLower(room[:0], args[0])
	if !ok {
		return nil
	}
	c := byName[string(name)]
	if c == nil || c.subs == nil || len(args) < 2 {
		return c
	}
	if name, ok = appendLower(append(name, '|'), args[1]); ok {
		if sub := byName[string(name)]; sub != nil {
			return sub
		}
	}
	return c
}

// appendLower appends a name in lower case, unless it is too long to be one.
func appendLower(b, name []byte) ([]byte, bool) {
	if len(name) > maxCommandName {
		return b, false
	}
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		b = append(b, c)
	}
	return b, true
}

// fullName is the name, for a subcommand with that of its container.
func (c *command) fullName() string {
	if c.parent == nil {
		return c.name
	}
	return c.parent.name + "|" + c.name
}

// takes reports whether the command can have so many arguments.
func (c *command) takes(n int) bool {
	if c.arity < 0 {
		return n >= -c.arity
	}
	return n == c.arity
}

// keys returns the positions of the keys among n arguments: from first to last,
// both included. There are none if last is below first.
func (c *command) keys(n int) (first, last int) {
	if c.last < 0 {
		return c.first, n + c.last
	}
	return c.first, c.last
}

// slot returns the slot of the keys, and whether they have one in common.
func (c *command) slot(args [][]byte) (slot uint16, same bool) {
	first, last := c.keys(len(args))
	slot = ring.Slot(args[first])
	for i := first + c.step; i <= last; i += c.step {
		if ring.Slot(args[i]) != slot {
			return 0, false
		}
	}
	return slot, true
}

// equal compares an argument with a word in lower case, as options are compared.
func equal(arg []byte, word string) bool {
	if len(arg) != len(word) {
		return false
	}
	for i, c := range arg {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// subcommand answers a container whose subcommand is unknown.
func subcommand(r *request) {
	container := strings.ToUpper(r.spec.name)
	if equal(r.args[1], "help") {
		r.help(container)
		return
	}
	r.fail("ERR unknown subcommand '" + cut(r.args[1]) + "'. Try " + container + " HELP.")
}

// help lists the subcommands.
func (r *request) help(container string) {
	r.out.array(2*len(r.spec.subs) + 1)
	r.out.status(container + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	for _, sub := range r.spec.subs {
		r.out.status(strings.TrimSpace(strings.ToUpper(sub.name) + " " + sub.usage))
		r.out.status("    " + sub.summary)
	}
}
