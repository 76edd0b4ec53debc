package journal

import "github.com/understudy-kv/understudy/raft"

// salvage folds in a record of a log from which others are missing: whatever still
// makes sense without them. All groups are damaged then, which says that they may
// have promised more. An error is about a record that no journal wrote.
func (r *Replay) salvage(record []byte) error {
	_, err := decode(record, func(c change) error {
		switch {
		case c.Removed != nil:
			r.salvageTombstone(c)
			return nil
		case c.Lost:
			delete(r.groups, c.Group)
		}
		r.group(c.Group).salvage(c)
		return nil
	})
	return err
}

// salvageTombstone takes a removal. What was lost may have followed it: the replica may
// have come back and voted.
func (r *Replay) salvageTombstone(c change) {
	t := *c.Removed
	t.Damaged = true
	if g := r.groups[c.Group]; g.lives() {
		t.Vote = newest(g.state.Vote, t.Vote)
	}
	c.Removed = &t
	r.put(c.Group, newTombstone(c))
}

func (g *group) salvage(c change) {
	g.state.Damaged = true
	g.state.Floor = c.Save.Floor
	g.state.Vote = newest(g.state.Vote, c.Save.Vote)
	if s := c.Save.Snapshot; s.Index > g.state.Snapshot.Index {
		g.compact(s)
	}
	g.merge(c.Before, c.Save.Entries)
}

// merge takes those of a run of entries that continue this log, where before is the
// term of the entry before the run. Two logs of a group that hold the same index
// with the same term are equal up to there (log matching, §5.3): this tells whether
// the run belongs here, though what lay between is lost, and keeps what is known
// beyond its end.
func (g *group) merge(before raft.Term, entries []raft.Entry) {
	for i, e := range entries {
		known := e.Index <= g.state.Snapshot.Index || g.holds(e.Index, e.Term)
		if !known {
			if g.holds(e.Index-1, before) {
				g.replace(entries[i:])
			}
			return
		}
		before = e.Term
	}
}

// newest returns the vote that was given later.
func newest(a, b raft.Vote) raft.Vote {
	if b.Term > a.Term || b.Term == a.Term && a.For == raft.None {
		return b
	}
	return a
}
