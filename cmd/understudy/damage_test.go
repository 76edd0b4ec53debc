package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/understudy-kv/understudy/client"
)

// A patient is a cluster of processes whose logs can be read.
type patient struct {
	*processes
	log string
}

func newPatient(t *testing.T, flags ...string) patient {
	t.Helper()
	if testing.Short() {
		t.Skip("short: starts processes")
	}
	t.Setenv("UNDERSTUDY_TEST_PROCESS", "1")
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p := &processes{data: t.TempDir(), flags: append(flags, "--log-level", "warn"), errors: log}
	t.Cleanup(func() { p.stop(); log.Close() })
	if err := p.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	return patient{p, log.Name()}
}

// said fails the test unless some node has logged each of these.
func (p patient) said(t *testing.T, texts ...string) {
	t.Helper()
	log, err := os.ReadFile(p.log)
	for _, text := range texts {
		if !strings.Contains(string(log), text) {
			t.Errorf("nobody said %q (%v):\n%s", text, err, log)
		}
	}
}

// damage flips a bit in the middle of the largest file of node i that fits a pattern.
func (p patient) damage(t *testing.T, i int, pattern string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(p.dir(i), pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("nothing to damage: %v", err)
	}
	path := slices.MaxFunc(paths, func(a, b string) int { return cmp.Compare(size(t, a), size(t, b)) })
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// whole reports whether all replicas take part and hold the same.
func whole(s clusterStatus) bool {
	for _, p := range s.Partitions {
		for _, r := range p.Replicas {
			if r.Damaged || r.Stopped != "" || r.Applied != p.Replicas[0].Applied || r.Hash != p.Replicas[0].Hash {
				return false
			}
		}
		if p.Leader == 0 || len(p.Replicas) != 3 {
			return false
		}
	}
	return true
}

func TestADamagedJournalIsRepairedByTheOthers(t *testing.T) {
	p := newPatient(t, "--partitions", "2")
	w := startWriters(t, p.processes, 2)
	w.waitFor(t, 200)
	p.end(1, syscall.SIGTERM)
	p.damage(t, 1, "logs/journal-*/0*")
	w.waitFor(t, 50) // the others go on
	if err := p.start(1); err != nil {
		t.Fatal(err)
	}
	w.waitFor(t, 50)
	w.stop()
	s := waitUntil(t, p.processes, "node 2 is repaired", whole)
	if !s.Nodes[1].Damaged || len(s.Warnings) != 1 || !strings.HasPrefix(s.Warnings[0], "node 2 started with a damaged journal") {
		t.Errorf("status is %+v", s)
	}
	p.said(t, "the journal is damaged", "is damaged although it had been synced", "a replica has lost a part of its memory",
		"the others have repaired a replica")
	w.readBack(t)
}

func TestADamagedSnapshotIsRepairedByTheOthers(t *testing.T) {
	p := newPatient(t, "--partitions", "1", "--snapshot-every", "1")
	w := startWriters(t, p.processes, 1)
	store(t, w.client, 300)
	waitUntil(t, p.processes, "node 2 has a snapshot", func(s clusterStatus) bool {
		r := s.Partitions[0].Replicas
		return len(r) == 3 && r[1].Node == 2 && r[1].Snapshot > 0
	})
	p.end(1, syscall.SIGTERM)
	p.damage(t, 1, "files/snapshot-*")
	if err := p.start(1); err != nil {
		t.Fatal(err)
	}
	w.waitFor(t, 50)
	w.stop()
	waitUntil(t, p.processes, "node 2 is repaired", whole)
	p.said(t, "a snapshot is damaged", "the snapshot of a replica is lost", "the others have repaired a replica")
	w.readBack(t)
}

// store writes so many values of 8 KiB.
func store(t *testing.T, c *client.Client, count int) {
	t.Helper()
	for i := range count {
		if err := c.Put(t.Context(), fmt.Sprint("fill-", i), bytes.Repeat([]byte{byte(i)}, 8<<10)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestANodeWithAnEmptyDirectoryIsSentAway(t *testing.T) {
	p := newPatient(t, "--partitions", "1")
	w := startWriters(t, p.processes, 1)
	w.waitFor(t, 20)
	p.end(1, syscall.SIGTERM)
	kept := p.dir(1) + ".kept"
	if err := os.Rename(p.dir(1), kept); err != nil {
		t.Fatal(err)
	}
	for range 4 { // as a supervisor does, more often than the right one was started
		if err := p.start(1); err != nil {
			t.Fatal(err)
		}
		if code := p.wait(1); code != exitFailure {
			t.Errorf("exit code %d", code)
		}
	}
	p.said(t, "remembers another disk of this node")
	w.waitFor(t, 20)
	if err := os.RemoveAll(p.dir(1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(kept, p.dir(1)); err != nil {
		t.Fatal(err)
	}
	if err := p.start(1); err != nil {
		t.Fatal(err)
	}
	w.stop()
	waitUntil(t, p.processes, "node 2 is back with its own directory", whole)
	w.readBack(t)
}

// wait returns how node i ended, by itself.
func (p patient) wait(i int) (code int) {
	_ = p.commands[i].Wait()
	code = p.commands[i].ProcessState.ExitCode()
	p.commands[i] = nil
	return code
}
