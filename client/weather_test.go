package client_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/kv/wire"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/network"
)

// A board is a cluster without consensus: one true store, and three nodes of which
// at most one, now this one and now that one, may use it. To a client it looks like a
// cluster in bad weather: leaders change and say so, wrongly or not at all, commands
// run late, after their leader is gone, or never, and clocks jump.
type board struct {
	*sim.World
	chance *sim.Stream
	store  *kv.Store
	leader actors.NodeID
	stamp  raft.Stamp
	ahead  raft.Stamp // how far the clocks have jumped
}

const (
	clients = actors.ClientBit
	epoch   = raft.Stamp(1e18)
)

func (b *board) wall() raft.Stamp { return epoch + b.ahead + raft.Stamp(b.Now()) }

// A replica is one node's view of the board.
type replica struct{ *board }

// decided tells a replica what came of a command that it proposed.
type decided struct {
	client actors.Ref
	peer.Response
}

func (r replica) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case peer.Request:
		r.request(ctx, from, m)
	case decided:
		ctx.Send(m.client, m.Response)
	case node.MapRequest:
		ctx.Send(from, r.clusterMap())
	}
}

func (r replica) request(ctx actors.Context, from actors.Ref, q peer.Request) {
	answer := peer.Response{ID: q.ID, Stamp: r.stamp}
	switch {
	case ctx.Self().Node != r.leader:
		answer.Outcome, answer.Leader = peer.NotLeader, raft.ID(r.chance.IntN(5))
	case r.chance.Chance(0.05):
		answer.Outcome = peer.Overloaded
	case q.Read:
		answer.Outcome, answer.Body = peer.Done, r.store.Read(q.Body)
	default:
		r.After(r.chance.Exp(10*time.Millisecond), func() { r.decide(ctx.Self(), from, q) })
		return
	}
	ctx.Send(from, answer)
}

// decide runs a command. If its leader is gone it may be lost, and is answered
// Unknown in any case.
func (b *board) decide(self, from actors.Ref, q peer.Request) {
	deposed := b.leader != self.Node
	answer := peer.Response{ID: q.ID, Outcome: peer.Unknown}
	if !deposed || b.chance.Chance(0.5) {
		b.stamp = max(b.stamp, q.Seen, b.wall()) + 1
		body := b.store.Apply(uint64(b.stamp), q.Body)
		if !deposed {
			answer.Outcome, answer.Body = peer.Done, body
		}
	}
	answer.Stamp = b.stamp
	b.Send(self, decided{from, answer})
}

func (b *board) clusterMap() node.ClusterMap {
	return node.ClusterMap{
		Map: ring.Map{
			Cluster: 1, Epoch: 1,
			Members: []ring.Member{{ID: 1}, {ID: 2}, {ID: 3}},
			Owners:  [][]ring.NodeID{{1, 2, 3}},
		},
		Leaders: []ring.NodeID{uint64(b.leader)},
		Stamp:   b.wall(),
	}
}

// newBoard assembles a board and a client, and begins to depose leaders. Messages
// are lost and overtaken; unless once is set they are also repeated.
func newBoard(seed sim.Seed, once bool) (*board, actors.Ref) {
	net := network.New(func(purpose string, keys ...uint64) network.Stream {
		return seed.Stream(purpose, keys...)
	})
	net.Add("delay", network.Delay{Floor: time.Millisecond, Mean: time.Millisecond})
	net.Add("reorder", network.Reorder{Chance: 0.2, Max: 30 * time.Millisecond})
	net.Add("loss", network.Loss{Chance: 0.05})
	if !once {
		net.Add("duplicate", network.Duplicate{Chance: 0.1, Late: 500 * time.Millisecond})
	}
	b := &board{
		World:  sim.New(sim.Config{Seed: seed, Network: net, Codec: wire.Codec{}}),
		chance: seed.Stream("board"),
		store:  kv.New(),
	}
	for id := actors.NodeID(1); id <= 3; id++ {
		b.AddNode(id, func(spawn func(string, actors.Actor) actors.Ref) {
			spawn(node.Name, replica{b})
			spawn(peer.Name(node.Group(0)), replica{b})
		})
	}
	b.AddNode(clients, func(spawn func(string, actors.Actor) actors.Ref) {
		spawn("client/1", client.NewActor(client.ActorConfig{
			Contacts: []actors.NodeID{1, 2, 3}, Once: once, Resend: 300 * time.Millisecond,
		}))
	})
	b.turn()
	return b, actors.Ref{Node: clients, Name: "client/1"}
}

