package cluster_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	realdisk "github.com/understudy-kv/understudy/actors/disk"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

// wearing is a scenario whose disks are real files that crash and fail.
var wearing = plan.Scenario{
	Name: "wearing", Claim: "Real files keep what disks must keep.", Duration: 8 * time.Second,
	Cluster:  plan.Shape{Nodes: plan.Range{Min: 3, Max: 3}, Partitions: plan.Range{Min: 1, Max: 1}, Replication: plan.Range{Min: 3, Max: 3}},
	Workload: plan.Workload{Clients: plan.Range{Min: 2, Max: 2}, Keys: plan.Range{Min: 6, Max: 6}, Pause: 20 * time.Millisecond, Reads: 0.3},
	Network:  plan.Network{Latency: time.Millisecond},
	Disk:     plan.Disks{Sync: 3 * time.Millisecond, Real: 1},
	Sizes:    plan.Sizes{Snapshot: plan.Range{Min: 500, Max: 500}, Segment: plan.Range{Min: 400, Max: 400}, Generation: plan.Range{Min: 5000, Max: 5000}},
	Faults: []plan.Fault{
		{Kind: plan.Crash, Target: plan.Any, Every: time.Second, For: 300 * time.Millisecond},
		{Kind: plan.FailSync, Target: plan.Any, Every: 2 * time.Second, For: 300 * time.Millisecond},
		{Kind: plan.FailFile, Target: plan.Any, Every: 2 * time.Second, For: 300 * time.Millisecond},
		{Kind: plan.FailAppend, Target: plan.Any, Every: 3 * time.Second, For: 300 * time.Millisecond},
		{Kind: plan.FailRead, Target: plan.Any, Every: 2 * time.Second, For: 300 * time.Millisecond},
		{Kind: plan.Corrupt, Target: plan.Any, Every: 2 * time.Second, For: 300 * time.Millisecond},
	},
}

// on returns a stage whose files lie in dir, and are spoilt.
func on(dir string, spoil func(cluster.Files) cluster.Files) cluster.Stage {
	return cluster.Stage{Files: func(n actors.NodeID, segmentBytes int) (cluster.Files, error) {
		dir, err := os.MkdirTemp(dir, "files-")
		if err != nil {
			return nil, err
		}
		r, err := realdisk.NewRehearsal(dir, realdisk.Identity{Cluster: 1, Node: n}, segmentBytes)
		if err != nil {
			return nil, err
		}
		return spoil(r), nil
	}}
}

// memory returns a folder that needs no disk, where there is one.
func memory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "understudy")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func sound(f cluster.Files) cluster.Files { return f }

func TestRealFilesAreDamagedAndRecovered(t *testing.T) {
	dir := memory(t)
	for seed := range sim.Seed(3) {
		p := plan.Draw(wearing, seed)
		one, two := on(dir, sound).Run(p), on(dir, sound).Run(p)
		if one.Verdict != check.Pass || one.Hash != two.Hash {
			t.Errorf("%v, trace %x and then %x", one, one.Hash, two.Hash)
		}
		for _, effect := range []string{"recovered log", "lost record", "torn record"} {
			if !slices.ContainsFunc(one.Faults, func(c cluster.Count) bool { return c.Name == effect }) {
				t.Errorf("seed %d: no %s: %v", seed, effect, one.Faults)
			}
		}
		p.Disk.Files = plan.ModelFiles
		if without := cluster.Run(p); slices.ContainsFunc(without.Faults, func(c cluster.Count) bool { return c.Name == "recovered log" }) {
			t.Errorf("seed %d: without files %v", seed, without.Faults)
		}
	}
	if left, err := filepath.Glob(dir + "/*"); err != nil || len(left) > 0 {
		t.Errorf("these stay behind: %v, %v", left, err)
	}
}

// Bugs below the seam.
type (
	lazy     struct{ cluster.Files } // answers before it syncs
	brazen   struct{ cluster.Files } // denies that a sync failed
	careless struct{ cluster.Files } // denies that a write failed
	anxious  struct{ cluster.Files } // takes a torn end for corruption
	gullible struct{ cluster.Files } // takes a torn record for a whole one
	blind    struct{ cluster.Files } // does not find a file
	tidy     struct{ cluster.Files } // forgets a log
	clinging struct{ cluster.Files } // removes nothing
	babbling struct{ cluster.Files } // reads what was not written
	dead     struct{ cluster.Files } // cannot be opened after a crash
	numb     struct{ cluster.Files } // takes damage for a torn end
)

