package client

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/ring"
)

// A stage is a world for one actor. The test plays all other parts: it reads what
// the actor sends, answers it, and lets time pass.
type stage struct {
	testing.TB
	actor   *Actor
	now     time.Duration
	rand    uint64
	sent    []sent
	timers  []*timer
	stopped bool
}

type sent struct {
	to actors.Ref
	m  actors.Message
}

type timer struct {
	at   time.Duration
	m    actors.Message
	dead bool
}

var self = actors.Ref{Node: actors.ClientBit | 9, Name: "client/9"}

const day = raft.Stamp(24 * time.Hour)

// theMap is of a cluster of three nodes that all hold its only partition, led by
// node 1.
func theMap() node.ClusterMap {
	return node.ClusterMap{
		Map: ring.Map{
			Cluster: 7, Epoch: 1,
			Members: []ring.Member{{ID: 1}, {ID: 2}, {ID: 3}},
			Owners:  [][]ring.NodeID{{1, 2, 3}},
		},
		Leaders: []ring.NodeID{1},
		Stamp:   100 * day,
	}
}

// newStage returns a stage whose actor knows the map.
func newStage(t testing.TB, c ActorConfig) *stage {
	s := newBareStage(t, c)
	s.deliver(1, theMap())
	s.sent = nil
	return s
}

// newBareStage returns a stage whose actor has only been started.
func newBareStage(t testing.TB, c ActorConfig) *stage {
	c.Contacts = []actors.NodeID{1, 2}
	s := &stage{TB: t, actor: NewActor(c), now: time.Hour, rand: 42}
	s.deliver(self.Node, actors.Started{})
	return s
}

func (s *stage) Self() actors.Ref   { return self }
func (s *stage) Now() time.Duration { return s.now }
func (s *stage) Wall() time.Time    { return time.Unix(0, 0) }
func (s *stage) Rand() uint64 {
	s.rand = s.rand*6364136223846793005 + 1442695040888963407
	return s.rand ^ s.rand>>29
}
func (s *stage) Send(to actors.Ref, m actors.Message) { s.sent = append(s.sent, sent{to, m}) }
func (s *stage) After(d time.Duration, m actors.Message) func() {
	if d <= 0 {
		s.Fatalf("a timer of %v", d)
	}
	t := &timer{at: s.now + d, m: m}
	s.timers = append(s.timers, t)
	return func() { t.dead = true }
}
func (s *stage) Spawn(string, actors.Actor) actors.Ref { panic("the client spawns nothing") }
func (s *stage) Stop(actors.Ref)                       { s.stopped = true }
func (s *stage) Disk() actors.Disk                     { panic("the client has no disk") }
func (s *stage) Halt(err error)                        { s.Fatal(err) }
func (s *stage) Log() *slog.Logger                     { return slog.New(slog.DiscardHandler) }
func (s *stage) Mark(string)                           {}

// deliver hands the actor one message and flushes it.
func (s *stage) deliver(from actors.NodeID, m actors.Message) {
	s.actor.Receive(s, actors.Ref{Node: from, Name: "x"}, m)
	s.actor.Flush(s)
}

// submit begins calls and returns them.
func (s *stage) submit(calls ...*Call) []*Call {
	s.deliver(self.Node, Submit{calls})
	return calls
}

// pass lets time pass.
func (s *stage) pass(d time.Duration) {
	end := s.now + d
	for {
		next := s.nextTimer(end)
		if next == nil {
			break
		}
		s.now, next.dead = max(s.now, next.at), true
		s.deliver(self.Node, next.m)
	}
	s.now = end
}

// collect forgets the timers that are no more.
func (s *stage) collect() {
	s.timers = slices.DeleteFunc(s.timers, func(t *timer) bool { return t.dead })
}

func (s *stage) nextTimer(end time.Duration) (next *timer) {
	s.collect()
	if len(s.timers) > 1 {
		s.Fatalf("%d timers run at once", len(s.timers))
	}
	for _, t := range s.timers {
		if t.at <= end && (next == nil || t.at < next.at) {
			next = t
		}
	}
	return next
}

// A request is what the actor sent to a peer.
type request struct {
	to actors.NodeID
	peer.Request
	kv.Command
}

// requests returns what was sent to peers since it was last asked, and forgets
// everything else.
func (s *stage) requests() (list []request) {
	s.Helper()
	for _, m := range s.sent {
		if q, ok := m.m.(peer.Request); ok {
			command, err := kv.DecodeCommand(q.Body)
			if err != nil {
				s.Fatal(err)
			}
			list = append(list, request{m.to.Node, q, command})
		}
	}
	s.sent = nil
	return list
}

// request returns the one request that was sent since requests were last asked for.
func (s *stage) request() request {
	s.Helper()
	list := s.requests()
	if len(list) != 1 {
		s.Fatalf("%d requests were sent, not one: %v", len(list), list)
	}
	return list[0]
}

// quiet fails the test if a request was sent.
func (s *stage) quiet() {
	s.Helper()
	if list := s.requests(); len(list) > 0 {
		s.Fatalf("sent %v", list)
	}
}

// apply answers a request as a store would that applied it.
func (s *stage) apply(q request) {
	results := make([]kv.Result, len(q.Ops))
	for i := range results {
		results[i].Code = kv.OK
	}
	s.verdict(q, q.Seen+1, kv.Reply{Verdict: kv.Applied, Results: results})
}

// verdict answers a request with what a store said at a stamp.
func (s *stage) verdict(q request, at raft.Stamp, r kv.Reply) {
	s.deliver(q.to, peer.Response{ID: q.ID, Outcome: peer.Done, Body: r.AppendTo(nil), Stamp: at})
}

// turnDown answers a request with another outcome than Done.
func (s *stage) turnDown(q request, o peer.Outcome, hint raft.ID) {
	s.deliver(q.to, peer.Response{ID: q.ID, Outcome: o, Leader: hint, Body: []byte("because")})
}

// lead answers a search: this node leads.
func (s *stage) lead(search []request, leader actors.NodeID) {
	s.Helper()
	for _, q := range search {
		if len(q.Ops) > 0 || !q.Read {
			s.Fatalf("%v is no search", q)
		}
		if q.to == leader {
			s.verdict(q, q.Seen, kv.Reply{Verdict: kv.Applied})
			return
		}
	}
	s.Fatalf("node %v was not asked", leader)
}

func put(key string) *Call { return &Call{Ops: []kv.Op{{Kind: kv.Put, Key: []byte(key)}}} }
func get(key string) *Call { return &Call{Ops: []kv.Op{{Kind: kv.Get, Key: []byte(key)}}} }

// done reports whether the actor is through with a call.
func done(c *Call) bool { return c.actor == nil }

// codeOf returns the code a call ended with, zero for success.
func codeOf(t testing.TB, c *Call) Code {
	t.Helper()
	if !done(c) {
		t.Fatal("the call is not over")
	}
	if c.Err == nil {
		return 0
	}
	return c.Err.(*Error).Code
}
