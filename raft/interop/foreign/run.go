package foreign

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/network"
)

const (
	theGroup check.Group = 1
	// client is the node on which all clients live.
	client = actors.ClientBit | 1
	// healLimit is how long the replicas have to become equal once nothing is wrong any
	// more and nobody asks.
	healLimit = 20 * time.Second
	// judgeLimit is how much real time the search for a linearization has.
	judgeLimit = 10 * time.Second
)

// FreshRead is the oracle of read indexes: none is below what was committed when the
// read was asked for. Others are those of [check].
const FreshRead = "fresh-read"

// A Report is what became of a seed.
type Report struct {
	Plan       Plan
	Verdict    check.Verdict
	Violations []check.Violation
	Hash       uint64 // of the trace
	Terms      int    // that had a leader
	Decided    int    // entries
	Reads      int    // answered
	Writes     int    // answered
	Lost       int    // calls without an answer
	Strikes    map[FaultKind]int
	Leaders    map[raft.Term]raft.ID
	Changes    int             // of members, applied by somebody
	Restored   map[raft.ID]int // how often each took the state of another
	World      sim.Stats
}

// Broke reports whether the run broke the promise of an oracle.
func (r Report) Broke(oracle string) bool {
	return slices.ContainsFunc(r.Violations, func(v check.Violation) bool { return v.Oracle == oracle })
}

// A run is a world in the making and in motion.
type run struct {
	library   Library
	plan      Plan
	world     *sim.World
	network   *network.Network
	disks     map[actors.NodeID]*disk.Disk
	servers   []actors.NodeID
	leader    actors.NodeID // seen to speak as one last
	consensus *check.Consensus
	workload  *workload
	holding   *holding
	lifts     []func()
	// changed is the last change of members that anybody applied, configured the last
	// one that each replica has applied for good.
	changed    raft.Index
	configured map[raft.ID]raft.Index
	report     Report
}

// Rehearse runs a library through what one seed has in store.
func Rehearse(l Library, seed sim.Seed) Report {
	l.Seed(seed.Stream("library"))
	r := &run{library: l, plan: Draw(seed), disks: map[actors.NodeID]*disk.Disk{},
		configured: map[raft.ID]raft.Index{}}
	if l.Fit != nil {
		l.Fit(&r.plan)
	}
	r.report = Report{Plan: r.plan, Strikes: map[FaultKind]int{},
		Leaders: map[raft.Term]raft.ID{}, Restored: map[raft.ID]int{}}
	r.build()
	for i, f := range r.plan.Faults {
		r.schedule(f, seed.Stream("strikes", uint64(i)))
	}
	if r.plan.ChangeEvery > 0 {
		r.steer(seed.Stream("members"))
	}
	r.world.Run(r.plan.Stormy)
	r.heal()
	r.world.Run(r.plan.Duration - r.plan.Stormy + callTimeout)
	r.judge()
	return r.report
}

// build makes the world of the plan.
func (r *run) build() {
	p := &r.plan
	r.network = network.New(func(purpose string, keys ...uint64) network.Stream {
		return p.Seed.Stream("network "+purpose, keys...)
	})
	r.world = sim.New(sim.Config{Seed: p.Seed, Network: r.network, Codec: codec{}, NewDisk: r.newDisk})
	r.consensus = check.NewConsensus(r.world.Now, r.violate)
	r.consensus.Trusting = true // other cores apply what a majority holds before they hold it
	r.world.Observe(sim.Of(sim.Sent, sim.Restarted, sim.Panicked, sim.Halted), r.see)
	var voters []raft.ID
	for i := range p.Nodes {
		if i < p.Voters {
			voters = append(voters, raft.ID(i+1))
		}
		r.servers = append(r.servers, actors.NodeID(i+1))
	}
	r.consensus.AddGroup(theGroup, voters)
	r.holding = newHolding(voters)
	r.weather()
	for _, n := range r.servers {
		r.world.AddNode(n, r.boot(raft.ID(n), voters))
	}
	r.addClients()
}

