package disk

import (
	"fmt"
	"maps"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

// Promises are what the owners of logs and files were told, and what they asked for
// without having been told yet.
type promises struct {
	logs  map[string]logPromise
	files map[string]filePromise
}

type logPromise struct {
	appended []string
	asked    int  // a sync of so many of them was asked for
	synced   int  // and so many are synced
	given    bool // the log was opened
	doomed   bool // its removal was asked for
	removed  bool
}

type filePromise struct {
	pieces  []string
	sealing bool // asked for
	sealed  bool
	doomed  bool // its removal was asked for
}

func newPromises() *promises {
	return &promises{logs: map[string]logPromise{}, files: map[string]filePromise{}}
}

func (p *promises) clone() *promises {
	return &promises{logs: maps.Clone(p.logs), files: maps.Clone(p.files)}
}

// hear takes notice of what was asked or answered.
func (p *promises) hear(talk any) {
	switch m := talk.(type) {
	case askedAppend:
		l := p.logs[m.log]
		l.appended = append(slices.Clone(l.appended), string(m.record))
		p.logs[m.log] = l
	case askedOpen:
		l := p.logs[m.log]
		l.removed = false // it may exist again
		p.logs[m.log] = l
	case askedSync:
		l := p.logs[m.log]
		l.asked = len(l.appended)
		p.logs[m.log] = l
	case askedRemoveLog:
		l := p.logs[m.log]
		l.doomed = true
		p.logs[m.log] = l
	case actors.LogOpened: // what it gave is there to stay, and what it did not is not
		p.logs[m.Log] = logPromise{appended: texts(m.Records), synced: len(m.Records), given: true}
	case actors.LogSynced:
		l := p.logs[m.Log]
		l.synced = l.asked
		p.logs[m.Log] = l
	case actors.LogRemoved:
		p.logs[m.Log] = logPromise{removed: true}
	default:
		p.hearOfFile(talk)
	}
}

func (p *promises) hearOfFile(talk any) {
	switch m := talk.(type) {
	case askedWrite:
		f := p.files[m.file]
		f.pieces = append(slices.Clone(f.pieces), string(m.piece))
		p.files[m.file] = f
	case askedSeal:
		f := p.files[m.file]
		f.sealing = true
		p.files[m.file] = f
	case actors.FileSealed:
		f := p.files[m.File]
		f.sealed = true
		p.files[m.File] = f
	case askedRemoveFile:
		f := p.files[m.file]
		f.doomed = true
		p.files[m.file] = f
	case actors.FileRemoved:
		p.files[m.File] = filePromise{}
	}
}

// checkLogs describes how what c finds is not what was promised about logs.
func (p *promises) checkLogs(c *client) error {
	listed := c.listLogs()
	for _, name := range []string{"journal-1", "journal-2"} {
		l := p.logs[name]
		switch is := slices.Contains(listed, name); {
		case !is && l.given && !l.doomed:
			return fmt.Errorf("log %s is gone", name)
		case is && l.removed:
			return fmt.Errorf("log %s is back", name)
		case !is:
			l = logPromise{}
		}
		if err := l.check(c, name); err != nil {
			return err
		}
	}
	return nil
}

func (l logPromise) check(c *client, name string) error {
	c.disk.OpenLog(name)
	opened := c.answer().(actors.LogOpened)
	if opened.Err != nil {
		return opened.Err
	}
	got := texts(opened.Records)
	if len(got) < l.synced || len(got) > len(l.appended) || !slices.Equal(got, l.appended[:len(got)]) {
		return fmt.Errorf("log %s holds %q, want a beginning of %q, the first %d at least", name, got, l.appended, l.synced)
	}
	return nil
}

// checkFiles describes how what c finds is not what was promised about files.
func (p *promises) checkFiles(c *client) error {
	listed := c.listFiles()
	for _, name := range []string{"snapshot-a", "snapshot-b"} {
		f := p.files[name]
		is := slices.Contains(listed, name)
		switch {
		case !is && f.sealed && !f.doomed:
			return fmt.Errorf("file %s is gone", name)
		case is && !f.sealing:
			return fmt.Errorf("file %s is there", name)
		}
		for i, want := range f.pieces {
			got := c.read(name, i)
			if is && (got.Err != nil || string(got.Data) != want || got.Pieces != len(f.pieces)) {
				return fmt.Errorf("piece %d of file %s is %q of %d, %v; want %q", i, name, got.Data, got.Pieces, got.Err, want)
			}
		}
	}
	return nil
}
