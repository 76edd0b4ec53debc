package raft

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/raft/field"
)

// A replica that is not in its group any more is told so by the log, or by whoever it
// asks when it has waited for a leader in vain. A committed configuration that does not
// name it is proof: those it names hold all that was decided up to there and decide
// without this replica from then on. So it leaves, for good, and with it everything it
// held, but for a [Tombstone].
//
// The proof may be out of date: the replica may be on its way back into the group. That
// does not matter, because somebody who is coming back counts for nothing before it has
// acknowledged the entry that names it, which nobody can have done who does not hold
// that entry. Whoever left then is called back as anybody is who is added again.

// A Floor is the last entry that a replica which came back may have forgotten: what it
// promised by holding it is kept by not voting before its log has come as far again.
// The zero Floor is below every log.
type Floor struct {
	Index Index
	Term  Term
}

// Under reports whether a log whose last entry is this one has come as far as f: it is
// of a later term, or no earlier in the same. As f was committed, such a log holds it.
func (f Floor) Under(last Index, term Term) bool {
	return term > f.Term || term == f.Term && last >= f.Index
}

// A Tombstone is what stays of a replica that was removed from its group: what it
// promised, lest it break that should it be added again, and the proof that it was
// removed, for others who do not know the group any better.
type Tombstone struct {
	Vote Vote
	// Floor is the last entry that was known to be committed, there or elsewhere.
	Floor Floor
	// Configuration is the one in force at the Floor. It does not name the replica.
	Configuration Configuration
	// Damaged says that the replica had lost something, perhaps a later Vote.
	Damaged bool
}

// Recall returns what the replica id begins with if m, an answer to what
// [Tombstone.Answer] asked, proves that it is a member again: a configuration that was
// committed later names it. Older proofs that it was removed are void from then on.
func (t Tombstone) Recall(id ID, m Message) (State, bool) {
	c, err := DecodeConfiguration(m.Data)
	f := Floor{m.Commit, m.LogTerm}
	if m.Kind != TellTerm && m.Kind != TellDamage || err != nil || !c.Has(id) ||
		!f.sensible() || f.Index <= t.Floor.Index || f.Term < t.Floor.Term {
		return State{}, false
	}
	return State{Vote: t.Vote, Floor: f, Damaged: t.Damaged}, true
}

// Answer returns what is said to m in the name of the replica id: to a leader, who may
// have added it again, a question; and to whoever asks, the proof. Of what a leader says
// only the heartbeats are answered, which come at a pace of their own.
func (t Tombstone) Answer(id ID, m Message) (Message, bool) {
	answer := Message{From: id, To: m.From, Term: max(t.Vote.Term, t.Floor.Term), Round: m.Round}
	switch m.Kind {
	case Heartbeat, Rest:
		answer.Kind, answer.Round = AskTerm, 0
	case AskTerm:
		answer.Kind, answer.Commit, answer.LogTerm = TellDamage, t.Floor.Index, t.Floor.Term
		answer.Data = t.Configuration.AppendTo(nil)
	default:
		return Message{}, false
	}
	return answer, true
}

// AppendTo appends the encoding of t to b: a protobuf message with the fields vote,
// index and term of the floor, configuration and damaged, numbered from 1.
func (t Tombstone) AppendTo(b []byte) []byte {
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendBytes(b, t.Vote.AppendTo(nil))
	b = field.AppendNumber(b, 2, uint64(t.Floor.Index))
	b = field.AppendNumber(b, 3, uint64(t.Floor.Term))
	b = protowire.AppendTag(b, 4, protowire.BytesType)
	b = protowire.AppendBytes(b, t.Configuration.AppendTo(nil))
	return field.AppendBool(b, 5, t.Damaged)
}

// DecodeTombstone is the inverse of [Tombstone.AppendTo].
func DecodeTombstone(b []byte) (Tombstone, error) {
	var t Tombstone
	d := field.Read(b)
	for d.Next() {
		var err error
		switch d.Number {
		case 1:
			t.Vote, err = DecodeVote(d.Bytes())
		case 2:
			t.Floor.Index = Index(d.Uint())
		case 3:
			t.Floor.Term = Term(d.Uint())
		case 4:
			t.Configuration, err = DecodeConfiguration(d.Bytes())
		case 5:
			t.Damaged = d.Bool()
		}
		d.Check(err == nil)
	}
	d.Check(len(t.Configuration.Voters) > 0 && t.Floor.sensible())
	if err := d.Err("raft tombstone"); err != nil {
		return Tombstone{}, err
	}
	return t, nil
}

// sensible reports whether an entry can stand there.
func (f Floor) sensible() bool {
	return f.Index >= 1 && f.Index <= maxIndex && f.Term >= 1 && f.Term <= maxTerm
}

// risen reports whether the log holds all that this replica ever held of what was
// committed.
func (r *Replica) risen() bool { return r.floor.Under(r.log.last(), r.log.term(r.log.last())) }

// leave ends this replica if its own log proves that it was removed: it was a member,
// and is none in a configuration that is committed and the last it knows. A leader has
// to find a successor first.
func (r *Replica) leave() {
	c := r.configuration()
	if c.Has(r.config.ID) {
		r.belonged = r.belonged || r.risen()
		return
	}
	_, leading := r.role.(*leader)
	known := r.commit > r.floor.Index && r.commit >= r.members.since()
	if r.belonged && !leading && known && len(c.Voters) > 0 {
		r.bury(Floor{r.commit, r.log.term(r.commit)}, c)
	}
}

// bury tells the caller to let this replica go.
func (r *Replica) bury(f Floor, c Configuration) {
	r.out.Removed = &Tombstone{Vote: r.vote, Floor: f, Configuration: c, Damaged: r.damaged()}
}

// wonder asks all who may know whether this replica is still a member, and reports
// whether there is anybody to ask. It is called after a wait in vain for a leader.
func (r *Replica) wonder() bool {
	if r.question == 0 {
		r.question = 1 + uint64(r.rand(maxQuestion))
	}
	known := without(union(r.recentMembers(), []ID{r.sponsor}), []ID{None, r.config.ID})
	if len(known) == 0 && r.vote.Term > 0 { // else nobody has spoken to it yet
		known = r.config.Founders
	}
	for _, id := range known {
		r.say(Message{Kind: AskTerm, To: id, Round: r.question})
	}
	return len(known) > 0
}

const maxQuestion = 1<<31 - 1

// told takes the proof out of an answer, if it is one: a committed configuration which
// does not name this replica, when nothing later that it knows names it.
func (r *Replica) told(m Message) {
	_, leading := r.role.(*leader)
	asked := m.Round != 0 && (m.Round == r.question || m.Round == r.damage.round)
	f := Floor{m.Commit, m.LogTerm}
	if leading || !asked || !f.sensible() || f.Index < r.commit || f.Index <= r.floor.Index {
		return
	}
	c, err := DecodeConfiguration(m.Data)
	if err != nil || c.Has(r.config.ID) || r.namedAfter(f.Index) {
		return
	}
	r.bury(f, c)
}

// namedAfter reports whether an entry after i makes this replica a member.
func (r *Replica) namedAfter(i Index) bool {
	return slices.ContainsFunc(r.members.steps, func(s milestone) bool {
		return s.index > i && s.configuration.Has(r.config.ID)
	})
}
