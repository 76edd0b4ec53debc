package node

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
)

// pulseName is what the pulse of a node is called.
const pulseName = "pulse"

// A pulse exchanges Beats with the pulses of all other members. It finds out who
// lives, which its owner is told in messages of type [peer.Contact], and makes sure
// that a disk is the one it seems to be, before its owner is told [admitted].
type pulse struct {
	owner    actors.Ref
	interval time.Duration // between two Beats
	silence  time.Duration // after which a member counts as silent

	births  births
	begun   bool   // to be heard and to hear
	unsaved []note // in the log and not known to be durable, in order
	saves   uint64 // how many notes were written
	life    uint64 // of this process
	beats   uint64 // how many were sent
	members []member
	looked  time.Duration // when it last looked who is silent
}

// admitted tells the owner of a pulse, once, that replicas may be started here.
type admitted struct{}

// lookAround comes every interval.
type lookAround struct{}

// newPulse returns a pulse that begins when it is started. Others are the members
// of the cluster besides this node.
func newPulse(owner actors.Ref, others []actors.NodeID, interval, silence time.Duration) *pulse {
	p := &pulse{owner: owner, interval: interval, silence: silence}
	for _, id := range others {
		p.members = append(p.members, member{id: id, hearing: Hearing{Node: id}})
	}
	return p
}

// Receive handles one message.
func (p *pulse) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		p.life = nonzero(ctx)
		ctx.Disk().OpenLog(birthsLog)
	case actors.LogOpened:
		p.open(ctx, m)
	case actors.LogsListed:
		p.listed(ctx, m)
	case actors.LogSynced:
		p.noted(ctx, m)
	case Beat:
		p.hear(ctx, from, m)
	case lookAround:
		p.lookAround(ctx)
	case hearingsRequest:
		ctx.Send(from, p.hearings())
	}
}

func nonzero(ctx actors.Context) uint64 { return max(ctx.Rand(), 1) }

// open recalls the births, and gives an empty disk one.
func (p *pulse) open(ctx actors.Context, m actors.LogOpened) {
	err := m.Err
	switch {
	case err == nil:
		p.births, err = recall(ctx.Self().Node, m.Records)
	case errors.Is(err, actors.ErrCorrupt):
		err = p.salvage(ctx, m)
	}
	switch {
	case err != nil:
		ctx.Halt(fmt.Errorf("node %v: open log %s: %w", ctx.Self().Node, birthsLog, err))
	case p.births.own == 0:
		p.note(ctx, note{Node: ctx.Self().Node, Birth: birth(nonzero(ctx))})
	case p.births.lossy && !p.births.admitted:
		ctx.Disk().ListLogs()
	default:
		p.begin(ctx)
	}
}

// listed looks for what shows that this node was admitted, though it may have lost the
// note that says so: only after that does a node begin a journal.
func (p *pulse) listed(ctx actors.Context, m actors.LogsListed) {
	if m.Err != nil {
		ctx.Halt(fmt.Errorf("node %v: list logs: %w", ctx.Self().Node, m.Err))
		return
	}
	p.births.admitted = journal.Exists(m.Logs)
	p.begin(ctx)
}

// salvage recalls what is left of a damaged log, if that is enough to know whose disk
// this is.
func (p *pulse) salvage(ctx actors.Context, m actors.LogOpened) error {
	var err error
	if p.births, err = salvage(ctx.Self().Node, m.Records); err != nil {
		return fmt.Errorf("%w; %w", m.Err, err)
	}
	ctx.Log().Error("the log of births is damaged: this node goes on with what is left, and is no witness for members "+
		"that it has forgotten or never met", "log", birthsLog, "known", len(p.births.met), "error", m.Err)
	return nil
}

// note writes down what is believed once it is durable.
func (p *pulse) note(ctx actors.Context, n note) {
	ctx.Disk().AppendLog(birthsLog, n.appendTo(nil))
	p.saves++
	ctx.Disk().SyncLog(birthsLog, p.saves)
	p.unsaved = append(p.unsaved, n)
}

// noted acts upon the oldest note that was not durable and is now.
func (p *pulse) noted(ctx actors.Context, m actors.LogSynced) {
	self := ctx.Self().Node
	if m.Err != nil {
		ctx.Halt(fmt.Errorf("node %v: sync log %s: %w", self, birthsLog, m.Err))
		return
	}
	n := p.unsaved[0]
	p.unsaved = p.unsaved[1:]
	err := p.births.learn(self, n)
	assert(err == nil, "node %v: %v", self, err)
	switch {
	case n.Admitted:
		ctx.Send(p.owner, admitted{})
	case n.Node == self:
		p.begin(ctx)
	default:
		p.beat(ctx, n.Node)
		p.seekAdmission(ctx)
	}
}

// begin makes the node heard, now that it cannot forget who it is.
func (p *pulse) begin(ctx actors.Context) {
	p.begun = true
	if p.births.admitted {
		ctx.Send(p.owner, admitted{})
	} else {
		ctx.Log().Info("the disk of this node is blank: it takes part once enough other members have noted that",
			"birth", fmt.Sprintf("%016x", uint64(p.births.own)))
		p.seekAdmission(ctx)
	}
	p.lookAround(ctx)
}

