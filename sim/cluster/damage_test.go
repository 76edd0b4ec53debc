package cluster

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

// What a node was saving when it was struck says nothing of its health, even if the
// crash spares it: the sound copies are still those of the others alone.
func TestASaveThatACrashSparesDoesNotMakeADiskWhole(t *testing.T) {
	spared := 0
	for seed := range sim.Seed(10) {
		spared += testDamage(t, seed)
	}
	if spared == 0 {
		t.Error("no crash spared anything: this shows nothing")
	}
}

// testDamage strikes a node while it saves something, and returns how many records its
// crash spared.
func testDamage(t *testing.T, seed sim.Seed) int {
	calm := rehearsal
	calm.Faults = nil
	r := newRun(plan.Draw(calm, seed))
	r.build(nil)
	r.schedule()
	victim := r.servers[0]
	saving := false
	r.world.Observe(sim.Of(sim.Appended), func(e *sim.Event) { saving = e.Node == victim })
	r.world.Run(time.Second)
	r.world.RunUntil(func() bool { return saving }, time.Second)
	r.corrupt(&plan.Strike{Kind: plan.Corrupt, Pick: uint64(seed)}, victim)
	if r.world.Up(victim) || r.watch.consensus.Expendable(groupAt(0), check.Node(r.servers[1])) {
		t.Errorf("seed %d: node %v was struck, and another one is expendable", seed, victim)
	}
	return int(r.disks[victim].Counts().SparedRecords)
}

// Whichever of its notes of births a node loses, it goes on as itself, with its replicas,
// which have lost nothing.
func TestANodeThatLosesANoteOfBirthsTakesPartAgain(t *testing.T) {
	calm := rehearsal
	calm.Faults = nil
	for lost := range uint64(4) {
		r := newRun(plan.Draw(calm, sim.Seed(lost)))
		r.build(nil)
		r.schedule()
		r.world.Run(time.Second)
		victim := r.servers[0]
		lift := r.corrupt(&plan.Strike{Kind: plan.Corrupt, Pick: lost << 8}, victim)
		r.world.Run(time.Second)
		lift()
		r.world.Run(r.plan.Duration)
		r.drain()
		r.demandProgress()
		r.demandConvergence()
		if len(r.found) > 0 || r.disks[victim].Counts().CorruptOpens != 1 || !r.harm.marred[victim] {
			t.Errorf("note %d was lost: found %v", lost, r.found)
		}
	}
}

// In a group without work nothing else would replace the snapshot of a leader that is
// found to be damaged while it is fetched: the follower that needs it would wait for ever.
func TestAFollowerCatchesUpThoughTheSnapshotOfTheLeaderRots(t *testing.T) {
	quiet := rehearsal
	quiet.Faults = nil
	quiet.Sizes = plan.Sizes{Snapshot: plan.Range{Min: 1000, Max: 1000}, Trailing: plan.Range{Min: 1, Max: 1}}
	for seed := range sim.Seed(5) {
		r := newRun(plan.Draw(quiet, seed))
		r.build(nil)
		r.schedule()
		r.world.Run(time.Second)
		leader := actors.NodeID(r.watch.leaders[groupAt(0)])
		follower := r.servers[int(leader)%len(r.servers)]
		r.world.Crash(follower)
		r.world.Run(r.plan.Duration)
		r.drain()
		r.world.Run(time.Second)
		r.strike(&plan.Strike{Kind: plan.RotSnapshot, Target: plan.On(int(leader)), Pick: uint64(seed) << 32})
		r.world.Restart(follower)
		r.demandConvergence()
		c := r.disks[leader].Counts().Files
		if len(r.found) > 0 || r.strikes[plan.RotSnapshot] != 1 || c.Flips != 1 || c.CorruptReads == 0 {
			t.Errorf("seed %d: found %v, counted %+v", seed, r.found, c)
		}
	}
}
