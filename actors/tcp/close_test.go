package tcp_test

import (
	"net"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/tcp"
)

// word is a message of bytes, and its own codec.
type word struct{}

func (word) Append(b []byte, m actors.Message) ([]byte, error) { return append(b, m.(string)...), nil }
func (word) Decode(b []byte) (actors.Message, error)           { return string(b), nil }

func TestCloseDoesNotWaitForWhatCannotBeSent(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := gone.Addr().String()
	gone.Close()
	transport, err := tcp.New(tcp.Config{
		Node: 1, Cluster: 1, Incarnation: 1, Codec: word{},
		Peers:   map[actors.NodeID]string{2: address},
		Deliver: func(_, _ actors.Ref, _ actors.Message) {},
	})
	if err != nil {
		t.Fatal(err)
	}
	transport.Send(actors.Ref{Node: 1, Name: "a"}, actors.Ref{Node: 2, Name: "b"}, "never read")
	for transport.Stats().FailedDials == 0 {
		time.Sleep(time.Millisecond)
	}
	closed := make(chan error, 1)
	go func() { closed <- transport.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Close waits for a peer that cannot be reached")
	}
}
