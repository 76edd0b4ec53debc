package resp

import (
	"errors"
	"fmt"
	"strings"

	"github.com/understudy-kv/understudy/client"
)

// Error texts that clients know from Redis.
const (
	crossSlot    = "CROSSSLOT Keys in request don't hash to the same slot"
	syntaxError  = "ERR syntax error"
	notAnInteger = "ERR value is not an integer or out of range"
	overflow     = "ERR increment or decrement would overflow"
	noMap        = "CLUSTERDOWN The map of the cluster is not known yet; nothing happened"
)

// explain returns the error reply for a call that failed. The code in capitals says
// what a client library may do about it:
//
//   - CLUSTERDOWN, which libraries take for a reason to try again, is said only if
//     nothing happened, and only to a command behind which no other waits: go-redis
//     sends a whole pipeline again when its first command was answered so.
//   - OVERLOADED, too, is said only if nothing happened. No library knows it, so none tries
//     again by itself: the node has done so until the time was up, and what it lacks is less
//     work. TRYAGAIN would say the same to libraries, and bring the command back at once.
//   - UNKNOWN is a code that no library tries again on: the command may have taken
//     effect.
//   - ERR is for all else.
func (r *request) explain(err error) string {
	var failure *client.Error
	if errors.As(err, &failure) {
		err = r.errorOf(failure)
	}
	text := err.Error()
	switch {
	case errors.Is(err, client.ErrOverloaded):
		return "OVERLOADED " + text
	case errors.Is(err, client.ErrUnavailable) && r.alone:
		return "CLUSTERDOWN " + text
	case errors.Is(err, client.ErrUnavailable), errors.Is(err, client.ErrInvalid):
		return "ERR " + text
	default:
		return "UNKNOWN " + text
	}
}

// unknown answers a command that is not in the table.
func (c *conn) unknown(r *request) string {
	name := r.args[0]
	if equal(name, "post") || equal(name, "host:") {
		// A browser was made to talk to us by a page: what follows may be commands.
		r.last = true
	}
	var shown strings.Builder
	for _, arg := range r.args[1:] {
		if shown.Len() >= shownBytes {
			break
		}
		fmt.Fprintf(&shown, "'%.*s' ", shownBytes-shown.Len(), arg)
	}
	return fmt.Sprintf("ERR unknown command '%s', with args beginning with: %s", cut(name), shown.String())
}

// shownBytes is how much of what a client sent is repeated in an error.
const shownBytes = 128

// cut returns an argument for an error.
func cut(arg []byte) string { return string(arg[:min(len(arg), shownBytes)]) }