// boot starts a replica.
func (r *run) boot(id raft.ID, voters []raft.ID) sim.Boot {
	p := &r.plan
	config := Config{ID: id, Voters: voters, Election: p.Election, Heartbeat: p.Heartbeat,
		PreVote: p.PreVote, CheckQuorum: p.CheckQuorum, MessageBytes: p.Bytes, Inflight: p.Inflight}
	return func(spawn func(string, actors.Actor) actors.Ref) {
		spawn(nodeName, &node{library: r.library, config: config, captureEvery: p.CaptureEvery, witness: r})
	}
}

func (r *run) addClients() {
	r.workload = &workload{plan: r.plan, now: r.world.Now, keys: make([]keyring, r.plan.Keys)}
	r.world.AddNode(client, func(spawn func(string, actors.Actor) actors.Ref) {
		for i := range r.plan.Lanes {
			spawn(fmt.Sprintf("lane/%d", i), &lane{
				workload: r.workload, number: uint64(i + 1), process: r.workload.history.NewProcess()})
		}
	})
}

// weather sets how packets fare at all times. Those of clients are delayed, no more:
// a request that arrives twice could not be refused for good.
func (r *run) weather() {
	w := r.plan.Weather
	r.network.Add("delay", network.Delay{Floor: w.Latency / 2, Mean: w.Latency / 2, TailChance: w.Tail, Tail: 100 * w.Latency})
	for name, rule := range map[string]network.Rule{ // any order: each has streams of its own, and they add up
		"loss":      network.Loss{Chance: w.Loss},
		"duplicate": network.Duplicate{Chance: w.Duplicate, Late: w.Late},
		"reorder":   network.Reorder{Chance: w.Reorder, Max: 10 * w.Latency},
	} {
		r.lifts = append(r.lifts, r.network.Add(name, network.Only{From: r.servers, To: r.servers, Rule: rule}))
	}
}

func (r *run) newDisk(n actors.NodeID, after func(time.Duration, func())) sim.Disk {
	r.disks[n] = disk.New(disk.Config{
		After:      after,
		Pace:       r.plan.Seed.Stream("disk pace", uint64(n)),
		Fate:       r.plan.Seed.Stream("disk fate", uint64(n)),
		Sync:       disk.Latency{Floor: 100 * time.Microsecond, Mean: time.Millisecond, TailChance: 0.01, Tail: 50 * time.Millisecond},
		Open:       disk.Latency{Mean: 5 * time.Millisecond},
		TornChance: 0.5,
		Observer:   platter{r, raft.ID(n)},
	})
	return r.disks[n]
}

// heal ends all faults.
func (r *run) heal() {
	for _, lift := range r.lifts {
		lift()
	}
	for _, n := range r.servers {
		r.world.Restart(n) // what an aimed crash still hit
	}
}

// judge waits until the replicas are equal, and gives the verdict.
func (r *run) judge() {
	var lagging error
	if !r.world.RunUntil(func() bool {
		lagging = r.consensus.Converged(theGroup)
		return lagging == nil
	}, healLimit) {
		r.violate(check.Violation{Oracle: check.Convergence, At: r.world.Now(), Text: lagging.Error()})
	}
	judgement := r.workload.history.Judge(judgeLimit)
	if judgement.Verdict == check.Violated {
		r.violate(check.Violation{Oracle: check.Linearizability, At: r.world.Now(),
			Text: fmt.Sprintf("no order of the calls on key %q explains all answers", judgement.Key)})
	}
	t := &r.report
	t.Hash, t.World = r.world.Hash(), r.world.Stats()
	t.Terms, t.Decided = r.consensus.Terms(theGroup), r.consensus.Decided(theGroup)
	t.Reads, t.Writes, t.Lost = r.workload.reads, r.workload.writes, r.workload.lost
	switch {
	case len(t.Violations) > 0:
		t.Verdict = check.Violated
	case judgement.Verdict != check.Pass:
		t.Verdict = judgement.Verdict
	case t.Decided == 0 || t.Reads == 0 || t.Writes == 0:
		t.Verdict = check.Vacuous
	}
}

func (r *run) violate(v check.Violation) {
	if v.Oracle == check.DurableCommit && r.plan.ChangeEvery > 0 {
		return // see HeldByMembers
	}
	r.report.Violations = append(r.report.Violations, v)
}
