package raft

import "time"

// A round is one heartbeat to every follower. Whoever answers it had not heard of
// a later term when it was sent; if a majority did, then this leader was the leader
// at that moment.
type round struct {
	number uint64
	sent   time.Duration
	// count reads ride on the round; their answer must show what index shows.
	count int
	index Index
}

// A confirmed read waits for the state to reach index.
type confirmed struct {
	number uint64
	index  Index
}

// The reads of a leader gather while a round is under way, ride on the next one
// (§6.4 of the dissertation), and are served when the state is new enough. They are
// as many as the caller starts: they all end within an election timeout of the last
// contact with a majority.
type reads struct {
	gathered  []uint64
	riding    []uint64 // on rounds, in their order
	rounds    []round  // not answered by a majority yet
	number    uint64   // of the newest round
	confirmed []confirmed
	// lease is until when no other leader can have been elected.
	lease time.Duration
}

// read starts linearizable reads.
func (r *Replica) read(numbers []uint64) {
	l, leading := r.role.(*leader)
	switch {
	case len(numbers) == 0:
	case !leading:
		r.out.Refused = append(r.out.Refused, numbers...)
	case r.leased(l):
		l.reads.confirm(numbers, r.readable(l))
	default:
		l.reads.gathered = append(l.reads.gathered, numbers...)
	}
	r.noteIf(leading && len(numbers) > 0 && r.commit < l.barrier, readWaitsForBarrier)
}

// leased reports whether no other leader can have been elected yet.
func (r *Replica) leased(l *leader) bool {
	if !r.config.Leases {
		return false
	}
	lasts := r.now < l.reads.lease
	r.noteIf(lasts && l.forfeited, leaseForfeited)
	r.noteIf(!lasts && l.reads.lease > 0, leaseExpired)
	return lasts && !l.forfeited
}

// readable is the index that a read which starts now must see. Before its barrier
// is committed a leader does not know which entries of its predecessors are (§8).
func (r *Replica) readable(l *leader) Index { return max(r.commit, l.barrier) }

// ask starts a round for gathered reads unless one is under way, and confirms what
// a majority has answered, which in a group of one is everything.
func (r *Replica) ask(l *leader) {
	if len(l.reads.rounds) > 0 {
		r.confirmRounds(l)
	}
	if len(l.reads.gathered) > 0 && len(l.reads.rounds) == 0 {
		r.beginRound(l)
		r.confirmRounds(l)
	}
}

// beat starts a round because it is time to.
func (r *Replica) beat(l *leader) {
	l.beat = r.now + r.config.Heartbeat
	r.beginRound(l)
}

// beginRound sends a heartbeat to every follower.
func (r *Replica) beginRound(l *leader) {
	number := l.reads.begin(r.now, r.readable(l))
	for i := range l.followers {
		p := &l.followers[i]
		p.assurance.ask(number, r.now)
		held := r.log.position(p.match) // zero if it is compacted
		r.say(Message{
			Kind:    Heartbeat,
			To:      p.id,
			Index:   held.Index,
			LogTerm: held.Term,
			Commit:  r.commit,
			Round:   number,
		})
	}
}

// receiveHeartbeat answers at once, without waiting for entries to be durable.
func (r *Replica) receiveHeartbeat(m Message) {
	f := r.hear(m)
	if f == nil {
		return
	}
	if r.log.matches(m.Index, m.LogTerm) {
		r.prove(f, m.Index, m.Commit)
	}
	r.say(Message{Kind: AcceptHeartbeat, To: m.From, Round: m.Round, Abstains: !r.whole()})
}

func (r *Replica) receiveAcceptHeartbeat(m Message) {
	l, p := r.answered(m)
	if l == nil {
		return
	}
	if m.Round > l.reads.number {
		r.refused++
		return
	}
	if m.Round != 0 && m.Round <= p.round {
		r.noteIf(m.Round < p.round, staleAnswerOfFollower)
		return
	}
	if m.Round > p.round {
		p.round, p.heard = m.Round, r.now
	}
	p.assurance.answer(m, r.config.Election)
}

// confirmRounds ends the rounds that a majority has answered. The lease counts from
// when the round was sent, on this clock: followers were loyal from then on, or
// later, for an election timeout on theirs, which may run faster by Drift.
func (r *Replica) confirmRounds(l *leader) {
	answered := reached(r.configuration(), func(id ID) uint64 {
		if id == r.config.ID {
			return l.reads.number
		}
		return l.voter(id).round
	})
	length := time.Duration(float64(r.config.Election) * (1 - r.config.Drift))
	l.reads.end(answered, length)
}

// begin opens a round for the reads gathered so far.
func (s *reads) begin(now time.Duration, index Index) uint64 {
	s.number++
	s.rounds = append(s.rounds, round{number: s.number, sent: now, count: len(s.gathered), index: index})
	s.riding = append(s.riding, s.gathered...)
	s.gathered = s.gathered[:0]
	return s.number
}

// end confirms the rounds up to number.
func (s *reads) end(number uint64, lease time.Duration) {
	done := 0
	for done < len(s.rounds) && s.rounds[done].number <= number {
		o := s.rounds[done]
		s.lease = o.sent + lease
		s.confirm(s.riding[:o.count], o.index)
		s.riding = append(s.riding[:0], s.riding[o.count:]...)
		done++
	}
	s.rounds = append(s.rounds[:0], s.rounds[done:]...)
}

// confirm lets reads wait for nothing but index.
func (s *reads) confirm(numbers []uint64, index Index) {
	for _, n := range numbers {
		s.confirmed = append(s.confirmed, confirmed{n, index})
	}
}

// serve appends to out the confirmed reads that a state up to delivered answers.
func (s *reads) serve(out []uint64, delivered Index) []uint64 {
	kept := s.confirmed[:0]
	for _, c := range s.confirmed {
		if c.index <= delivered {
			out = append(out, c.number)
		} else {
			kept = append(kept, c)
		}
	}
	s.confirmed = kept
	return out
}

// abandon appends to out every read that was not served.
func (s *reads) abandon(out []uint64) []uint64 {
	for _, c := range s.confirmed {
		out = append(out, c.number)
	}
	out = append(out, s.riding...)
	return append(out, s.gathered...)
}
