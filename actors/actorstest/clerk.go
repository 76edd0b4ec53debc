package actorstest

import (
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A clerk is an actor that carries out jobs and writes down what the disk answers.
type clerk struct{ probe }

// hire starts a clerk on that node.
func hire(w World, node actors.NodeID) *clerk {
	c := &clerk{}
	c.script = func(ctx actors.Context, from actors.Ref, m actors.Message) {
		if j, ok := m.(job); ok {
			j(ctx.Disk())
		} else if _, ok := m.(actors.Started); !ok && from != (actors.Ref{}) {
			c.fail("the disk answered from %v, want nobody", from)
		}
	}
	w.Spawn(node, "clerk", c)
	return c
}

// rehire crashes and restarts the node, which had a clerk, and starts another.
func rehire(w World, node actors.NodeID) *clerk {
	w.Crash(node)
	w.Restart(node)
	return hire(w, node)
}

// ask has the clerk of that node carry out j and returns its answers so far, which are
// of type M, once there are n of them.
func ask[M actors.Message](w World, c *clerk, node actors.NodeID, n int, j job) ([]M, error) {
	w.Post(actors.Ref{Node: node, Name: "clerk"}, j)
	err := settle(w, fmt.Sprintf("%d answers of type %T", n, *new(M)), func() bool {
		return len(received[M](&c.probe)) >= n
	})
	return received[M](&c.probe), errors.Join(err, c.err())
}

// one has the clerk of node 1 carry out j and returns the next answer of type M.
func one[M actors.Message](w World, c *clerk, j job) (M, error) {
	n := len(received[M](&c.probe)) + 1
	answers, err := ask[M](w, c, 1, n, j)
	if err != nil {
		return *new(M), err
	}
	return answers[n-1], nil
}
