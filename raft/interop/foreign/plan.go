package foreign

import (
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
)

// A Plan is what one seed makes of a run.
type Plan struct {
	Seed        sim.Seed
	Duration    time.Duration // how long clients ask
	Stormy      time.Duration // how long faults strike; they end before Duration
	Nodes       int
	Voters      int // at first; the others may be added if the library can ([Keeper])
	Election    int // ticks
	Heartbeat   int // ticks
	PreVote     bool
	CheckQuorum bool
	Bytes       uint64 // of one message
	Inflight    int
	Lanes       int
	Keys        int
	Think       time.Duration
	Reads       float64
	Weather     Weather
	Faults      []Fault
	// CaptureEvery is after how many entries a replica captures its state; zero is
	// never. No seed draws it: it is for libraries that can ([Keeper]).
	CaptureEvery raft.Index
	// ChangeEvery is how often the harness looks whether it may change the members; zero
	// is never. No seed draws it either.
	ChangeEvery time.Duration
}

// Weather is how packets between servers fare at all times.
type Weather struct {
	Latency   time.Duration
	Tail      float64 // the chance of a delay a hundred times the usual
	Loss      float64
	Duplicate float64
	Late      time.Duration // how much later the second copy arrives, on average
	Reorder   float64
}

// A Fault strikes again and again.
type Fault struct {
	Kind  FaultKind
	Every time.Duration // the mean time between two strikes
	For   time.Duration // the mean time until it is lifted
}

// A FaultKind is a family of faults.
type FaultKind string

// The families.
const (
	// Crash ends a process, at once or some effects later: what its disk had not synced
	// may be lost.
	Crash FaultKind = "crash"
	// Pause stops a process for a while; its messages wait.
	Pause FaultKind = "pause"
	// Isolate cuts a server off from the others, not from the clients.
	Isolate FaultKind = "isolate"
	// Split divides the servers into two sides.
	Split FaultKind = "split"
	// Cut stops the packets from one server to another.
	Cut FaultKind = "cut"
	// Clog holds the packets to a server back and then lets them go all at once.
	Clog FaultKind = "clog"
	// SlowDisk makes the syncs of a server twenty times slower.
	SlowDisk FaultKind = "slow-disk"
	// Transfer asks a server to let another lead. No seed draws it: it is for libraries
	// that can ([Keeper]).
	Transfer FaultKind = "transfer"
)

var families = []FaultKind{Crash, Pause, Isolate, Split, Cut, Clog, SlowDisk}

// Draw makes a plan of a seed. Every option, every trait of the weather and every
// family of faults is left out by some seeds: a run with everything turned on hides
// the bugs that need something turned off.
func Draw(seed sim.Seed) Plan {
	s := seed.Stream("plan")
	p := Plan{
		Seed:        seed,
		Duration:    6 * time.Second,
		Stormy:      5 * time.Second,
		Nodes:       []int{1, 2, 3, 3, 3, 3, 4, 5}[s.IntN(8)],
		Election:    5 + s.IntN(11),
		Heartbeat:   1 + s.IntN(3),
		PreVote:     s.Chance(0.5),
		CheckQuorum: s.Chance(0.5),
		Bytes:       []uint64{1, 200, 1 << 20}[s.IntN(3)],
		Inflight:    []int{1, 4, 256}[s.IntN(3)],
		Lanes:       3 + s.IntN(8),
		Keys:        1 + s.IntN(2),
		Think:       s.Between(time.Millisecond, 30*time.Millisecond),
		Reads:       []float64{0.2, 0.5, 0.8}[s.IntN(3)],
	}
	p.Voters = p.Nodes
	p.Weather = drawWeather(seed.Stream("weather"))
	for i, kind := range families {
		f := seed.Stream("family", uint64(i))
		if f.Chance(0.5) && (p.Nodes > 1 || !kind.needsPeers()) {
			p.Faults = append(p.Faults, Fault{kind,
				f.Between(300*time.Millisecond, 2*time.Second), f.Between(50*time.Millisecond, 1500*time.Millisecond)})
		}
	}
	return p
}

func drawWeather(s *sim.Stream) Weather {
	w := Weather{Latency: s.Between(200*time.Microsecond, 10*time.Millisecond)}
	traits := []struct {
		value *float64
		most  int // thousandths
	}{{&w.Tail, 50}, {&w.Loss, 50}, {&w.Duplicate, 300}, {&w.Reorder, 300}}
	for _, t := range traits {
		if s.Chance(0.5) {
			*t.value = float64(1+s.IntN(t.most)) / 1000
		}
	}
	w.Late = s.Between(10*time.Millisecond, time.Second)
	return w
}

func (k FaultKind) needsPeers() bool {
	return k == Isolate || k == Split || k == Cut || k == Clog
}
