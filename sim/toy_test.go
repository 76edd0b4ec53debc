package sim_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/actorstest"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/network"
)

// A gossip is a toy actor that uses all a world offers: it sends notes to random
// nodes, journals what it hears, and answers once that is durable.
type gossip struct {
	nodes   int
	heard   uint64
	log     bool
	waiting []actors.Ref
}

const gossipLog = "gossip"

type tick struct{}

func (g *gossip) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		ctx.Disk().OpenLog(gossipLog)
		ctx.After(g.pause(ctx), tick{})
	case actors.LogOpened:
		g.log = m.Err == nil
		g.heard = uint64(len(m.Records))
	case tick:
		to := actors.NodeID(1 + ctx.Rand()%uint64(g.nodes))
		ctx.Send(actors.Ref{Node: to, Name: "gossip"}, actorstest.Note{Number: g.heard + 1})
		ctx.After(g.pause(ctx), tick{})
	case actorstest.Note:
		if m.Number > 0 && g.log {
			g.heard++
			ctx.Disk().AppendLog(gossipLog, fmt.Appendf(nil, "%v said %d", from, m.Number))
			g.waiting = append(g.waiting, from)
		}
	case actors.LogSynced:
		if m.Err != nil {
			ctx.Halt(m.Err)
		}
	}
}

func (g *gossip) Flush(ctx actors.Context) {
	if len(g.waiting) == 0 {
		return
	}
	ctx.Disk().SyncLog(gossipLog, g.heard)
	for _, to := range g.waiting {
		ctx.Send(to, actorstest.Note{})
	}
	g.waiting = g.waiting[:0]
}

func (g *gossip) pause(ctx actors.Context) time.Duration {
	return time.Duration(ctx.Rand() % uint64(4*time.Millisecond))
}

// town is a lab full of gossips.
func town(seed sim.Seed, nodes int) *lab {
	l := newLab(seed)
	for id := range nodes {
		l.AddNode(actors.NodeID(id+1), func(spawn func(string, actors.Actor) actors.Ref) {
			spawn("gossip", &gossip{nodes: nodes})
		})
	}
	return l
}

// trouble lets one of everything go wrong in a town.
func trouble(l *lab) {
	l.network.Add("loss", network.Loss{Chance: 0.05})
	l.network.Add("twice", network.Duplicate{Chance: 0.05, Late: 50 * time.Millisecond})
	l.After(100*time.Millisecond, func() { l.Crash(1) })
	l.After(200*time.Millisecond, func() { l.Restart(1) })
	l.After(250*time.Millisecond, func() { l.CrashAfter(2, 3) })
	l.After(300*time.Millisecond, func() { l.Pause(3) })
	l.After(400*time.Millisecond, func() { l.Resume(3); l.Restart(2) })
	l.After(450*time.Millisecond, func() { l.Clock(3).SetDrift(50_000); l.Note("fast clock") })
	l.After(500*time.Millisecond, func() { l.disks[3].FailSync() })
}

func hashOf(seed sim.Seed) uint64 {
	l := town(seed, 3)
	trouble(l)
	l.Run(time.Second)
	return l.Hash()
}

func TestSameSeedSameTrace(t *testing.T) {
	seen := map[uint64]sim.Seed{}
	for seed := range sim.Seed(20) {
		a, b := hashOf(seed), hashOf(seed)
		if a != b {
			t.Errorf("seed %d gave traces %x and %x", seed, a, b)
		}
		if other, ok := seen[a]; ok {
			t.Errorf("seeds %d and %d gave one trace: the seed is not used", seed, other)
		}
		seen[a] = seed
	}
}

// childSeed names the variable that makes the test binary print one hash.
const childSeed = "SIM_TEST_CHILD_SEED"

func TestAFreshProcessGivesTheSameTrace(t *testing.T) {
	if seed := os.Getenv(childSeed); seed != "" {
		n, err := strconv.ParseUint(seed, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("trace %x\n", hashOf(sim.Seed(n)))
		return
	}
	for seed, setting := range []string{"GOMAXPROCS=1", "GOGC=1", "GOGC=off"} {
		child := exec.Command(os.Args[0], "-test.run=^TestAFreshProcess")
		child.Env = append(os.Environ(), setting, fmt.Sprint(childSeed, "=", seed))
		out, err := child.CombinedOutput()
		if want := fmt.Sprintf("trace %x\n", hashOf(sim.Seed(seed))); err != nil || !strings.HasPrefix(string(out), want) {
			t.Errorf("with %s: %v, %s, want %s", setting, err, out, want)
		}
	}
}

func TestWatchingChangesNothing(t *testing.T) {
	l := town(7, 3)
	trouble(l)
	lines := l.Stats().Events // before anybody watched
	l.Observe(sim.Every, func(e *sim.Event) {
		if lines++; e.String() == "" || e.Seq != lines {
			t.Fatalf("event %d is %q, number %d", lines, e, e.Seq)
		}
	})
	l.Run(time.Second)
	if l.Hash() != hashOf(7) {
		t.Error("a world that is watched goes another way")
	}
	if got := l.Stats().Events; got != lines {
		t.Errorf("watched %d events of %d", lines, got)
	}
}

// TestOneMessageMoreIsAnotherTrace shows that the hash notices the smallest change.
func TestOneMessageMoreIsAnotherTrace(t *testing.T) {
	changed := func(change func(l *lab)) uint64 {
		l := town(7, 3)
		l.Run(time.Second)
		change(l)
		l.Run(time.Millisecond)
		return l.Hash()
	}
	seen := map[uint64]string{changed(func(*lab) {}): "nothing"}
	for name, change := range map[string]func(*lab){
		"message": func(l *lab) { l.Send(actors.Ref{Node: 1, Name: "gossip"}, tick{}) },
		"note":    func(l *lab) { l.Note("nothing") },
		"wall":    func(l *lab) { l.Clock(1).ShiftWall(time.Second) },
		"ghost":   func(l *lab) { l.Send(actors.Ref{Node: 1, Name: "ghost"}, tick{}) },
		"spirit":  func(l *lab) { l.Send(actors.Ref{Node: 1, Name: "spirit"}, tick{}) },
		"remark":  func(l *lab) { l.Note("something") },
	} {
		hash := changed(change)
		if other, ok := seen[hash]; ok {
			t.Errorf("the hash takes a %s for a %s", name, other)
		}
		seen[hash] = name
	}
}

func BenchmarkWorld(b *testing.B) {
	b.ReportAllocs()
	l := town(1, 5)
	l.Run(time.Second)
	before := l.Stats()
	b.ResetTimer()
	for range b.N {
		l.Run(10 * time.Millisecond)
	}
	b.StopTimer()
	after := l.Stats()
	b.ReportMetric(float64(after.Events-before.Events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(b.N)/100/b.Elapsed().Seconds(), "simsec/s")
}
