package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/network"
	"github.com/understudy-kv/understudy/sim/plan"
)

// What holds all the time shows, and breaks nothing.
func TestConditionsOfAPlanHaveTheirEffect(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*plan.Plan)
		proof  func(r *run, s *sights) bool
	}{
		{"nothing", func(*plan.Plan) {}, func(r *run, s *sights) bool {
			return r.slowness() == 0 && s.late < time.Second && r.world.Stats().Refused == 0 && s.longest > 1
		}},
		{"a pair of servers far from each other", func(p *plan.Plan) {
			p.Pairs = []plan.Pair{{A: 1, B: 3, Wait: 100 * time.Millisecond}}
		}, func(r *run, _ *sights) bool { return r.tally(farLink).Delayed > 100 }},
		{"a slow machine", func(p *plan.Plan) {
			p.Machines = []plan.Machine{{Node: 2, Cost: time.Millisecond}}
		}, func(r *run, _ *sights) bool { return r.slowness() > 0 }},
		{"narrow links", func(p *plan.Plan) { p.Limits.Bandwidth, p.Limits.Queue = 5000, 50 },
			func(r *run, _ *sights) bool { return r.tally(narrowLink).Lost > 0 }},
		{"small mailboxes", func(p *plan.Plan) { p.Limits.Mailbox = 1 },
			func(r *run, _ *sights) bool { return r.world.Stats().Refused > 0 }},
		{"runs of one message", func(p *plan.Plan) { p.Limits.Run = 1 },
			func(_ *run, s *sights) bool { return s.longest == 1 }},
		{"copies of long ago", func(p *plan.Plan) { p.Network.Duplicate, p.Network.Late = 0.1, 5*time.Second },
			func(_ *run, s *sights) bool { return s.late > 5*time.Second }},
		{"sessions that are soon forgotten", func(p *plan.Plan) {
			p.Limits.Session, p.Work.Pause = 500, time.Second
		}, func(_ *run, s *sights) bool { return s.forgotten > 0 }},
	} {
		t.Run(c.name, func(t *testing.T) {
			calm := rehearsal
			calm.Faults = nil
			p := plan.Draw(calm, 1)
			c.change(&p)
			r := newRun(p)
			var seen sights
			report := r.carryOut([]func(*sim.Event){seen.see})
			if report.Verdict != check.Pass || !c.proof(r, &seen) {
				t.Errorf("%v; latest copy %v, longest run %d, %+v, %v", report, seen.late, seen.longest, report.Stats, report.Faults)
			}
		})
	}
}

// sights are what an observer saw of deliveries and of runs of messages.
type sights struct {
	arrived map[uint64]time.Duration // packets, when first
	late    time.Duration            // the longest time until another copy
	runs    map[actors.Ref]int       // messages since the last flush
	longest int                      // run that was flushed
	// forgotten is how often somebody was told that his session is not known any more.
	forgotten int
}

func (s *sights) see(e *sim.Event) {
	if s.arrived == nil {
		s.arrived, s.runs = map[uint64]time.Duration{}, map[actors.Ref]int{}
	}
	switch e.Kind {
	case sim.Delivered:
		if first, again := s.arrived[e.Packet]; again {
			s.late = max(s.late, e.At-first)
		} else {
			s.arrived[e.Packet] = e.At
		}
	case sim.Sent:
		if r, is := e.Message.(peer.Response); is && r.Outcome == peer.Done {
			if reply, err := kv.DecodeReply(r.Body); err == nil && reply.Verdict == kv.SessionExpired {
				s.forgotten++
			}
		}
	case sim.Received:
		s.runs[e.To]++
	case sim.Flushed:
		s.longest = max(s.longest, s.runs[e.To])
		s.runs[e.To] = 0
	case sim.Stopped:
		delete(s.runs, e.To)
	}
}

