package raft

import "fmt"

// assert panics unless ok: what the code believes about itself has turned out
// false, and going on could break promises made to others. Nothing that arrives
// in a message may be asserted; it is refused instead. Format has verbs for what
// was believed and what was seen, which cost nothing while all is well.
func assert[B, S any](ok bool, format string, believed B, seen S) {
	if !ok {
		panic("raft: " + fmt.Sprintf(format, believed, seen))
	}
}
