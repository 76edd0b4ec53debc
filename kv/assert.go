package kv

import "fmt"

// assert ends the process if what must be true is not.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("kv: " + fmt.Sprintf(format, args...))
	}
}
