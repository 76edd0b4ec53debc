package cluster_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/plan"
)

// An effect is a strike and what must be seen of it. Seen is made anew for each run;
// it is told every event and reports whether this is the one that shows the fault.
type effect struct {
	strike plan.Strike
	seen   func() func(*sim.Event) bool
	with   []plan.Strike // of other kinds, without which there is nothing to see
}

// victim is whom the strikes of [effects] concern, unless they concern the leader of
// the first partition.
const victim = 1

// effects has one for every kind of fault.
var effects = map[plan.FaultKind]effect{
	plan.Crash: {seen: kindOf(sim.Crashed)},
	plan.Stop: {strike: plan.Strike{Grace: time.Second}, seen: inTurn(
		func(e *sim.Event) bool { _, leaves := e.Message.(node.Leave); return e.Kind == sim.Received && leaves },
		func(e *sim.Event) bool { return e.Kind == sim.Crashed })},
	plan.Pause:       {seen: inTurn(kindOf(sim.Paused)(), kindOf(sim.Resumed)())},
	plan.Stall:       {seen: inTurn(kindOf(sim.Paused)(), kindOf(sim.Resumed)(), lostBy("stall")())},
	plan.SlowNode:    {seen: slowTurn},
	plan.CrashClient: {strike: plan.Strike{Target: plan.OnClient(1)}, seen: replaced},
	plan.Isolate:     {seen: lostBy("isolate")},
	plan.Split:       {strike: plan.Strike{Sides: [][]int{{1}, {2, 3}}}, seen: lostBy("split")},
	plan.CutLink:     {strike: plan.Strike{To: 2}, seen: lostBy("cut-link")},
	plan.CutPair:     {strike: plan.Strike{To: 2}, seen: lostBothWays("cut-pair")},
	plan.Swizzle:     {strike: plan.Strike{Sides: [][]int{{2, 1}, {2, 1}}}, seen: lostBothWays("swizzle")},
	plan.Clog:        {seen: late(sim.Sent, sim.Delivered, 500*time.Millisecond)},
	plan.ClogLink:    {strike: plan.Strike{Target: plan.On(2), To: victim}, seen: late(sim.Sent, sim.Delivered, 500*time.Millisecond)},
	plan.SlowDisk:    {seen: late(sim.SyncAsked, sim.SyncDone, 100*time.Millisecond)},
	plan.StickDisk:   {seen: late(sim.SyncAsked, sim.SyncDone, time.Second)},
	plan.FailSync:    {seen: inTurn(failed(sim.SyncDone, disk.ErrIO), kindOf(sim.Halted)(), kindOf(sim.Restarted)())},
	plan.FailAppend:  {seen: inTurn(failed(sim.SyncDone, disk.ErrIO), kindOf(sim.Halted)(), kindOf(sim.Restarted)())},
	plan.FailFile:    {seen: inTurn(failed(sim.DiskDone, disk.ErrIO))},
	plan.FailRead:    {seen: inTurn(kindOf(sim.Restarted)(), failed(sim.DiskDone, disk.ErrIO), kindOf(sim.Restarted)())},
	plan.FillDisk: {strike: plan.Strike{After: 200}, seen: inTurn(
		failed(sim.SyncDone, disk.ErrFull), kindOf(sim.Halted)(), kindOf(sim.Restarted)())},
	plan.Corrupt:         {strike: plan.Strike{Pick: 7}, seen: corrupt(sim.OpenDone)},
	plan.CorruptSnapshot: {strike: plan.Strike{Pick: 7}, seen: corrupt(sim.DiskDone)},
	plan.RotSnapshot: {strike: plan.Strike{Pick: 7}, seen: corrupt(sim.DiskDone), with: []plan.Strike{{
		Kind: plan.Crash, Target: plan.On(victim), At: 3001 * time.Millisecond, For: time.Second,
	}}},
	plan.Misdirect:     {strike: plan.Strike{Pick: 7}, seen: corrupt(sim.OpenDone)},
	plan.LoseLog:       {seen: corrupt(sim.OpenDone)},
	plan.LoseSnapshot:  {seen: inTurn(func(e *sim.Event) bool { return e.Kind == sim.Marked && e.Text == "peer/snapshot-lost" })},
	plan.Wipe:          {seen: inTurn(kindOf(sim.Restarted)(), kindOf(sim.Halted)())},
	plan.DriftClock:    {strike: plan.Strike{Drift: 10_000}, seen: inTurn(kindOf(sim.Drifted)(), kindOf(sim.Drifted)())},
	plan.JumpClock:     {strike: plan.Strike{By: 5 * time.Second}, seen: kindOf(sim.WallShifted)},
	plan.Transfer:      {seen: sent(isStandNow)},
	plan.ChangeMembers: {strike: plan.Strike{Voters: []int{1, 2}}, seen: sent(holdsMembers)},
}

