package main

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
)

// benchmark runs one in this process, with nodes in processes of their own.
func benchmark(t *testing.T, args ...string) (out string) {
	t.Helper()
	if testing.Short() {
		t.Skip("short: starts processes and lets them write for some seconds")
	}
	t.Setenv("UNDERSTUDY_TEST_PROCESS", "1")
	code, out, errs := understudy(t, append([]string{"bench"}, args...)...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	return out
}

func TestANodeCatchesUpThroughASnapshot(t *testing.T) {
	out := benchmark(t, "catch-up", "--size", "8MiB", "--quiet", "500ms", "--partitions", "4",
		"--serve=--snapshot-every=1", "--json")
	var r catchUpReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range r.Phases {
		names = append(names, p.Name)
		if p.Reads.Count == 0 || p.Writes.Count == 0 {
			t.Errorf("nothing was answered in phase %+v", p)
		}
	}
	if quiet := r.Phases[0]; quiet.SameReads.Count == 0 || quiet.SameWrites.Count == 0 { // others may be shorter than the time between two
		t.Errorf("nothing was answered in the partition itself: %+v", quiet)
	}
	if want := []string{"quiet", "filling", "rewriting", "capturing", "restarting", "streaming"}; !slices.Equal(names, want) {
		t.Errorf("the phases were %v, not %v", names, want)
	}
	if r.Snapshot < r.Size || r.CaughtUp == 0 {
		t.Errorf("nothing of that size was fetched: %+v", r)
	}
}

func TestRestartsAreMeasured(t *testing.T) {
	out := benchmark(t, "restart", "--nodes", "3", "--keys", "2000", "--partitions", "4", "--snapshot-every", "1", "--json")
	var restarted []int
	for decoder := json.NewDecoder(bytes.NewReader([]byte(out))); decoder.More(); {
		var r restartRow
		if err := decoder.Decode(&r); err != nil {
			t.Fatal(err)
		}
		if r.Recovered == 0 || r.Reads < r.First || r.CaughtUp < r.Recovered || r.Journal == 0 || r.LogBytes == 0 {
			t.Errorf("measured %+v", r)
		}
		restarted = append(restarted, r.Restarted)
	}
	if !slices.Equal(restarted, []int{1, 3, 1, 3}) {
		t.Errorf("restarted %v nodes", restarted)
	}
}

func TestTheJournalDoesNotGrowWithoutBound(t *testing.T) {
	out := benchmark(t, "reclaim", "--generations", "4", "--journal-generation", "2", "--snapshot-every", "1",
		"--partitions", "4", "--json")
	var r reclaimReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	last := r.Rows[len(r.Rows)-1]
	if last.Generation < 5 || r.Longest > r.Bound || r.Longest == 0 || last.Nodes[0].Snapshots == 0 {
		t.Errorf("the journal had %d bytes of %d; at last %+v", r.Longest, r.Bound, last)
	}
}
