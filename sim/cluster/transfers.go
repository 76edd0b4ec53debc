package cluster

import (
	"fmt"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
)

// carried tells the oracles of a question or an answer about a piece of a snapshot that
// was sent or came.
func (o *watch) carried(e *sim.Event) {
	from, to := check.Node(e.From.Node), check.Node(e.To.Node)
	switch m := e.Message.(type) {
	case snapshot.AskPiece:
		o.carriedQuestion(e.Kind, to, from, m)
	case snapshot.Piece:
		o.carriedAnswer(e.Kind, from, to, m)
	}
}

// carriedQuestion is told of a question of by to sender.
func (o *watch) carriedQuestion(kind sim.Kind, sender, by check.Node, m snapshot.AskPiece) {
	file := fileOf(m.Group, m.Index, m.Term)
	switch {
	case kind == sim.Sent && m.Done:
		o.transfers.Content(sender, by, file)
	case kind == sim.Sent:
		o.transfers.Asked(sender, by, file)
	case m.Done:
		o.transfers.Heard(sender, by, file)
	}
}

// carriedAnswer is told of an answer of sender to by.
func (o *watch) carriedAnswer(kind sim.Kind, sender, by check.Node, m snapshot.Piece) {
	file := fileOf(m.Group, m.Index, m.Term)
	switch {
	case kind == sim.Delivered:
		o.transfers.Came(sender, by, file)
	case m.Answer == snapshot.Given:
		o.transfers.Gave(sender, by, file)
	case m.Answer == snapshot.Gone:
		o.transfers.Denied(sender, by, file)
	}
}

// fileOf is the name of the file of a snapshot.
func fileOf(g journal.GroupID, i raft.Index, t raft.Term) string {
	return fmt.Sprintf("snapshot-%d-%d-%d", g, i, t)
}