func (lazy) Promise(int) {}

func (f brazen) SyncLog(name string) error { f.Files.SyncLog(name); return nil }

func (f careless) WriteFile(name string, piece []byte) (int, error) {
	pieces, _ := f.Files.WriteFile(name, piece)
	return pieces, nil
}

func (f anxious) Crash(dice realdisk.Dice) ([]actors.LogOpened, []string, error) {
	logs, files, err := f.Files.Crash(dice)
	for i := range logs {
		if logs[i].Repaired > 0 {
			logs[i].Err = actors.ErrCorrupt
		}
	}
	return logs, files, err
}

func (f gullible) Crash(dice realdisk.Dice) ([]actors.LogOpened, []string, error) {
	logs, files, err := f.Files.Crash(dice)
	for i := range logs {
		if n := logs[i].Repaired; n > 0 {
			logs[i].Records = append(logs[i].Records, make([]byte, n))
		}
	}
	return logs, files, err
}

func (f blind) Crash(dice realdisk.Dice) ([]actors.LogOpened, []string, error) {
	logs, _, err := f.Files.Crash(dice)
	return logs, nil, err
}

func (f tidy) Crash(dice realdisk.Dice) ([]actors.LogOpened, []string, error) {
	logs, files, err := f.Files.Crash(dice)
	return logs[:len(logs)-1], files, err
}

func (clinging) RemoveLog(string) error { return nil }

func (f babbling) ReadFile(name string, piece int) actors.FileRead {
	answer := f.Files.ReadFile(name, piece)
	answer.Data = append(slices.Clone(answer.Data), "babble"...)
	return answer
}

func (f dead) Crash(realdisk.Dice) ([]actors.LogOpened, []string, error) {
	return nil, nil, errors.New("the identity is damaged")
}

func (f numb) Crash(dice realdisk.Dice) ([]actors.LogOpened, []string, error) {
	logs, files, err := f.Files.Crash(dice)
	for i := range logs {
		if l := &logs[i]; l.Err != nil {
			l.Records, l.Holes, l.Err = l.Records[:l.Holes[0]], nil, nil
		}
	}
	return logs, files, err
}

func TestFilesThatBreakThePromisesOfDisksAreFound(t *testing.T) {
	dir := memory(t)
	for _, c := range []struct {
		bug   string
		spoil func(cluster.Files) cluster.Files
		told  string
	}{
		{"answers before syncs", func(f cluster.Files) cluster.Files { return lazy{f} }, "after a crash: "},
		{"a failed sync is forgotten", func(f cluster.Files) cluster.Files { return brazen{f} }, "a sync of log"},
		{"a failed write is forgotten", func(f cluster.Files) cluster.Files { return careless{f} }, "a write to file"},
		{"a torn end is corruption", func(f cluster.Files) cluster.Files { return anxious{f} }, "recovery failed"},
		{"a torn record is whole", func(f cluster.Files) cluster.Files { return gullible{f} }, "record"},
		{"a file is lost", func(f cluster.Files) cluster.Files { return blind{f} }, "is gone"},
		{"a log is lost", func(f cluster.Files) cluster.Files { return tidy{f} }, "is gone"},
		{"a log is not removed", func(f cluster.Files) cluster.Files { return clinging{f} }, "was removed"},
		{"a piece is another", func(f cluster.Files) cluster.Files { return babbling{f} }, "never written"},
		{"damage is a torn end", func(f cluster.Files) cluster.Files { return numb{f} }, "noticed nothing"},
		{"nothing can be opened", func(f cluster.Files) cluster.Files { return dead{f} }, "identity"},
	} {
		t.Run(c.bug, func(t *testing.T) {
			for seed := range sim.Seed(20) {
				report := on(dir, c.spoil).RunToViolation(plan.Draw(wearing, seed))
				if len(report.Violations) == 0 {
					continue
				}
				if v := report.Violations[0]; v.Oracle != check.RealFiles || !strings.Contains(v.Text, c.told) {
					t.Errorf("seed %d: %v", seed, v)
				}
				return
			}
			t.Error("nobody noticed")
		})
	}
}

func TestFilesThatCannotBeMadeAreToldOf(t *testing.T) {
	none := cluster.Stage{Files: func(actors.NodeID, int) (cluster.Files, error) { return nil, errors.New("no space") }}
	report := none.RunToViolation(plan.Draw(wearing, 1))
	if len(report.Violations) == 0 || !strings.Contains(report.Violations[0].Text, "node 1 has no files: no space") {
		t.Error(report)
	}
}
