package cluster

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/disk"
	"github.com/understudy-kv/understudy/sim/network"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A cluster that answers everybody may yet find no rest.
func TestUnrestIsFound(t *testing.T) {
	cases := []struct {
		bug    string
		plant  func(*run)
		oracle string
	}{
		{"a leader that has nothing to do makes others stand", func(r *run) {
			r.parts.codec = tamperRaft(func(m raft.Message) raft.Message {
				if m.Kind == raft.Rest {
					m.Kind = raft.StandNow
				}
				return m
			})
		}, check.TermsAtRest},
		{"logs and files are said to be removed and stay", func(r *run) {
			r.plan.Limits = plan.Limits{Generation: 5000, Snapshot: 5000}
			r.parts.disk = func(d *disk.Disk) sim.Disk { return hoardingDisk{d} }
		}, check.NothingPilesUp},
		{"files are begun that are never sealed or removed", func(r *run) {
			r.plan.Limits = plan.Limits{Snapshot: 5000}
			r.parts.disk = func(d *disk.Disk) sim.Disk { return scribblingDisk{d} }
		}, check.NothingPilesUp},
		{"a disk is asked for what nobody needs, again and again", func(r *run) {
			r.parts.disk = func(d *disk.Disk) sim.Disk { return churningDisk{d} }
		}, check.NothingPilesUp},
	}
	for _, c := range cases {
		t.Run(c.bug, func(t *testing.T) {
			r := newRun(plan.Draw(rehearsal, 1))
			c.plant(r)
			found := r.carryOut(nil).Violations
			i := slices.IndexFunc(found, func(v check.Violation) bool { return v.Oracle == c.oracle })
			if i < 0 {
				t.Fatalf("%s did not notice: %v", c.oracle, found)
			}
			if first, rest, _ := strings.Cut(found[i].Text, "\n"); strings.Contains(first, "term ") || !strings.Contains(rest, "\n  node 2") {
				t.Errorf("the violation does not say how things stand: %q", found[i].Text)
			}
		})
	}
}

// When something does not happen after healing, it must be told what stands in its way.
func TestWhatIsStillInForceIsNamed(t *testing.T) {
	cases := map[string]struct {
		leave func(*run) // in force for ever
		want  string
	}{
		"a cut link": {func(r *run) {
			r.network.Add("cut-link", network.Cut{From: []actors.NodeID{1}, To: []actors.NodeID{2, 3}})
			r.network.Add("cut-link", network.Cut{From: []actors.NodeID{2}, To: []actors.NodeID{3}})
		}, "still in force: cut-link {From:[1] To:[2 3]}; cut-link {From:[2] To:[3]}"},
		"clogged links": {func(r *run) {
			everybody := []actors.NodeID{1, 2, 3}
			r.network.Add("clog", network.Clog{From: everybody, To: everybody, Until: time.Hour})
		}, "still in force: clog {From:[1 2 3] To:[1 2 3] Until:1h0m0s}"},
		"a paused node": {func(r *run) {
			r.world.At(r.plan.Duration+1, func() { r.world.Pause(2) })
		}, "still in force: node 2 is paused"},
		"a stuck disk": {func(r *run) { r.disks[3].Stick() }, "still in force: the disk of node 3 is stuck"},
		"a slow disk":  {func(r *run) { r.disks[3].Slow(9000) }, "still in force: the disk of node 3 is 9000 times slower"},
		"nothing": {func(r *run) {
			r.world.Observe(sim.Of(sim.Noted), func(e *sim.Event) {
				if e.Text == "healed" {
					r.world.Crash(2)
				}
			})
		}, "no link is cut or clogged, no node is paused, no disk is stuck, slow or full"},
	}
	for name, c := range cases { // any order: each stands alone
		t.Run(name, func(t *testing.T) {
			p := plan.Draw(rehearsal, 1)
			p.Strikes = nil
			r := newRun(p)
			r.goal.impatient = true
			r.build(nil)
			c.leave(r)
			r.schedule()
			r.world.RunUntil(r.over, r.plan.Duration)
			r.recover()
			if len(r.found) == 0 {
				t.Fatal("nobody complains")
			}
			if lines := strings.Split(r.found[0].Text, "\n"); len(lines) < 2 || lines[1] != c.want {
				t.Errorf("want %q in\n%s", c.want, r.found[0].Text)
			}
		})
	}
}

// A hoardingDisk removes nothing.
type hoardingDisk struct{ *disk.Disk }

func (d hoardingDisk) For(owner actors.Ref, post func(actors.Message)) actors.Disk {
	return hoardingHandle{d.Disk.For(owner, post), post}
}

type hoardingHandle struct {
	actors.Disk
	post func(actors.Message)
}

func (h hoardingHandle) RemoveLog(log string)   { h.post(actors.LogRemoved{Log: log}) }
func (h hoardingHandle) RemoveFile(file string) { h.post(actors.FileRemoved{File: file}) }

// A churningDisk looks for a file that nobody has, as soon as it has found that there is none.
type churningDisk struct{ *disk.Disk }

func (d churningDisk) For(owner actors.Ref, post func(actors.Message)) actors.Disk {
	var again actors.Disk
	again = d.Disk.For(owner, func(actors.Message) { again.ReadFile("none", 0) })
	again.ReadFile("none", 0)
	return d.Disk.For(owner, post)
}

// A scribblingDisk begins a draft with every file that is sealed.
type scribblingDisk struct{ *disk.Disk }

func (d scribblingDisk) For(owner actors.Ref, post func(actors.Message)) actors.Disk {
	return scribblingHandle{d.Disk.For(owner, post), d.Disk.For(owner, func(actors.Message) {})}
}

type scribblingHandle struct {
	actors.Disk
	draft actors.Disk
}

func (h scribblingHandle) SealFile(file string) {
	h.draft.WriteFile("draft-"+file, []byte("never finished"))
	h.Disk.SealFile(file)
}