// Each kind of fault, alone in a calm cluster, happens and shows; and what shows it is
// not there without it.
func TestEveryKindOfFaultHasItsEffect(t *testing.T) {
	for _, kind := range plan.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			e, known := effects[kind]
			if !known {
				t.Fatal("nothing says how this fault is seen")
			}
			s := e.strike
			s.Kind, s.At, s.For = kind, 3*time.Second, 2*time.Second
			if !kind.OfPartition() && s.Target == (plan.Target{}) {
				s.Target = plan.On(victim)
			}
			report, shown := runWith(e.seen(), append([]plan.Strike{s}, e.with...)...)
			if !shown {
				t.Errorf("the trace does not show it")
			}
			if !slices.ContainsFunc(report.Faults, func(c cluster.Count) bool { return c.Name == string(kind) && c.Count == 1 }) {
				t.Errorf("it is not counted once: %v", report.Faults)
			}
			if report.Verdict != check.Pass {
				t.Error(report)
			}
			if _, shown := runWith(e.seen(), e.with...); shown {
				t.Errorf("without the fault the trace shows the same")
			}
		})
	}
}

// runWith runs a calm plan with these strikes, and reports whether it was seen what
// they do after they began.
func runWith(seen func(*sim.Event) bool, strikes ...plan.Strike) (cluster.Report, bool) {
	p := plan.Draw(calm, 1)
	p.Duration = 7 * time.Second
	p.Limits.Snapshot = 2000
	p.Strikes = strikes
	shown := false
	report := cluster.Run(p, func(e *sim.Event) {
		if e.At >= 3*time.Second && !shown {
			shown = seen(e)
		}
	})
	return report, shown
}

// kindOf waits for an event of this kind at the victim.
func kindOf(kind sim.Kind) func() func(*sim.Event) bool {
	return func() func(*sim.Event) bool {
		return func(e *sim.Event) bool { return e.Kind == kind && e.Node == victim }
	}
}

// inTurn waits for one event after the other, at the victim.
func inTurn(steps ...func(*sim.Event) bool) func() func(*sim.Event) bool {
	return func() func(*sim.Event) bool {
		next := 0
		return func(e *sim.Event) bool {
			if next < len(steps) && e.Node == victim && steps[next](e) {
				next++
			}
			return next == len(steps)
		}
	}
}

// lostBy waits for a packet that this rule lost, from the victim.
func lostBy(rule string) func() func(*sim.Event) bool {
	return func() func(*sim.Event) bool {
		return func(e *sim.Event) bool {
			return e.Kind == sim.Lost && e.From.Node == victim && strings.Contains(e.Text, rule)
		}
	}
}

// lostBothWays waits for packets that this rule lost, from the victim and to it.
func lostBothWays(rule string) func() func(*sim.Event) bool {
	return func() func(*sim.Event) bool {
		from, to := false, false
		return func(e *sim.Event) bool {
			if e.Kind == sim.Lost && strings.Contains(e.Text, rule) {
				from, to = from || e.From.Node == victim, to || e.To.Node == victim
			}
			return from && to
		}
	}
}

// failed waits for such an answer of a disk.
func failed(kind sim.Kind, err error) func(*sim.Event) bool {
	return func(e *sim.Event) bool { return e.Kind == kind && errors.Is(e.Err, err) }
}

// slowTurn waits for an actor of the victim that is flushed long after it received its
// last message: it was busy with it.
func slowTurn() func(*sim.Event) bool {
	var last sim.Event
	return func(e *sim.Event) bool {
		if e.Node != victim || e.Kind != sim.Received && e.Kind != sim.Flushed {
			return false
		}
		slow := e.Kind == sim.Flushed && e.To == last.To && e.At-last.At > 20*sim.DefaultCost
		last = *e
		return slow
	}
}

// replaced waits for the first client to crash and start again.
func replaced() func(*sim.Event) bool {
	crashed := false
	return func(e *sim.Event) bool {
		first := e.Node == actors.ClientBit|1
		crashed = crashed || first && e.Kind == sim.Crashed
		return crashed && first && e.Kind == sim.Restarted
	}
}

// late waits for an answer at the victim that takes so long: of a packet, or of the
// sync of a log.
func late(asked, answered sim.Kind, least time.Duration) func() func(*sim.Event) bool {
	type thing struct {
		packet, mark uint64
		log          string
	}
	return func() func(*sim.Event) bool {
		since := map[thing]time.Duration{}
		return func(e *sim.Event) bool {
			at := e.Node
			if e.Kind == sim.Sent {
				at = e.To.Node
			}
			it := thing{e.Packet, e.Mark, e.Log}
			switch {
			case at != victim:
			case e.Kind == asked:
				since[it] = e.At
			case e.Kind == answered:
				began, known := since[it]
				return known && e.At-began >= least
			}
			return false
		}
	}
}

// corrupt waits for the disk of the victim to find damage.
func corrupt(kind sim.Kind) func() func(*sim.Event) bool {
	return func() func(*sim.Event) bool {
		return func(e *sim.Event) bool {
			return e.Kind == kind && e.Node == victim && errors.Is(e.Err, actors.ErrCorrupt)
		}
	}
}

// sent waits for a message between replicas.
func sent(is func(raft.Message) bool) func() func(*sim.Event) bool {
	return func() func(*sim.Event) bool {
		return func(e *sim.Event) bool {
			m, ok := e.Message.(raft.Message)
			return e.Kind == sim.Sent && ok && is(m)
		}
	}
}

func isStandNow(m raft.Message) bool { return m.Kind == raft.StandNow }

func holdsMembers(m raft.Message) bool {
	return slices.ContainsFunc(m.Entries, func(e raft.Entry) bool { return e.Kind == raft.Membership })
}
