package raft

import "fmt"

// assert panics unless ok: what the code believes about itself has turned out
// false, and going on could break promises made to others. Nothing that arrives
// in a message may be asserted; it is refused instead.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("raft: " + fmt.Sprintf(format, args...))
	}
}
