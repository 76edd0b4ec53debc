package peer

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// A Checksum is what the state of a voter had for a hash after an entry. It tells all
// members of its group, and each compares it with its own, so that a replica that has
// gone astray is found while the others can still tell.
type Checksum struct {
	Index raft.Index
	Hash  uint64
}

// Checksums are taken whenever the index is a multiple of checkEvery; so many are
// kept, of this replica and of each voter.
const (
	checkEvery = 256
	keptChecks = 16
)

// A checklist holds checksums of one replica, the newest last.
type checklist []Checksum

func (l *checklist) add(c Checksum) {
	if len(*l) == keptChecks {
		*l = slices.Delete(*l, 0, 1)
	}
	*l = append(*l, c)
}

// at returns the hash for an index, if it is known.
func (l checklist) at(i raft.Index) (hash uint64, known bool) {
	for _, c := range l {
		if c.Index == i {
			return c.Hash, true
		}
	}
	return 0, false
}

// A witness is another voter, and what it has told: also of entries that this replica
// lacks.
type witness struct {
	id   raft.ID
	told checklist
}

// checks is what is known of the state of this replica, and of others.
type checks struct {
	own       checklist
	witnesses []witness
	dissents  uint64 // times that another state was found to be different
}

// note remembers what a voter tells, which after a restart may be something else than
// before. It reports whether that is new.
func (k *checks) note(id raft.ID, c Checksum) bool {
	i := slices.IndexFunc(k.witnesses, func(w witness) bool { return w.id == id })
	if i < 0 {
		i = len(k.witnesses)
		k.witnesses = append(k.witnesses, witness{id: id})
	}
	told := &k.witnesses[i].told
	if hash, known := told.at(c.Index); known && hash == c.Hash {
		return false
	}
	*told = slices.DeleteFunc(*told, func(old Checksum) bool { return old.Index == c.Index })
	told.add(c)
	return true
}

// retain forgets whoever does not vote any more.
func (k *checks) retain(voters []raft.ID) {
	k.witnesses = slices.DeleteFunc(k.witnesses, func(w witness) bool { return !slices.Contains(voters, w.id) })
}

// check takes a checksum of the state after the entry i, if it is time to, and tells
// the others. By now all should have told theirs of the one before.
func (p *Peer) check(ctx actors.Context, i raft.Index) {
	if i%checkEvery != 0 {
		return
	}
	own := Checksum{i, p.machine.Summary().Hash}
	p.checks.own.add(own)
	p.tellChecksum(ctx, own)
	p.compare(ctx, i-checkEvery, true)
	if p.running() {
		p.compare(ctx, i, false)
	}
}

func (p *Peer) tellChecksum(ctx actors.Context, own Checksum) {
	members := &p.belief.Configuration
	if !slices.Contains(members.Voters, p.config.Raft.ID) {
		return
	}
	for _, id := range members.Members() {
		if id != p.config.Raft.ID {
			ctx.Send(p.peer(ctx, id), own)
		}
	}
}

// checksum is told what the state of another voter is. Who votes may not be known here
// yet, or not any more; then nothing is compared.
func (p *Peer) checksum(ctx actors.Context, from actors.Ref, c Checksum) {
	id := raft.ID(from.Node)
	if from != p.peer(ctx, id) || from == ctx.Self() || from.Node.IsClient() || c.Index%checkEvery != 0 {
		p.ignore(ctx, from, c)
		return
	}
	voters := p.belief.Configuration.Voters
	if slices.Contains(voters, id) && p.checks.note(id, c) {
		p.compare(ctx, c.Index, false)
	}
}

// compare looks at what is known about the states after entry i, and stops this
// replica if it has gone astray. A majority of the voters is right, even against their
// leader. Where there is none, and none is to come because all have spoken or the time
// is over, whoever contradicts the leader gives way: a leader without a majority
// shows nothing.
func (p *Peer) compare(ctx actors.Context, i raft.Index, over bool) {
	own, known := p.checks.own.at(i)
	if !known {
		return
	}
	p.checks.retain(p.belief.Configuration.Voters)
	t := p.tally(i, own)
	if len(t.dissenters) == 0 {
		return
	}
	p.reportDissent(ctx, i, t)
	switch {
	case 2*t.agree > t.voters:
	case 2*t.against > t.voters,
		(over || t.silent == 0) && slices.Contains(t.dissenters, p.belief.Leader):
		p.stop(ctx, fmt.Sprintf("its state after entry %d has the hash %016x; that of replicas %v is another: "+
			"the replicas of this group have diverged", i, own, t.dissenters))
	}
}

// reportDissent says that states differ. It does not say so each time: a replica that
// has gone astray may go on to tell about it.
func (p *Peer) reportDissent(ctx actors.Context, i raft.Index, t tally) {
	p.checks.dissents++
	if bits.OnesCount64(p.checks.dissents) == 1 {
		ctx.Log().Error("replicas of a group have diverged", p.config.Label, "entry", i,
			"agree", t.agree, "dissent", t.dissenters, "times", p.checks.dissents)
	}
}

// A tally counts the voters by what they say of one state.
type tally struct {
	voters     int
	agree      int // with this replica, itself included if it votes
	against    int // most that agree on anything else
	silent     int
	dissenters []raft.ID // all that say anything else
}

func (p *Peer) tally(i raft.Index, own uint64) tally {
	voters := p.belief.Configuration.Voters
	t := tally{voters: len(voters), silent: len(voters)}
	if slices.Contains(voters, p.config.Raft.ID) {
		t.agree, t.silent = 1, t.silent-1
	}
	var others []uint64
	for _, w := range p.checks.witnesses {
		hash, known := w.told.at(i)
		switch {
		case !known:
			continue
		case hash == own:
			t.agree++
		default:
			others = append(others, hash)
			t.dissenters = append(t.dissenters, w.id)
		}
		t.silent--
	}
	t.against = mostEqual(others)
	return t
}

// mostEqual is how often the commonest of the numbers occurs.
func mostEqual(numbers []uint64) (most int) {
	slices.Sort(numbers)
	for i := range numbers {
		first, _ := slices.BinarySearch(numbers, numbers[i])
		most = max(most, i-first+1)
	}
	return most
}