// turn changes the weather, and will do so again.
func (b *board) turn() {
	b.leader = actors.NodeID(b.chance.IntN(4))
	if b.chance.Chance(0.1) {
		b.ahead += 2 * raft.Stamp(kv.SessionTTL)
	}
	b.After(b.chance.Exp(300*time.Millisecond), b.turn)
}

// A token is one call that appends its number to a key.
type token struct {
	client.Call
	text string
	key  string
}

// work submits calls over ten seconds and returns them when all are done.
func work(t *testing.T, b *board, to actors.Ref) (tokens []*token) {
	done := 0
	for i := range 300 {
		k := &token{text: fmt.Sprintf("%d.", i), key: string(rune('a' + b.chance.IntN(3)))}
		k.Call = client.Call{
			Ops:     []kv.Op{{Kind: kv.Append, Key: []byte(k.key), Value: []byte(k.text)}},
			Stream:  uint64(b.chance.IntN(3)),
			Timeout: b.chance.Between(200*time.Millisecond, 3*time.Second),
			Done:    func(*client.Call) { done++ },
		}
		tokens = append(tokens, k)
	}
	for _, k := range tokens {
		b.Send(to, client.Submit{Calls: []*client.Call{&k.Call}})
		b.Run(b.chance.Exp(30 * time.Millisecond))
	}
	b.RunUntil(func() bool { return done == len(tokens) }, 20*time.Second)
	if done != len(tokens) {
		t.Fatalf("%d of %d calls are done", done, len(tokens))
	}
	b.Run(10 * time.Second) // whatever is still under way arrives
	return tokens
}

// value returns the tokens that a key has in the end.
func (b *board) value(t *testing.T, key string) []string {
	query := kv.Command{Ops: []kv.Op{{Kind: kv.Get, Key: []byte(key)}}}
	reply, err := kv.DecodeReply(b.store.Read(query.AppendTo(nil)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(reply.Results[0].Value), ".")
}

func TestEveryCallTakesEffectAsItsErrorSays(t *testing.T) {
	ended := map[string]int{}
	for seed := range sim.Seed(60) {
		once := seed%2 == 0
		b, to := newBoard(seed, once)
		tokens := work(t, b, to)
		values := map[string][]string{}
		for _, key := range []string{"a", "b", "c"} {
			values[key] = b.value(t, key)
		}
		for i, k := range tokens {
			ended[codeOf(k.Err)]++
			count := 0
			for _, text := range values[k.key] {
				if text == k.text {
					count++
				}
			}
			bad := count > 1
			switch {
			case k.Err == nil:
				bad = count != 1
			case !errors.Is(k.Err, client.ErrUnknown):
				bad = count != 0
			}
			if bad {
				t.Errorf("seed %d: call %d ended with %v and is there %d times", seed, i, k.Err, count)
			}
		}
		checkOrder(t, seed, tokens, values)
	}
	if ended["ok"] == 0 || ended["Unknown"] == 0 || ended["Unavailable"] == 0 {
		t.Errorf("the weather was one-sided: %v", ended)
	}
}

func codeOf(err error) string {
	if e, ok := errors.AsType[*client.Error](err); ok {
		return e.Code.String()
	}
	return "ok"
}

// checkOrder demands that calls of one stream on one key that returned took effect
// in the order they were submitted.
func checkOrder(t *testing.T, seed sim.Seed, tokens []*token, values map[string][]string) {
	t.Helper()
	type line struct {
		stream uint64
		key    string
	}
	last := map[line]int{}
	for i, k := range tokens {
		if k.Stream == 0 || k.Err != nil {
			continue
		}
		at := slices.Index(values[k.key], k.text)
		l := line{k.Stream, k.key}
		if at < last[l] {
			t.Errorf("seed %d: call %d took effect before an earlier one of its stream", seed, i)
		}
		last[l] = at
	}
}
