package cluster

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/wire"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/plan"
)

// rehearsal is a small scenario in which leaders crash.
var rehearsal = plan.Scenario{
	Name:     "planted",
	Duration: 10 * time.Second,
	Cluster:  plan.Shape{Nodes: plan.Range{Min: 3, Max: 3}, Partitions: plan.Range{Min: 1, Max: 1}, Replication: plan.Range{Min: 3, Max: 3}},
	Workload: plan.Workload{Clients: plan.Range{Min: 3, Max: 3}, Keys: plan.Range{Min: 3, Max: 3}, Pause: 10 * time.Millisecond, Reads: 0.5},
	Network:  plan.Network{Latency: time.Millisecond},
	Disk:     plan.Disks{Sync: time.Millisecond},
	Faults:   []plan.Fault{{Kind: plan.Crash, Target: plan.Leader, Every: 2 * time.Second, For: time.Second}},
}

func TestSoundPartsPass(t *testing.T) {
	for seed := range sim.Seed(5) {
		if report := Run(plan.Draw(rehearsal, seed)); report.Verdict != check.Pass {
			t.Errorf("%v", report)
		}
	}
}

func TestPlantedBugsAreFound(t *testing.T) {
	cases := []struct {
		bug    string
		plant  func(*parts)
		oracle string
	}{
		{"the disk says synced before it is", func(p *parts) {
			p.disk = func(d *disk.Disk) sim.Disk { return lyingDisk{d} }
		}, check.DurablePromise},
		{"a follower acknowledges one entry too many", func(p *parts) {
			p.codec = tamperRaft(func(m raft.Message) raft.Message {
				if m.Kind == raft.AcceptEntries {
					m.Index++
				}
				return m
			})
		}, check.DurableCommit},
		{"votes reach every candidate as granted", func(p *parts) {
			p.codec = tamperRaft(func(m raft.Message) raft.Message {
				if m.Kind == raft.RefuseVote {
					m.Kind = raft.GrantVote
				}
				if m.Kind == raft.RefusePreVote {
					m.Kind, m.Term = raft.GrantPreVote, m.Term+1
				}
				return m
			})
		}, check.LeaderCompleteness},
		{"a store forgets what it was told", func(p *parts) {
			sound := p.machine
			p.machine = func() peer.StateMachine { return &forgetful{StateMachine: sound()} }
		}, check.Linearizability},
		{"a part of a value is read from the wrong place", func(p *parts) {
			sound := p.machine
			p.machine = func() peer.StateMachine { return shifted{sound()} }
		}, check.Linearizability},
		{"replicas apply differently", func(p *parts) {
			sound, made := p.machine, 0
			p.machine = func() peer.StateMachine {
				made++
				return skewed{sound(), uint64(made)}
			}
		}, check.StateEquality},
		{"replicas answer alike and hold something else", func(p *parts) {
			sound, made := p.machine, 0
			p.machine = func() peer.StateMachine {
				made++
				return secretive{sound(), uint64(made)}
			}
		}, check.StateEquality},
		{"a store keeps the bytes of a command", func(p *parts) {
			sound := p.machine
			p.machine = func() peer.StateMachine { return &clinging{StateMachine: sound()} }
		}, check.Linearizability},
		{"a client is told another number than came of its write", func(p *parts) {
			p.codec = tamper(func(m actors.Message) actors.Message {
				if r, ok := m.(peer.Response); ok {
					return exaggerate(r)
				}
				return m
			})
		}, check.AcknowledgedDecided},
		{"a node breaks an invariant", func(p *parts) {
			sound := p.machine
			p.machine = func() peer.StateMachine { return fragile{sound()} }
		}, check.NoPanic},
	}
	for _, c := range cases {
		t.Run(c.bug, func(t *testing.T) {
			for seed := range sim.Seed(200) {
				r := newRun(plan.Draw(rehearsal, seed))
				c.plant(&r.parts)
				if found := r.carryOut(nil).Violations; slices.ContainsFunc(found, func(v check.Violation) bool {
					return v.Oracle == c.oracle
				}) {
					return
				}
			}
			t.Errorf("%s did not notice in 200 seeds", c.oracle)
		})
	}
}

