package cluster

import (
	"fmt"
	"strings"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/sim/check"
)

// A platter watches one disk, and tells the oracles what survives any crash from now
// on.
type platter struct {
	*watch
	node check.Node
	// past is what each generation of the journal holds that does not count yet.
	past map[string]*journal.Replay
	// kept are the files that were sealed and not removed by their owner; the harness may
	// have damaged them.
	kept map[string]bool
}

func newPlatter(w *watch, n check.Node) platter {
	return platter{w, n, map[string]*journal.Replay{}, map[string]bool{}}
}

// Durable tells the oracles of saves that became durable. They are in the generations
// of the journal; one that is not complete repeats an earlier one.
func (p platter) Durable(log string, first int, records [][]byte) {
	if !strings.HasPrefix(log, journal.Name+"-") {
		return
	}
	if first == 0 {
		p.past[log] = &journal.Replay{}
	}
	for _, record := range records {
		if err := p.fold(log, record); err != nil {
			p.violate(check.Recovery, "node %d wrote a record that cannot be read: %v", p.node, err)
		}
	}
}

// fold takes one record. With the one that completes a generation all that was in the
// one before it must be here.
func (p platter) fold(log string, record []byte) error {
	past := p.past[log]
	if past == nil {
		return p.save(record)
	}
	if err := past.Add(record); err != nil || !past.Complete() {
		return err
	}
	p.rewritten(past)
	delete(p.past, log)
	return nil
}

// rewritten tells what a generation holds of each group. Of one that is missing it holds
// nothing, which may only be if nothing was saved, or if the journal has lost something.
func (p platter) rewritten(past *journal.Replay) {
	states := map[check.Group]raft.State{}
	for _, s := range past.States() {
		if t := s.Tombstone; t != nil {
			s.State = raft.State{Vote: t.Vote, Floor: t.Floor, Damaged: t.Damaged}
		}
		states[check.Group(s.Group)] = s.State
	}
	for _, g := range p.consensus.Groups() {
		s, held := states[g]
		s.Damaged = s.Damaged || !held && past.Lossy()
		p.consensus.Rewritten(g, p.node, s)
	}
}

// save tells of the saves of one record.
func (p platter) save(record []byte) error {
	batch, err := journal.DecodeBatch(record)
	for _, a := range batch {
		if a.Tombstone != nil || a.Lost {
			p.protocol.Gone(check.Group(a.Group), p.node)
		}
		switch {
		case a.Tombstone != nil:
			p.consensus.Left(check.Group(a.Group), p.node, *a.Tombstone)
		case a.Lost:
			p.consensus.Lost(check.Group(a.Group), p.node, a.Save.Vote)
		default:
			p.named(a.Group, a.Save.Snapshot)
			p.consensus.Synced(check.Group(a.Group), p.node, a.Save)
		}
	}
	return err
}

// named tells whether a snapshot that is named by a durable save can be had.
func (p platter) named(g journal.GroupID, s raft.Snapshot) {
	if s.Index > 0 {
		p.consensus.Named(check.Group(g), p.node, s.Index, p.kept[fileOf(g, s.Index, s.Term)])
	}
}

// Sealed takes note of a file.
func (p platter) Sealed(file string) { p.kept[file] = true }

// Discarded tells the oracles of a snapshot that its owner removed.
func (p platter) Discarded(file string, reads int) {
	delete(p.kept, file)
	p.transfers.Removed(p.node, file, reads)
	var group, index, term uint64
	if _, err := fmt.Sscanf(file, "snapshot-%d-%d-%d", &group, &index, &term); err == nil {
		p.consensus.Discarded(check.Group(group), p.node, raft.Index(index))
	}
}

// Appended, Cut, Damaged and Removed complete [disk.Observer]: what is not durable
// promises nothing, what is damaged was promised, and what is removed was rewritten.
func (p platter) Appended(string, int, []byte) {}

// Cut is explained at Appended.
func (p platter) Cut(string, int) {}

// Damaged is explained at Appended.
func (p platter) Damaged(string) {}

// Removed is explained at Appended.
func (p platter) Removed(string) {}
