package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// This file holds what the tests share: a client that waits for its answers, and
// tools that look at, copy and damage the files of a log.

var us = Identity{Cluster: 0xaa, Node: 3}

const logName = "journal-1"

// A client uses one log of a store and waits for what it asks.
type client struct {
	t       testing.TB
	store   *Store
	disk    actors.Disk
	answers chan actors.Message
}

// start opens the store in dir, with small segments.
func start(t testing.TB, dir string, segmentBytes int) *client {
	t.Helper()
	s, err := Open(dir, us)
	if err != nil {
		t.Fatal(err)
	}
	s.segmentBytes = segmentBytes
	t.Cleanup(func() { s.Close() }) // what it says of failed logs is no news
	return newClient(t, s)
}

func newClient(t testing.TB, s *Store) *client {
	c := &client{t: t, store: s, answers: make(chan actors.Message, 1000)}
	c.disk = s.For(actors.Ref{Node: us.Node, Name: "journal"}, func(m actors.Message) { c.answers <- m })
	return c
}

func (c *client) answer() actors.Message {
	c.t.Helper()
	select {
	case m := <-c.answers:
		return m
	case <-time.After(30 * time.Second):
		c.t.Fatal("the disk does not answer")
		return nil
	}
}

func (c *client) open() actors.LogOpened {
	c.t.Helper()
	c.disk.OpenLog(logName)
	return c.answer().(actors.LogOpened)
}

// mustOpen opens the log and returns its records.
func (c *client) mustOpen() [][]byte {
	c.t.Helper()
	opened := c.open()
	if opened.Err != nil {
		c.t.Fatal(opened.Err)
	}
	return opened.Records
}

func (c *client) append(records ...string) {
	for _, r := range records {
		c.disk.AppendLog(logName, []byte(r))
	}
}

func (c *client) sync(mark uint64) error {
	c.t.Helper()
	c.disk.SyncLog(logName, mark)
	synced := c.answer().(actors.LogSynced)
	if synced.Mark != mark || synced.Log != logName {
		c.t.Fatalf("got %+v, want mark %d of %s", synced, mark, logName)
	}
	return synced.Err
}

func (c *client) mustSync() {
	c.t.Helper()
	if err := c.sync(1); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) mustClose() {
	c.t.Helper()
	if err := c.store.Close(); err != nil {
		c.t.Fatal(err)
	}
}

// fastDirectory returns a new directory, in memory where there is such a place: most
// tests damage files by hand and need no disk to sync them to.
func fastDirectory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "understudy")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func logDirectory(dir string) string { return filepath.Join(dir, logsDirectory, logName) }

func segmentPath(dir string, first uint64) string {
	return filepath.Join(logDirectory(dir), fmt.Sprintf("%020d", first))
}

// awaitFrames waits until the files of the log hold that many frames: the goroutine
// seals and writes on its own.
func awaitFrames(t testing.TB, dir string, n uint64) {
	t.Helper()
	var last uint64
	for range 10_000 {
		if last = countFrames(t, dir); last >= n {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatalf("the log has %d frames, want %d", last, n)
}

func countFrames(t testing.TB, dir string) uint64 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(logDirectory(dir), floorFile))
	if err != nil {
		t.Fatal(err)
	}
	f, ok := decodeFloor(b)
	if !ok {
		t.Fatalf("the floor %x is damaged", b)
	}
	segments, err := listSegments(logDirectory(dir))
	if err != nil {
		t.Fatal(err)
	}
	last := uint64(0)
	for _, s := range segments {
		last = scanSegment(read(t, s.path), f.salt, s.first).next - 1
	}
	return last
}

// crash returns a copy of a data directory as it is now, which is what a killed
// process leaves. What changes meanwhile is copied again until it does not.
func crash(t testing.TB, dir string) string {
	t.Helper()
	to := fastDirectory(t)
	identity := func() []byte { return read(t, filepath.Join(dir, identityFile)) }
	for before := identity(); ; {
		remove(t, filepath.Join(to, logsDirectory))
		remove(t, filepath.Join(to, filesDirectory))
		copyLogs(t, filepath.Join(dir, logsDirectory), filepath.Join(to, logsDirectory))
		copyDirectory(t, filepath.Join(dir, filesDirectory), filepath.Join(to, filesDirectory))
		overwrite(t, filepath.Join(to, identityFile), before)
		after := identity()
		if bytes.Equal(before, after) {
			return to
		}
		before = after
	}
}

// copyLogs copies the floor of each log first, for segments only grow meanwhile.
func copyLogs(t testing.TB, from, to string) {
	t.Helper()
	logs, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range logs {
		from, to := filepath.Join(from, l.Name()), filepath.Join(to, l.Name())
		if err := os.MkdirAll(to, directoryMode); err != nil {
			t.Fatal(err)
		}
		copyFile(t, filepath.Join(from, floorFile), filepath.Join(to, floorFile))
		copyDirectory(t, from, to, floorFile)
	}
}

// copyDirectory copies the files of a directory, but not those named.
func copyDirectory(t testing.TB, from, to string, but ...string) {
	t.Helper()
	if err := os.MkdirAll(to, directoryMode); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(from)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, file := range files {
		if !slices.Contains(but, file.Name()) {
			copyFile(t, filepath.Join(from, file.Name()), filepath.Join(to, file.Name()))
		}
	}
}

// copyFile copies a file, unless it vanished.
func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	switch {
	case err == nil:
		overwrite(t, to, b)
	case !errors.Is(err, os.ErrNotExist):
		t.Fatal(err)
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func overwrite(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, fileMode); err != nil {
		t.Fatal(err)
	}
}

func remove(t testing.TB, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// texts makes records comparable.
func texts(records [][]byte) []string {
	var all []string
	for _, r := range records {
		all = append(all, string(r))
	}
	return all
}

// flipped returns a copy of b with one bit flipped in the byte at that offset.
func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[at] ^= 1 << (at % 8)
	return b
}
