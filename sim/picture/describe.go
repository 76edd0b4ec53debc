package picture

import (
	"fmt"
	"strings"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
)

// describe prints a message in one line. What has no words of its own is named by its
// type: its fields may hold addresses, which differ from run to run.
func describe(m actors.Message) string {
	switch m := m.(type) {
	case nil:
		return ""
	case fmt.Stringer:
		return m.String()
	case peer.Led:
		return fmt.Sprintf("Led partition=%d leader=%d term=%d voters=%v", node.Partition(m.Group), m.Leader, m.Term, m.Voters)
	case journal.Append:
		return fmt.Sprintf("Append partition=%d %s", node.Partition(m.Group), describeSave(m.Save))
	case journal.Saved:
		return fmt.Sprintf("Saved partition=%d number=%d", node.Partition(m.Group), m.Number)
	case node.ClusterMap:
		return fmt.Sprintf("ClusterMap epoch=%d leaders=%v", m.Epoch, m.Leaders)
	}
	return fmt.Sprintf("%T", m)
}

// describeSave prints what a replica wants to remember.
func describeSave(s raft.Save) string {
	text := fmt.Sprintf("term=%d vote=%d", s.Vote.Term, s.Vote.For)
	if s.Snapshot.Index > 0 {
		text += fmt.Sprintf(" snapshot=%d@%d", s.Snapshot.Index, s.Snapshot.Term)
	}
	if n := len(s.Entries); n > 0 {
		text += fmt.Sprintf(" entries=%d..%d", s.Entries[0].Index, s.Entries[n-1].Index)
	}
	if s.Damaged {
		text += " damaged"
	}
	return text
}

// word names the kind of a message, for filters.
func word(m actors.Message) string {
	if r, ok := m.(raft.Message); ok {
		return r.Kind.String()
	}
	name := fmt.Sprintf("%T", m)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// appended prints a record as what it makes a replica remember, and tells the
// replicas.
func (r *Recorder) appended(e *sim.Event) string {
	text := fmt.Sprintf("%s %d bytes", e.Log, len(e.Record))
	if !strings.HasPrefix(e.Log, journal.Name+"-") {
		return text
	}
	batch, err := journal.DecodeBatch(e.Record)
	if err != nil {
		return text
	}
	for _, a := range batch {
		r.replicas.saved(e, uint64(a.Group), a.Save)
		text += fmt.Sprintf("; partition=%d %s", node.Partition(a.Group), describeSave(a.Save))
	}
	return text
}
