package client_test

import (
	"errors"
	"testing"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// Traces of two processes are compared, so that no address of memory may be in them.
func TestWhatAnActorIsAskedForPrintsAsWhatItSays(t *testing.T) {
	call := &client.Call{Ops: []kv.Op{{Kind: kv.Get, Key: []byte("a")}, {Kind: kv.Delete, Key: []byte("b")}}}
	for _, c := range []struct {
		message interface{ String() string }
		want    string
	}{
		{client.Submit{Calls: []*client.Call{call, call}}, `Submit get "a", delete "b"; get "a", delete "b"`},
		{client.Cancel{Call: call, Err: errors.New("enough")}, `Cancel get "a", delete "b": enough`},
	} {
		if got := c.message.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
