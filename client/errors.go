package client

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Code says what the caller of a failed call may do.
type Code uint8

// The codes.
const (
	// Unavailable: nothing happened, and nothing will. The call may be tried again.
	Unavailable Code = iota + 1
	// Unknown: the call may have taken effect, or may still take effect, once.
	Unknown
	// Invalid: the call can never take effect.
	Invalid
	// Overloaded: nothing happened, and nothing will, because the cluster, or this client,
	// has more to do than it can. The call may be tried again, later and with fewer others
	// beside it: this client has tried again for a while already.
	Overloaded
)

// Each code as an error, for [errors.Is].
var (
	// ErrUnavailable stands for [Overloaded] as well: nothing happened.
	ErrUnavailable = errors.New("unavailable")
	ErrUnknown     = errors.New("unknown")
	ErrInvalid     = errors.New("invalid")
	ErrOverloaded  = errors.New("overloaded")
)

// The causes that are told apart nowhere but in texts.
var (
	errTimeout     = errors.New("no answer in time")
	errNoMap       = errors.New("no node of the cluster answered")
	errNoLeader    = errors.New("no node leads these keys at present")
	errTooMany     = errors.New("too many calls, or too large ones, are waiting")
	errCrowded     = errors.New("the node that leads these keys has more work than it can do")
	errClosed      = errors.New("the client is closed")
	errExpired     = errors.New("the cluster forgot the session of this client")
	errForgotten   = errors.New("it took effect, but its answer is lost")
	errEmpty       = errors.New("a call needs at least one operation")
	errTooLarge    = errors.New("too large for one call")
	errInvalid     = errors.New("the store does not accept it")
	errResults     = errors.New("the answer does not fit the call")
	errCanceled    = errors.New("given up by the caller")
	errScattered   = errors.New("the keys of one call must share a partition")
	errNoPartition = errors.New("there is no such partition")
)

// An Error says why a call failed and, by its Code, what may be done about it.
type Error struct {
	Code Code
	Op   string // what was asked, such as "put"
	Key  string // of the first operation
	Err  error  // the cause
}

// Error says what failed, why, and what the caller may do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.Key != "" {
		b.WriteString(" " + quote(e.Key))
	}
	fmt.Fprintf(&b, ": %v; %s", e.Err, e.Code.advice())
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target stands for the code of e.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnavailable:
		return e.Code == Unavailable || e.Code == Overloaded
	case ErrOverloaded:
		return e.Code == Overloaded
	case ErrUnknown:
		return e.Code == Unknown
	case ErrInvalid:
		return e.Code == Invalid
	}
	return false
}

// String names the code.
func (c Code) String() string {
	switch c {
	case Unavailable:
		return "Unavailable"
	case Unknown:
		return "Unknown"
	case Invalid:
		return "Invalid"
	case Overloaded:
		return "Overloaded"
	}
	return "Code(" + strconv.Itoa(int(c)) + ")"
}

func (c Code) advice() string {
	switch c {
	case Unavailable:
		return "nothing happened, so it may be tried again"
	case Unknown:
		return "it may or may not take effect, so look before trying again"
	case Overloaded:
		return "overloaded: nothing happened, so it may be tried again, later and more slowly"
	default:
		return "it can never take effect as it is"
	}
}

// quote cuts a key to a length that fits on a line.
func quote(key string) string {
	const longest = 64
	if len(key) <= longest {
		return strconv.Quote(key)
	}
	return strconv.Quote(key[:longest]) + fmt.Sprintf("… (%d bytes)", len(key))
}
