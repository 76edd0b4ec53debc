package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
)

// leave ends the service in order: others lead what this node led, while it still
// serves, so that nobody has to wait until they miss it; then whoever waits for an answer
// gets it. Each may take as long as patience allows.
func (s *server) leave(out io.Writer, patience time.Duration) {
	fmt.Fprintln(out, "handing over to the other nodes; another signal ends this one at once")
	l := leaver{make(chan node.Left, 1)}
	s.engine.Spawn("leaver", l)
	select {
	case left := <-l.left:
		fmt.Fprintln(out, describeLeft(left))
	case <-time.After(patience): // the node had to stop before
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = s.redis.Shutdown(ctx) // whoever still waits then is disconnected
}

func describeLeft(l node.Left) string {
	text := fmt.Sprintf("others lead the %d partitions that this node led", l.Moved)
	if l.Kept > 0 {
		text = fmt.Sprintf("others lead %d of the %d partitions that this node led; for the rest there is nobody",
			l.Moved, l.Moved+l.Kept)
	}
	return text
}

// A leaver waits until the node has left.
type leaver struct {
	left chan node.Left
}

// Receive handles one message.
func (l leaver) Receive(ctx actors.Context, _ actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		ctx.Send(actors.Ref{Node: ctx.Self().Node, Name: node.Name}, node.Leave{})
	case node.Left:
		l.left <- m
	}
}
