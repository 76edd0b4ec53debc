package disk

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// TestEveryCrashIsSurvived records what a store does to the file system in a run of
// appends, syncs, removals and files, over many segments. At each point of it the node
// may crash, and the file system may keep of what was not synced any part that it is
// allowed to. Whatever is left must open, hold what was promised, and nothing else.
func TestEveryCrashIsSurvived(t *testing.T) {
	changes := recordRun(t)
	random := chance{rand.New(rand.NewPCG(1, 2))}
	samples := 6
	if testing.Short() {
		samples = 1
	}
	images := 0
	err := crashEverywhere(t, changes, newPromises(), nil, func(at int, image *tree, p *promises) error {
		fates := []fate{nothing{}, everything{}}
		for range samples {
			fates = append(fates, random)
		}
		for _, f := range fates {
			images++
			if err := survive(t, image, f, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d changes, %d images", len(changes), images)
}

// TestCrashesDuringRecoveryAreSurvived crashes a second time while the first crash is
// recovered from.
func TestCrashesDuringRecoveryAreSurvived(t *testing.T) {
	changes := recordRun(t)
	random := chance{rand.New(rand.NewPCG(3, 4))}
	err := crashEverywhere(t, changes, newPromises(), nil, func(at int, image *tree, p *promises) error {
		if at%9 != 0 {
			return nil
		}
		dir := fastDirectory(t)
		defer os.RemoveAll(dir)
		leave(t, image, dir, random)
		start := readTree(t, dir)
		again, err := recordRecovery(dir, p)
		if err != nil {
			return err
		}
		return crashEverywhere(t, again, p.clone(), start, func(_ int, image *tree, p *promises) error {
			return survive(t, image, random, p)
		})
	})
	if err != nil {
		t.Error(err)
	}
}

// TestCrashesAreFatalWithoutSyncs shows that the tests above can fail: it leaves out one
// kind of sync, in what the file system is believed to have been told.
func TestCrashesAreFatalWithoutSyncs(t *testing.T) {
	changes := recordRun(t)
	for name, isSync := range map[string]func(moment) bool{
		"names":    func(m moment) bool { return m.talk == nil && m.kind == syncsNames },
		"segments": func(m moment) bool { return m.talk == nil && m.kind == syncs && isSegmentName(m.path) },
		"floors and files": func(m moment) bool {
			return m.talk == nil && m.kind == syncs && !isSegmentName(m.path)
		},
	} {
		random := chance{rand.New(rand.NewPCG(5, 6))}
		less := slices.DeleteFunc(slices.Clone(changes), isSync)
		err := crashEverywhere(t, less, newPromises(), nil, func(_ int, image *tree, p *promises) error {
			return errors.Join(survive(t, image, nothing{}, p), survive(t, image, random, p))
		})
		if err == nil {
			t.Errorf("nobody missed the syncs of %s", name)
		}
	}
}

func isSegmentName(path string) bool {
	return len(path) > segmentDigits && path[len(path)-1] >= '0' && path[len(path)-1] <= '9' &&
		bytes.HasPrefix([]byte(path), []byte(logsDirectory))
}

// recordRun does something of everything and returns the changes.
func recordRun(t *testing.T) []moment {
	t.Helper()
	r := newDiary(fastDirectory(t))
	s, err := r.start(smallSegment)
	if err != nil {
		t.Fatal(err)
	}
	d := r.disk(s)
	steps := []func(){
		func() { d.OpenLog("journal-1") },
		func() { appendTexts(d, "journal-1", "one", "two", "three"); d.SyncLog("journal-1", 1) },
		func() { d.WriteFile("snapshot-a", []byte("first piece")) },
		func() { appendTexts(d, "journal-1", "four"); d.SyncLog("journal-1", 2) },
		func() { d.WriteFile("snapshot-a", bytes.Repeat([]byte("second"), 20)) },
		func() { d.SealFile("snapshot-a") },
		func() { appendTexts(d, "journal-1", "five", "six", "seven", "eight", "nine"); d.OpenLog("journal-2") },
		func() { appendTexts(d, "journal-2", "live one", "live two"); d.SyncLog("journal-2", 1) },
		func() { d.WriteFile("snapshot-b", []byte("b")) },
		func() { d.SyncLog("journal-1", 3) },
		func() { d.RemoveLog("journal-1") },
		func() { d.SealFile("snapshot-b") },
		func() { d.RemoveFile("snapshot-a") },
		func() {
			appendTexts(d, "journal-2", "after", "the", "switch", string(make([]byte, 200)))
			d.SyncLog("journal-2", 2)
		},
		func() { d.OpenLog("journal-1") },
		func() { appendTexts(d, "journal-1", "new"); d.SyncLog("journal-1", 4) },
		func() { d.WriteFile("snapshot-a", []byte("again")) },
		func() { d.SealFile("snapshot-a") },
		func() { appendTexts(d, "journal-2", "never synced", "nor this"); d.SyncLog("journal-1", 5) },
	}
	for _, step := range steps {
		step()
		if err := answerError(<-d.answers); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return r.moments
}

func appendTexts(d actors.Disk, log string, texts ...string) {
	for _, text := range texts {
		d.AppendLog(log, []byte(text))
	}
}

func answerError(m actors.Message) error {
	switch m := m.(type) {
	case actors.LogOpened:
		return m.Err
	case actors.LogSynced:
		return m.Err
	case actors.LogRemoved:
		return m.Err
	case actors.FileWritten:
		return m.Err
	case actors.FileSealed:
		return m.Err
	case actors.FileRemoved:
		return m.Err
	}
	return fmt.Errorf("answered %T", m)
}

// recordRecovery opens what a crash left in dir, and goes on from there.
func recordRecovery(dir string, p *promises) ([]moment, error) {
	r := newDiary(dir)
	s, err := r.start(smallSegment)
	if err != nil {
		return nil, err
	}
	d := r.disk(s)
	var errs []error
	for _, name := range s.registry.names() {
		d.OpenLog(name)
		errs = append(errs, answerError(<-d.answers))
		d.AppendLog(name, []byte("after recovery"))
		d.SyncLog(name, 9)
		errs = append(errs, answerError(<-d.answers))
	}
	errs = append(errs, s.Close())
	return r.moments, errors.Join(errs...)
}

// crashEverywhere calls check after each of the changes to a data directory, which began
// as start, with what was promised so far. It stops at the first error.
func crashEverywhere(
	t *testing.T, changes []moment, p *promises, start *tree, check func(at int, image *tree, p *promises) error,
) error {
	t.Helper()
	image := start
	if image == nil {
		image = newTree()
	}
	for at, c := range changes {
		if c.talk != nil {
			p.hear(c.talk)
		} else {
			image.apply(c.change)
		}
		if err := check(at, image, p); err != nil {
			return fmt.Errorf("after change %d of %d, %v: %w", at, len(changes), c, err)
		}
	}
	return nil
}

// survive opens what a crash leaves and describes how a promise was broken.
func survive(t *testing.T, image *tree, f fate, p *promises) error {
	t.Helper()
	dir := fastDirectory(t)
	defer os.RemoveAll(dir)
	leave(t, image, dir, f)
	s, err := Open(dir, us)
	if err != nil {
		return fmt.Errorf("%T: %w", f, err)
	}
	s.segmentBytes = smallSegment
	c := newClient(t, s)
	if err := errors.Join(p.checkLogs(c), p.checkFiles(c), s.Close()); err != nil {
		return fmt.Errorf("%T: %w", f, err)
	}
	return nil
}

// leave puts what a crash leaves into a directory.
func leave(t *testing.T, image *tree, dir string, f fate) {
	t.Helper()
	if err := image.crash(f).store(dir); err != nil {
		t.Fatal(err)
	}
}

// readTree reads a directory, all of which is durable.
func readTree(t *testing.T, path string) *tree {
	t.Helper()
	files, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	d := newTree()
	for _, file := range files {
		below := path + "/" + file.Name()
		if file.IsDir() {
			d.durable[file.Name()] = readTree(t, below)
		} else {
			content := read(t, below)
			d.durable[file.Name()] = &blob{content: content, synced: content}
		}
	}
	d.names = d.durable
	return d
}
