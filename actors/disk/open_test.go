package disk

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

func TestOpenCountsIncarnations(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data") // Open makes the parents too
	var directory uint32
	for want := uint64(1); want <= 3; want++ {
		s, err := Open(dir, us)
		if err != nil {
			t.Fatal(err)
		}
		if want > 1 && s.Directory() != directory {
			t.Errorf("directory %08x became %08x", directory, s.Directory())
		}
		directory = s.Directory()
		if s.Incarnation() != want {
			t.Errorf("incarnation is %d, want %d", s.Incarnation(), want)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A directory that is new in the place of another counts from one, and must not be
// taken for an old copy of that.
func TestDirectoriesAreToldApart(t *testing.T) {
	numbers := map[uint32]bool{}
	for range 3 {
		s, err := Open(t.TempDir(), us)
		if err != nil {
			t.Fatal(err)
		}
		numbers[s.Directory()] = true
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(numbers) != 3 {
		t.Errorf("three directories have the numbers %v", numbers)
	}
}

// TestOpenRefuses holds each refusal to naming what is wrong, where, and what to do.
func TestOpenRefuses(t *testing.T) {
	identity := func(dir string) string { return filepath.Join(dir, identityFile) }
	tests := []struct {
		name  string
		id    Identity
		spoil func(t *testing.T, dir string)
		want  []string
	}{
		{"another cluster", Identity{Cluster: 0xbb, Node: 3}, func(*testing.T, string) {},
			[]string{"belongs to cluster 00000000000000aa, not to cluster 00000000000000bb", "Choose another directory"}},
		{"another node", Identity{Cluster: 0xaa, Node: 4}, func(*testing.T, string) {},
			[]string{"belongs to node 3 of this cluster, not to node 4", "Choose another directory"}},
		{"no cluster", Identity{Node: 3}, func(*testing.T, string) {},
			[]string{"neither may be zero"}},
		{"a damaged identity", us, func(t *testing.T, dir string) { overwrite(t, identity(dir), []byte("?")) },
			[]string{"identity file", "is damaged", "Restore the file"}},
		{"another format", us, func(t *testing.T, dir string) {
			overwrite(t, identity(dir), bytes.Replace(read(t, identity(dir)), []byte("format 2"), []byte("format 1"), 1))
		}, []string{`begins with "understudy data directory, format 1"`, "Start the version that wrote it"}},
		{"an identity without end", us, func(t *testing.T, dir string) {
			if err := os.Truncate(identity(dir), 1<<40); err != nil {
				t.Fatal(err)
			}
		}, []string{"identity file", "is damaged"}},
		{"a lost identity", us, func(t *testing.T, dir string) { remove(t, identity(dir)) },
			[]string{"is not empty but has no file \"identity\"", `it holds "files"`, "Choose an empty directory"}},
		{"files of others", us, func(t *testing.T, dir string) {
			remove(t, dir)
			overwriteIn(t, dir, "photo.jpg")
		}, []string{"is not empty", "photo.jpg"}},
		{"an unreadable identity", us, func(t *testing.T, dir string) {
			remove(t, identity(dir))
			overwriteIn(t, identity(dir), "a file where a file should not be")
		}, []string{"identity", "is a directory"}},
		{"a file for a directory", us, func(t *testing.T, dir string) {
			remove(t, dir)
			overwrite(t, dir, nil)
		}, []string{"is a file, not a directory"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			s, err := Open(dir, us)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			test.spoil(t, dir)
			s, err = Open(dir, test.id)
			if err == nil {
				s.Close()
				t.Fatal("Open took it")
			}
			for _, want := range append(test.want, dir) {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %q, want %q in it", err, want)
				}
			}
		})
	}
}

// overwriteIn puts a file into a directory of its own.
func overwriteIn(t *testing.T, dir, name string) {
	t.Helper()
	if err := os.MkdirAll(dir, directoryMode); err != nil {
		t.Fatal(err)
	}
	overwrite(t, filepath.Join(dir, name), nil)
}

func TestEveryFlippedByteOfAnIdentityIsSeen(t *testing.T) {
	b := label{Identity: us, incarnation: 12, logs: []listing{{"journal-1", 5}, {"journal-2", 6}}}.appendTo(nil)
	if l, ok := decodeLabel(b); !ok || l.Identity != us || l.incarnation != 12 || len(l.logs) != 2 {
		t.Fatalf("decoded %+v, %v", l, ok)
	}
	for at := range b {
		if l, ok := decodeLabel(flipped(b, at)); ok {
			t.Errorf("byte %d flipped decodes as %+v", at, l)
		}
		if l, ok := decodeLabel(b[:at]); ok {
			t.Errorf("the first %d bytes decode as %+v", at, l)
		}
	}
}

func TestDirectoryInUseIsRefused(t *testing.T) {
	dir := t.TempDir()
	first, err := Open(dir, us)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(dir, us)
	if err == nil || !strings.Contains(err.Error(), "in use by another process (pid ") {
		t.Errorf("the second Open said %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(dir, us)
	if err != nil {
		t.Fatalf("the lock outlived its holder: %v", err)
	}
	if again.Incarnation() != 2 {
		t.Errorf("incarnation is %d: the refused Open counted too", again.Incarnation())
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestInterruptedFirstOpenIsTakenUp(t *testing.T) {
	dir := t.TempDir()
	overwrite(t, filepath.Join(dir, lockFile), []byte("pid 1\n"))
	overwrite(t, filepath.Join(dir, identityFile+temporary), []byte("unders"))
	s, err := Open(dir, us)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLogNamesAreChecked(t *testing.T) {
	c := start(t, t.TempDir(), segmentBytes)
	for _, name := range []string{"", "../x", "a/b", "UP", ".", strings.Repeat("a", 101)} {
		c.disk.OpenLog(name)
		opened := c.answer().(actors.LogOpened)
		if opened.Err == nil || opened.Log != name || !strings.Contains(opened.Err.Error(), "of a log or file") {
			t.Errorf("OpenLog(%q) answered %+v", name, opened)
		}
	}
}

func TestLogMustBeOpenedBeforeUse(t *testing.T) {
	c := start(t, t.TempDir(), segmentBytes)
	defer func() {
		if recover() == nil {
			t.Error("SyncLog of a log that was never opened did not panic")
		}
	}()
	c.disk.SyncLog(logName, 1)
}

func TestNothingIsTakenAfterClose(t *testing.T) {
	c := start(t, t.TempDir(), segmentBytes)
	c.mustOpen()
	c.mustClose()
	c.append("late")
	if err := c.sync(1); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("SyncLog after Close answered %v", err)
	}
	if opened := c.open(); opened.Err == nil || !strings.Contains(opened.Err.Error(), "closed") {
		t.Errorf("OpenLog after Close answered %v", opened.Err)
	}
	if err := c.store.Close(); err == nil {
		t.Error("Close twice succeeded")
	}
}