// Some bugs show only in worlds of their own kind.
func TestPlantedBugsOfOddWorldsAreFound(t *testing.T) {
	repeating, wide, drifting := rehearsal, rehearsal, rehearsal
	repeating.Network.Duplicate = 0.2
	wide.Cluster.Partitions = plan.Range{Min: 3, Max: 3}
	wide.Clock.Offset = 5 * time.Second
	drifting.Faults = []plan.Fault{{Kind: plan.Isolate, Target: plan.Leader, Every: 3 * time.Second, For: 3 * time.Second}}
	cases := []struct {
		bug    string
		world  plan.Scenario
		plant  func(*run)
		oracle string
	}{
		{"a store runs what it has run before", repeating, func(r *run) {
			sound := r.parts.machine
			r.parts.machine = func() peer.StateMachine { return renaming{sound()} }
		}, check.ExactlyOnce},
		{"a deposed leader says that nothing happened", drifting, func(r *run) {
			r.parts.codec = tamper(func(m actors.Message) actors.Message {
				if a, ok := m.(peer.Response); ok && a.Outcome == peer.Unknown {
					a.Outcome = peer.NotLeader
					return a
				}
				return m
			})
		}, check.DefiniteFailure},
		{"nobody passes on the stamps that a client has seen", wide, func(r *run) {
			r.parts.codec = tamper(func(m actors.Message) actors.Message {
				if q, ok := m.(peer.Request); ok {
					q.Seen = 0
					return q
				}
				return m
			})
		}, check.SessionOrder},
		{"clocks run as no node was told that they may", drifting, func(r *run) {
			r.plan.Cluster.Leases = true
			r.plan.Clocks = []plan.Skew{{Node: 1, Drift: -600_000}, {Node: 2, Drift: 600_000}, {Node: 3, Drift: 600_000}}
		}, check.LeaseDisjointness},
	}
	for _, c := range cases {
		t.Run(c.bug, func(t *testing.T) {
			for seed := range sim.Seed(50) {
				p := plan.Draw(c.world, seed)
				if seed < 2 {
					if report := Run(p); report.Verdict != check.Pass {
						t.Fatalf("sound parts: %v", report)
					}
				}
				r := newRun(p)
				c.plant(r)
				if found := r.carryOut(nil).Violations; slices.ContainsFunc(found, func(v check.Violation) bool {
					return v.Oracle == c.oracle
				}) {
					return
				}
			}
			t.Errorf("%s did not notice in 50 seeds", c.oracle)
		})
	}
}

// Whoever is not there when it is removed must be told later.
func TestWhoIsNotToldThatItWasRemovedIsFound(t *testing.T) {
	moving := rehearsal
	moving.Cluster.Nodes = plan.Range{Min: 5, Max: 5}
	moving.Faults = []plan.Fault{
		{Kind: plan.ChangeMembers, Target: plan.Any, Every: time.Second, For: time.Second},
		{Kind: plan.CutLink, Target: plan.Any, Every: time.Second, For: 3 * time.Second},
		{Kind: plan.Crash, Target: plan.Any, Every: 2 * time.Second, For: 3 * time.Second},
	}
	for seed := range sim.Seed(100) {
		if report := Run(plan.Draw(moving, seed)); seed < 3 && report.Verdict != check.Pass {
			t.Errorf("sound parts: %v", report)
		}
		r := newRun(plan.Draw(moving, seed))
		r.parts.codec = tamperRaft(func(m raft.Message) raft.Message {
			if m.Kind == raft.TellTerm || m.Kind == raft.TellDamage {
				m.Data = nil
			}
			return m
		})
		if slices.ContainsFunc(r.carryOut(nil).Violations, func(v check.Violation) bool { return v.Oracle == check.NothingLeft }) {
			return
		}
	}
	t.Errorf("%s did not notice in 100 seeds", check.NothingLeft)
}

// A lyingDisk answers a sync at once and lets it happen later.
type lyingDisk struct{ *disk.Disk }

func (d lyingDisk) For(owner actors.Ref, post func(actors.Message)) actors.Disk {
	return lyingHandle{d.Disk.For(owner, func(m actors.Message) {
		if _, late := m.(actors.LogSynced); !late {
			post(m)
		}
	}), post}
}

type lyingHandle struct {
	actors.Disk
	post func(actors.Message)
}

