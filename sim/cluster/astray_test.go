package cluster

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// Whoever goes astray, the replicas find out by themselves, and the others go on: also
// if it leads them.
func TestAReplicaThatGoesAstrayIsStoppedByTheOthers(t *testing.T) {
	for which := range 3 {
		for seed := range sim.Seed(2) {
			t.Run(fmt.Sprint("replica ", which, " seed ", seed), func(t *testing.T) { testAstray(t, seed, which) })
		}
	}
}

func testAstray(t *testing.T, seed sim.Seed, which int) {
	calm := rehearsal
	calm.Faults = nil
	r := newRun(plan.Draw(calm, seed))
	sound, made, log := r.parts.machine, 0, &bytes.Buffer{}
	r.parts.machine = func() peer.StateMachine {
		if made++; made-1 == which {
			return astray{sound()}
		}
		return sound()
	}
	r.parts.log = slog.New(slog.NewTextHandler(log, nil))
	r.build(nil)
	visitor := newVisitor(r.world)
	r.schedule()
	r.world.Run(r.plan.Duration)
	r.drain()
	answered := r.counts.answered
	r.demandProgress()
	if r.progress != 1 || answered < 1000 {
		t.Errorf("the others do not go on: %d calls were answered, and %d of 1 writes afterwards", answered, r.progress)
	}
	stopped := visitor.stopped(r)
	if len(stopped) != 1 {
		t.Fatalf("stopped are %v; log:\n%s", stopped, log)
	}
	for id, why := range stopped { // any order: there is one
		if !strings.Contains(why, "diverged") || !strings.Contains(log.String(), "stopped a replica") {
			t.Errorf("node %v says %q; log:\n%s", id, why, log)
		}
	}
	mustDiffer(t, r.found)
}

// mustDiffer refuses that the oracles found anything but states that differ. To them
// whoever applied an entry first is right.
func mustDiffer(t *testing.T, found []check.Violation) {
	if len(found) == 0 {
		t.Error("nothing went astray")
	}
	for _, v := range found {
		if v.Oracle != check.StateEquality {
			t.Errorf("%v", v)
		}
	}
}

// An astray machine loses one entry.
type astray struct{ peer.StateMachine }

func (m astray) Apply(e raft.Entry) []byte {
	if e.Index == 300 {
		return nil
	}
	return m.StateMachine.Apply(e)
}

// A visitor asks nodes how they are.
type visitor struct{ heard []node.NodeStatus }

var visitorRef = actors.Ref{Node: actors.ClientBit | 99, Name: "visitor"}

func newVisitor(w *sim.World) *visitor {
	v := &visitor{}
	w.AddNode(visitorRef.Node, func(spawn func(string, actors.Actor) actors.Ref) { spawn(visitorRef.Name, v) })
	return v
}

// Receive sends a question on, and keeps the answers.
func (v *visitor) Receive(ctx actors.Context, _ actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Ref:
		ctx.Send(m, node.StatusRequest{})
	case node.NodeStatus:
		v.heard = append(v.heard, m)
	}
}

// stopped asks all nodes, and returns whose replica has stopped, and why.
func (v *visitor) stopped(r *run) map[actors.NodeID]string {
	for _, id := range r.servers {
		r.world.Send(visitorRef, actors.Ref{Node: id, Name: node.Name})
	}
	r.world.RunUntil(func() bool { return len(v.heard) == len(r.servers) }, 10*time.Second)
	found := map[actors.NodeID]string{}
	for _, s := range v.heard {
		for _, replica := range s.Replicas {
			if replica.Stopped != "" {
				found[s.ID] = replica.Stopped
			}
		}
	}
	return found
}