// Copies of what a leader said before it died go on to arrive for longer than anybody
// waits for a leader, and hold nobody up.
func TestOldWordOfADeadLeaderHoldsNoElectionUp(t *testing.T) {
	for seed := range sim.Seed(3) {
		calm := rehearsal
		calm.Faults, calm.Duration = nil, 30*time.Second
		p := plan.Draw(calm, seed)
		p.Network.Duplicate, p.Network.Late = 0.9, 10*time.Second
		died := 15 * time.Second
		p.Strikes = []plan.Strike{{At: died, For: 12 * time.Second, Kind: plan.Crash, Target: plan.LeaderOf(0)}}
		var led, copies int
		report := newRun(p).carryOut([]func(*sim.Event){func(e *sim.Event) {
			m, is := e.Message.(raft.Message)
			switch {
			case !is || m.Kind != raft.Heartbeat || e.At < died+time.Second:
			case e.Kind == sim.Sent && e.At < died+4*time.Second:
				led++ // by somebody else
			case e.Kind == sim.Delivered && e.At < died+10*time.Second && m.Term == 1:
				copies++
			}
		}})
		if report.Verdict != check.Pass || led == 0 || copies < 50 {
			t.Errorf("seed %d: %v; %d heartbeats from the second to the fourth second after the death of the leader, "+
				"and %d old ones arrived", seed, report, led, copies)
		}
	}
}

// Whoever takes the place of a client that crashed works on, and asks nothing twice.
func TestClientsThatCrashAreReplaced(t *testing.T) {
	s := rehearsal
	s.Faults = []plan.Fault{{Kind: plan.CrashClient, Target: plan.Any, Every: 200 * time.Millisecond, For: 100 * time.Millisecond}}
	report := Run(plan.Draw(s, 1))
	if report.Verdict != check.Pass || report.Unknown < 10 || report.Answered < 500 || report.Stats.Restarts < 10 {
		t.Errorf("%v: %d answered, %d unknown, %+v", report, report.Answered, report.Unknown, report.Stats)
	}
}

// An order of servers to cut off and to bring back is followed.
func TestSwizzledServersComeBackInTheOrderOfThePlan(t *testing.T) {
	calm := rehearsal
	calm.Faults = nil
	r := newRun(plan.Draw(calm, 1))
	r.build(nil)
	lift := r.swizzle(&plan.Strike{Kind: plan.Swizzle, For: 6 * time.Second, Sides: [][]int{{2, 3, 1}, {3, 1, 2}}}, 1)
	var got []string
	for range 12 {
		r.world.Run(500 * time.Millisecond)
		got = append(got, r.reachable())
	}
	lift()
	// After 0, 1 and 2 s servers 2, 3 and 1 are cut off; after 4, 5 and 6 s 3, 1 and 2 are
	// back.
	want := []string{"1-3", "", "", "", "", "", "", "", "", "1-3", "1-3", "1-2 1-3 2-3"}
	if lift(); !slices.Equal(got, want) {
		t.Errorf("every half second these could talk: %q, want %q", got, want)
	}
}

// reachable lists which servers can talk to each other.
func (r *run) reachable() string {
	var pairs []string
	for i, a := range r.servers {
		for _, b := range r.servers[i+1:] {
			if there, _ := r.network.Judge(r.world.Now(), a, b, 1, nil); len(there) > 0 {
				pairs = append(pairs, fmt.Sprintf("%v-%v", a, b))
			}
		}
	}
	return strings.Join(pairs, " ")
}

// tally is what the rules of one name did.
func (r *run) tally(name string) network.Tally {
	for _, t := range r.network.Tallies() {
		if t.Name == name {
			return t
		}
	}
	return network.Tally{}
}

// slowness is how much longer than twice the usual time calls of actors took, on average.
func (r *run) slowness() time.Duration {
	s := r.world.Stats()
	return max(0, s.Busy/time.Duration(s.Steps)-2*sim.DefaultCost)
}