func (h lyingHandle) SyncLog(log string, mark uint64) {
	h.Disk.SyncLog(log, mark)
	h.post(actors.LogSynced{Log: log, Mark: mark})
}

// tamperRaft is a codec that changes raft messages on their way.
func tamperRaft(change func(raft.Message) raft.Message) tamper {
	return func(m actors.Message) actors.Message {
		if r, ok := m.(raft.Message); ok {
			return change(r)
		}
		return m
	}
}

// tamper is a codec that changes messages on their way.
type tamper func(actors.Message) actors.Message

func (t tamper) Append(b []byte, m actors.Message) ([]byte, error) { return wire.Append(b, m) }

func (t tamper) Decode(b []byte) (actors.Message, error) {
	m, err := wire.Decode(b)
	if err != nil {
		return nil, err
	}
	return t(m), nil
}

// exaggerate adds one to every number that a client is told.
func exaggerate(r peer.Response) peer.Response {
	reply, err := kv.DecodeReply(r.Body)
	if err != nil {
		return r
	}
	for i := range reply.Results {
		reply.Results[i].Number++
	}
	r.Body = reply.AppendTo(nil)
	return r
}

// A forgetful machine answers every tenth query as if nothing had been written.
type forgetful struct {
	peer.StateMachine
	queries int
}

func (f *forgetful) Read(query []byte, at raft.Stamp) []byte {
	if f.queries++; f.queries%10 == 0 {
		return realParts(plan.Plan{}).machine().Read(query, at)
	}
	return f.StateMachine.Read(query, at)
}

// A shifted machine returns parts of values that begin a byte too late.
type shifted struct{ peer.StateMachine }

func (s shifted) Read(query []byte, at raft.Stamp) []byte {
	if c, err := kv.DecodeCommand(query); err == nil && len(c.Ops) == 1 && c.Ops[0].Kind == kv.Range {
		c.Ops[0].Offset++
		query = c.AppendTo(nil)
	}
	return s.StateMachine.Read(query, at)
}

// A skewed machine has a state of its own.
type skewed struct {
	peer.StateMachine
	skew uint64
}

func (s skewed) Summary() peer.Summary {
	sum := s.StateMachine.Summary()
	sum.Hash += s.skew
	return sum
}

// A secretive machine holds something of its own, of which no answer tells.
type secretive struct {
	peer.StateMachine
	secret uint64
}

func (s secretive) Digest() uint64 { return s.secret }

// A clinging machine answers from the last command that put something, and so from bytes
// that were only lent to it.
type clinging struct {
	peer.StateMachine
	command, key []byte
}

func (c *clinging) Apply(e raft.Entry) []byte {
	if run, err := kv.DecodeCommand(e.Data); err == nil && len(run.Ops) == 1 && run.Ops[0].Kind == kv.Put {
		c.command, c.key = run.Ops[0].Value, bytes.Clone(run.Ops[0].Key)
	}
	return c.StateMachine.Apply(e)
}

func (c *clinging) Read(query []byte, at raft.Stamp) []byte {
	answer := c.StateMachine.Read(query, at)
	q, err := kv.DecodeCommand(query)
	reply, unreadable := kv.DecodeReply(answer)
	if err != nil || unreadable != nil || len(q.Ops) != 1 || q.Ops[0].Kind != kv.Get || !bytes.Equal(q.Ops[0].Key, c.key) ||
		reply.Results[0].Code != kv.OK {
		return answer
	}
	reply.Results[0].Value = c.command
	return reply.AppendTo(nil)
}

// A renaming machine takes every command for one of a session of its own.
type renaming struct{ peer.StateMachine }

func (r renaming) Apply(e raft.Entry) []byte {
	if c, err := kv.DecodeCommand(e.Data); err == nil && e.Kind == raft.Command && c.Session.ID != 0 {
		c.Session = kv.Session{ID: uint64(e.Index), Born: c.Session.Born, Serial: 1}
		e.Data = c.AppendTo(nil)
	}
	return r.StateMachine.Apply(e)
}

// A fragile machine panics at the hundredth entry.
type fragile struct{ peer.StateMachine }

func (f fragile) Apply(e raft.Entry) []byte {
	if e.Index == 100 {
		panic("planted")
	}
	return f.StateMachine.Apply(e)
}
