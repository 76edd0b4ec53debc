package actorstest

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// tinyDisk is the disk of a node as one actor sees it.
type tinyDisk struct{ owner *tinyActor }

func (d tinyDisk) log(name string) *tinyLog {
	logs := d.owner.node.logs
	if logs[name] == nil {
		logs[name] = &tinyLog{}
	}
	return logs[name]
}

func (d tinyDisk) OpenLog(log string) {
	l := d.log(log)
	if bend := d.owner.w.bent.disk; bend != nil {
		bend(l, "open")
	}
	opened := actors.LogOpened{Log: log}
	for i, r := range l.records {
		switch {
		case !d.bad(r):
			opened.Records = append(opened.Records, r)
		case i == 0 || !d.bad(l.records[i-1]):
			opened.Holes = append(opened.Holes, len(opened.Records))
		}
	}
	opened.Err = d.damage(l)
	d.answer(opened)
}

func (d tinyDisk) bad(content []byte) bool { return d.owner.node.bad[string(content)] }

func (d tinyDisk) damage(l *tinyLog) error {
	if slices.ContainsFunc(l.records, d.bad) {
		return actors.ErrCorrupt
	}
	return nil
}

func (d tinyDisk) AppendLog(log string, record []byte) {
	l := d.log(log)
	if d.damage(l) != nil {
		return
	}
	l.records = append(l.records, record)
	if bend := d.owner.w.bent.disk; bend != nil {
		bend(l, "append")
	}
}

func (d tinyDisk) SyncLog(log string, mark uint64) {
	l := d.log(log)
	l.synced = slices.Clone(l.records)
	d.answer(actors.LogSynced{Log: log, Mark: mark, Err: d.damage(l)})
}

func (d tinyDisk) ListLogs() {
	d.answer(actors.LogsListed{Logs: slices.Sorted(maps.Keys(d.owner.node.logs))})
}

func (d tinyDisk) RemoveLog(log string) {
	d.owner.w.store(d.owner.node, "remove log", log)
	d.answer(actors.LogRemoved{Log: log})
}

func (d tinyDisk) ListFiles() {
	d.answer(actors.FilesListed{Files: slices.Sorted(maps.Keys(d.owner.node.sealed))})
}

var errSealed = errors.New("file is sealed, or not being written")

func (d tinyDisk) WriteFile(file string, piece []byte) {
	n := d.owner.node
	if n.sealed[file] != nil && !d.owner.w.bent.unsealed {
		d.answer(actors.FileWritten{File: file, Err: errSealed})
		return
	}
	n.drafts[file] = append(n.drafts[file], piece)
	d.owner.w.store(d.owner.node, "write", file)
	d.answer(actors.FileWritten{File: file, Pieces: len(n.drafts[file])})
}

func (d tinyDisk) SealFile(file string) {
	n := d.owner.node
	if n.drafts[file] == nil {
		d.answer(actors.FileSealed{File: file, Err: errSealed})
		return
	}
	d.owner.w.store(d.owner.node, "seal", file)
	delete(n.drafts, file)
	d.answer(actors.FileSealed{File: file, Pieces: len(n.sealed[file])})
}

func (d tinyDisk) ReadFile(file string, piece int) {
	pieces := d.owner.node.sealed[file]
	answer := actors.FileRead{File: file, Piece: piece, Pieces: len(pieces)}
	switch {
	case pieces == nil:
		answer.Err = actors.ErrNoFile
	case piece >= len(pieces):
		answer.Err = errors.New("no such piece")
	case d.bad(pieces[piece]):
		answer.Err = actors.ErrCorrupt
	default:
		answer.Data = pieces[piece]
	}
	d.answer(answer)
}

func (d tinyDisk) RemoveFile(file string) {
	d.owner.w.store(d.owner.node, "remove file", file)
	d.answer(actors.FileRemoved{File: file})
}

// store does something to the disk of a node, or what a bent world does instead.
func (w *tiny) store(n *tinyNode, op, name string) {
	if w.bent.store != nil {
		w.bent.store(w, n, op, name)
	} else {
		work(n, op, name)
	}
}

// work is what the disk of a sound world does.
func work(n *tinyNode, op, name string) {
	switch op {
	case "remove log":
		delete(n.logs, name)
	case "seal":
		n.sealed[name] = n.drafts[name]
	case "remove file":
		delete(n.drafts, name)
		delete(n.sealed, name)
	case "crash":
		clear(n.drafts)
	case "damage":
		n.bad[name] = true
	}
}

func (w *tiny) Damage(node actors.NodeID, _ string, content []byte) {
	w.store(w.nodes[node], "damage", string(content))
}

func (d tinyDisk) answer(m actors.Message) {
	w := d.owner.w
	answers := []actors.Message{m}
	if w.bent.answer != nil {
		answers = w.bent.answer(w, answers)
	}
	for _, m := range answers {
		w.push(&packet{to: d.owner.ref, m: m, at: w.now + time.Millisecond, life: d.owner})
	}
}