// lookAround sends the Beats that are due and finds out who is silent. A pulse that
// was held up itself blames nobody.
func (p *pulse) lookAround(ctx actors.Context) {
	now := ctx.Now()
	late := now-p.looked > p.silence/2
	if late && p.looked > 0 {
		ctx.Mark(markPulseLate)
	}
	p.looked = now
	for i := range p.members {
		m := &p.members[i]
		if late {
			m.heard = now
		}
		if !m.hearing.Silent && now-m.heard >= p.silence {
			ctx.Mark(markMemberSilent)
			m.hearing.Silent = true
			ctx.Send(p.owner, peer.Contact{Node: m.id, Silent: true})
		}
		p.beat(ctx, m.id)
	}
	ctx.After(p.interval, lookAround{})
}

func (p *pulse) beat(ctx actors.Context, to actors.NodeID) {
	known := p.births.met[to]
	p.beats++
	ctx.Send(actors.Ref{Node: to, Name: pulseName}, Beat{
		Birth:  uint64(p.births.own),
		Life:   p.life,
		Knows:  uint64(known.birth),
		Blank:  known.blank,
		Number: p.beats,
	})
}

// hear takes a Beat of a member. Until it knows who it is, durably, a node knows nobody.
func (p *pulse) hear(ctx actors.Context, from actors.Ref, b Beat) {
	m := p.member(from.Node)
	if m == nil || from.Name != pulseName || !p.begun {
		return
	}
	if b.Knows != 0 && birth(b.Knows) != p.births.own {
		ctx.Halt(impostor(ctx.Self().Node, m.id, birth(b.Knows), p.births.own))
		return
	}
	if b.Knows != 0 {
		m.vouched, m.blank = birth(b.Birth), b.Blank
	}
	switch known := p.births.met[m.id].birth; {
	case known == 0 && !p.births.lossy:
		p.meet(ctx, m.id, birth(b.Birth))
	case known == 0 || known == birth(b.Birth):
		p.contact(ctx, m, b)
		p.seekAdmission(ctx)
	default:
		p.refuse(ctx, m, birth(b.Birth))
	}
}

// impostor is why a node stops that another knows by another disk.
func impostor(self, other actors.NodeID, remembered, own birth) error {
	return fmt.Errorf("node %v: node %v remembers another disk of this node: its birth was %016x, that of this one "+
		"is %016x. A node whose disk is empty or another one has forgotten what it promised, and never returns under "+
		"its old number. Start it with the data directory it had, or leave it stopped: docs/operations.md says what "+
		"to do", self, other, uint64(remembered), uint64(own))
}

func (p *pulse) member(id actors.NodeID) *member {
	i := slices.IndexFunc(p.members, func(m member) bool { return m.id == id })
	if i < 0 {
		return nil
	}
	return &p.members[i]
}

// meet notes somebody who was never met, and answers once that is durable.
func (p *pulse) meet(ctx actors.Context, id actors.NodeID, b birth) {
	if !p.noting(id) {
		p.note(ctx, note{Node: id, Birth: b, Blank: !p.births.admitted})
	}
}

func (p *pulse) noting(id actors.NodeID) bool {
	return slices.ContainsFunc(p.unsaved, func(n note) bool { return n.Node == id })
}

// refuse answers a node that comes back with another disk, so that it stops. For
// this node it is as silent as if it were down.
func (p *pulse) refuse(ctx actors.Context, m *member, b birth) {
	p.beat(ctx, m.id)
	if m.refused == b {
		return
	}
	m.refused = b
	ctx.Log().Error("a node came back with another disk and is refused: stop it, and start it with the data "+
		"directory it had, or not at all", "node", m.id, "birth", fmt.Sprintf("%016x", uint64(b)),
		"remembered", fmt.Sprintf("%016x", uint64(p.births.met[m.id].birth)))
}

// seekAdmission ends the blank time of a node when enough others have noted its
// birth, and it theirs. More than half of the others always are enough: if this
// disk came in the place of another that had been admitted, one of them would have
// remembered that. Half of the others are enough if they were all blank when they
// met this node: then a majority of the members is blank, and the cluster is new.
func (p *pulse) seekAdmission(ctx actors.Context) {
	self := ctx.Self().Node
	if p.births.admitted || p.noting(self) {
		return
	}
	noted, blank := 0, 0
	for _, m := range p.members {
		if known := p.births.met[m.id].birth; known == 0 || known != m.vouched {
			continue
		}
		noted++
		if m.blank {
			blank++
		}
	}
	switch others := len(p.members); {
	case 2*noted <= others && 2*blank < others:
	case p.births.lossy: // the journal, which begins now, will show it
		p.births.admitted = true
		ctx.Send(p.owner, admitted{})
	default:
		p.note(ctx, note{Node: self, Birth: p.births.own, Admitted: true})
	}
}

// assert panics unless ok: to go on would be to believe what is not so.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("node: " + fmt.Sprintf(format, args...))
	}
}
