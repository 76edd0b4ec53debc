package raft

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func testConfig(id ID, voters ...ID) Config {
	return Config{
		ID: id, Voters: voters, Election: testElection, Heartbeat: testHeartbeat, Drift: 0.1,
		BatchBytes: 1 << 20, InflightMessages: 64, InflightBytes: 1 << 20, UncommittedBytes: 1 << 30,
	}
}

func zero(int) int { return 0 }

// lead returns a leader of the voters whose barrier is committed. Replica 1 of them.
func lead(voters ...ID) *host {
	c := testConfig(1, voters...)
	h := newHost(c, 0, zero)
	now := c.Election
	h.step(Input{Now: now})
	for _, kind := range []MessageKind{GrantPreVote, GrantVote, AcceptEntries} {
		var answers []Message
		for _, id := range voters[1:] {
			m := Message{Kind: kind, From: id, To: 1, Term: 1}
			if kind == AcceptEntries {
				m.Index = 1
			}
			answers = append(answers, m)
		}
		h.step(Input{Now: now, Messages: answers})
		h.sync(len(h.queue))
		h.step(Input{Now: now})
	}
	return h
}

func TestConfigThatCannotWorkIsRefused(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		"no ID":        func(c *Config) { c.ID = 0 },
		"not among":    func(c *Config) { c.ID = 9 },
		"twice":        func(c *Config) { c.Voters = []ID{1, 2, 2} },
		"nobody":       func(c *Config) { c.Voters = []ID{1, 0} },
		"Heartbeat":    func(c *Config) { c.Heartbeat = 0 },
		"Election":     func(c *Config) { c.Election = c.Heartbeat },
		"Drift":        func(c *Config) { c.Drift = 1 },
		"BatchBytes":   func(c *Config) { c.BatchBytes = 0 },
		"Inflight":     func(c *Config) { c.InflightMessages = -1 },
		"InflightByte": func(c *Config) { c.InflightBytes = 0 },
		"Uncommitted":  func(c *Config) { c.UncommittedBytes = 0 },
	} {
		c := testConfig(1, 1, 2, 3)
		if err := c.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
		mustPanic(t, "invalid Config", func() { New(c, State{}, 0, zero) })
	}
}

func mustPanic(t *testing.T, want string, f func()) {
	t.Helper()
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, want) {
			t.Errorf("panic %s; want one with %q", got, want)
		}
	}()
	f()
}

// It was added to a group, and waits to be told which.
func TestConfigWithoutVotersIsOfAReplicaThatWaits(t *testing.T) {
	r := New(testConfig(4), State{}, 0, zero)
	out := r.Step(Input{Now: 100 * testElection})
	if s := r.Status(); s.Role != Follower || len(out.Messages) > 0 {
		t.Errorf("it is %+v and says %v", s, out.Messages)
	}
}

func TestStateThatNobodySavedIsRefused(t *testing.T) {
	command := func(i Index, term Term, stamp Stamp) Entry {
		return Entry{Index: i, Term: term, Stamp: stamp, Kind: Command}
	}
	at3 := Snapshot{Index: 3, Term: 2, Stamp: 3, Configuration: Configuration{Voters: []ID{1}}}
	for name, s := range map[string]State{
		"gap":              {Vote: Vote{5, 0}, Entries: []Entry{command(1, 1, 1), command(3, 1, 2)}},
		"no beginning":     {Vote: Vote{5, 0}, Entries: []Entry{command(2, 1, 1)}},
		"term goes back":   {Vote: Vote{5, 0}, Entries: []Entry{command(1, 2, 1), command(2, 1, 2)}},
		"stamp stands":     {Vote: Vote{5, 0}, Entries: []Entry{command(1, 1, 1), command(2, 1, 1)}},
		"no configuration": {Vote: Vote{5, 0}, Entries: []Entry{{Index: 1, Term: 1, Stamp: 1, Kind: Membership}}},
		"others decide": {Vote: Vote{5, 0}, Entries: []Entry{
			{Index: 1, Term: 1, Stamp: 1, Kind: Membership, Data: voters(2, 3).AppendTo(nil)}}},
		"later than vote": {Vote: Vote{1, 0}, Entries: []Entry{command(1, 2, 1)}},

		"gap after snapshot":   {Vote: Vote{5, 0}, Snapshot: at3, Entries: []Entry{command(5, 2, 9)}},
		"entry in snapshot":    {Vote: Vote{5, 0}, Snapshot: at3, Entries: []Entry{command(3, 2, 9)}},
		"term before snapshot": {Vote: Vote{5, 0}, Snapshot: at3, Entries: []Entry{command(4, 1, 9)}},
		"snapshot after vote":  {Vote: Vote{1, 0}, Snapshot: at3},
		"snapshot of nothing":  {Vote: Vote{5, 0}, Snapshot: Snapshot{Term: 1}},
		"snapshot of nobody":   {Vote: Vote{5, 0}, Snapshot: Snapshot{Index: 3, Term: 2, Stamp: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			mustPanic(t, "raft: ", func() { New(testConfig(1, 1), s, 0, zero) })
		})
	}
}

func TestCallerThatBreaksItsContractPanics(t *testing.T) {
	r := New(testConfig(1, 1), State{}, time.Second, zero)
	mustPanic(t, "time went back", func() { r.Step(Input{Now: 0}) })
	mustPanic(t, "the newest Save is 0; durable is 1", func() { r.Step(Input{Now: time.Second, Saved: 1}) })
}

// Whatever a replica hands out stays as it was, though the log is overwritten
// later.
func TestEntriesHandedOutNeverChange(t *testing.T) {
	r := New(testConfig(2, 1, 2, 3), State{}, 0, zero)
	send := func(from ID, term Term, before Index, logTerm Term, terms string) Output {
		return r.Step(Input{Messages: []Message{{Kind: AppendEntries, From: from, To: 2, Term: term,
			Index: before, LogTerm: logTerm, Entries: entries(terms, before)}}})
	}
	first := send(1, 1, 0, 0, "1,1,1").Save.Entries
	before := fmt.Sprint(first)
	send(3, 2, 1, 1, "2,2,2")
	send(1, 3, 1, 1, "3")
	if after := fmt.Sprint(first); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

func TestMajorityReachesWhatTheLowerHalfLacks(t *testing.T) {
	for size := 1; size <= 9; size++ {
		c := Configuration{}
		for id := range size {
			c.Voters = append(c.Voters, ID(id+1))
		}
		random := func(id ID) int { return int(id*7919) % 13 }
		got := reached(c, random)
		n := 0
		for _, id := range c.Voters {
			if random(id) >= got {
				n++
			}
		}
		above := agrees(c, func(id ID) bool { return random(id) > got })
		if n <= size/2 || above {
			t.Errorf("of %d, %d reached %d; a majority more: %v", size, n, got, above)
		}
	}
}

// Any two majorities have a member in common, and no smaller number would do.
func TestMajoritiesIntersect(t *testing.T) {
	for size := 1; size <= 9; size++ {
		if m := majority(size); 2*m <= size || 2*(m-1) > size {
			t.Errorf("a majority of %d is %d", size, m)
		}
	}
}

// A replica survives whatever decodes, in any role, and refuses or ignores it.
func FuzzStep(f *testing.F) {
	f.Add(byte(0), sampleMessage().AppendTo(nil))
	for kind := RequestPreVote; kind <= TellDamage; kind++ {
		m := Message{Kind: kind, From: 2, To: 1, Term: 2, Index: 2, LogTerm: 1, Hint: 1, Commit: 3, Round: 1}
		if kind == AppendEntries {
			m.Entries = entries("2,2,2:1.2.4/1.2.3,2:1.2.4", 2)
		}
		f.Add(byte(kind), m.AppendTo([]byte{}))
	}
	f.Fuzz(func(t *testing.T, role byte, b []byte) {
		h := hostIn(role)
		before := h.replica.Status()
		now := h.replica.now
		for len(b) > 0 {
			n := min(len(b), int(b[0])+1)
			if m, err := DecodeMessage(b[:n]); err == nil {
				h.step(Input{Now: now, Messages: []Message{m, retarget(m)}})
			} else if m, err := DecodeMessage(b); err == nil {
				h.step(Input{Now: now, Messages: []Message{m, retarget(m)}})
			}
			b = b[n:]
			h.sync(len(h.queue))
			now += testHeartbeat
			h.step(Input{Now: now, Proposals: []Proposal{{}}, Reads: []uint64{1}})
			h.step(Input{Now: now, Change: &Change{Voters: []ID{1, 4}}, Transfer: 3})
		}
		after := h.replica.Status()
		if after.Commit < before.Commit || after.Vote.Term < before.Vote.Term {
			t.Errorf("%+v became %+v", before, after)
		}
	})
}

// retarget makes m look as if it came from a member.
func retarget(m Message) Message {
	m.From, m.To = 2+m.From%2, 1
	return m
}

// hostIn returns replica 1 of three in one of its roles, with a few entries; or a
// follower that is damaged, or one that has compacted its log.
func hostIn(role byte) *host {
	switch role % 6 {
	case 4:
		h := hostIn(byte(Follower) - 1)
		h.crash(0)
		h.disk.Damaged = true
		h.start(0)
		return h
	case 5:
		h := hostIn(byte(Follower) - 1)
		h.step(Input{Now: h.replica.now, Captured: h.replica.Mark()})
		return h
	}
	role %= 6
	h := lead(1, 2, 3)
	h.step(Input{Now: h.replica.now, Proposals: make([]Proposal, 3)})
	h.sync(len(h.queue))
	now := h.replica.now
	if Role(role%4+1) == Leader {
		return h
	}
	h.step(Input{Now: now, Messages: []Message{{Kind: Outdated, From: 2, To: 1, Term: 2}}})
	h.sync(len(h.queue))
	if Role(role%4+1) == Follower {
		return h
	}
	h.step(Input{Now: now + 2*testElection})
	if Role(role%4+1) == Candidate {
		h.step(Input{Now: now + 2*testElection,
			Messages: []Message{{Kind: GrantPreVote, From: 2, To: 1, Term: 3}}})
	}
	return h
}

// The same with messages that nearly make sense: their numbers are those of the
// group, and put together at random.
func TestNonsenseFromMembersIsSurvived(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 2))
		h := hostIn(byte(seed))
		for now := h.replica.now; !t.Failed() && now < 50*testElection; now += testHeartbeat / 2 {
			func() {
				defer func() {
					if p := recover(); p != nil {
						t.Errorf("seed %d: %v", seed, p)
					}
				}()
				in := Input{Now: max(now, h.replica.now), Reads: []uint64{1}, Proposals: make([]Proposal, 1)}
				for range random.IntN(4) {
					in.Messages = append(in.Messages, nonsense(random, h.replica.vote.Term))
				}
				if random.IntN(10) == 0 {
					in.Change = &Change{Voters: drawMembers(random, random.IntN(5)), Learners: []ID{ID(random.IntN(7))}}
					in.Transfer = ID(random.IntN(5))
				}
				if random.IntN(10) == 0 {
					in.Installed = nonsensical(random, h.replica.vote.Term)
				}
				h.step(in)
				h.sync(random.IntN(len(h.queue) + 1))
			}()
		}
	}
}

func nonsensical(random *rand.Rand, term Term) Snapshot {
	i := Index(random.IntN(12))
	return Snapshot{
		Index: i, Term: Term(random.IntN(int(term) + 2)), Stamp: Stamp(10*i) + Stamp(random.IntN(20)),
		Configuration: Configuration{Voters: []ID{1, 2, 3}[:random.IntN(4)]},
	}
}

func nonsense(random *rand.Rand, term Term) Message {
	number := func(n int) uint64 { return uint64(random.IntN(n)) }
	m := Message{
		Kind: MessageKind(1 + number(int(TellDamage))), From: ID(2 + number(2)), To: 1,
		Term: term + Term(number(8)/7), Index: Index(number(12)), LogTerm: Term(number(int(term) + 1)),
		Hint: Index(number(12)), Commit: Index(number(12)), Round: number(6),
		Forced: number(2) == 1,
	}
	if m.Kind == AppendEntries && m.Index == 0 {
		m.LogTerm = 0
	}
	for i := range Index(number(4)) {
		if m.Kind == AppendEntries {
			e := Entry{Index: m.Index + i + 1, Term: max(1, m.LogTerm), Kind: Command,
				Stamp: Stamp(number(5)) + Stamp(10*(m.Index+i+1))}
			if number(2) == 1 {
				e.Kind, e.Data = Membership, nonsensicalMembers(random).AppendTo(nil)
			}
			m.Entries = append(m.Entries, e)
		}
	}
	return m
}

// nonsensicalMembers is a configuration that may be one, and may even follow another.
func nonsensicalMembers(random *rand.Rand) Configuration {
	c := drawConfiguration(random)
	switch random.IntN(3) {
	case 0:
		c.Outgoing, c.Target = nil, c.Outgoing
	case 1:
		c.Learners = drawMembers(random, random.IntN(3))
	}
	return c
}

func TestRolesForFuzzingAreWhatTheySay(t *testing.T) {
	for role := Follower; role <= Leader; role++ {
		if got := hostIn(byte(role) - 1).replica.Status().Role; got != role {
			t.Errorf("got a %v, want a %v", got, role)
		}
	}
}

func TestNamesAreForPeople(t *testing.T) {
	got := []string{
		Follower.String(), PreCandidate.String(), Candidate.String(), Leader.String(), Role(9).String(),
		Heartbeat.String(), MessageKind(0).String(), MessageKind(99).String(),
		Entry{Index: 1, Term: 2, Kind: Membership}.String(),
	}
	want := []string{
		"follower", "pre-candidate", "candidate", "leader", "Role(9)",
		"Heartbeat", "MessageKind(0)", "MessageKind(99)", "1@2(kind 3)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// BenchmarkPropose is the leader's part in committing proposals, so many in a turn:
// append, send, and take the answers of two followers and of the disk.
func BenchmarkPropose(b *testing.B) {
	for _, batch := range []int{1, 64} {
		b.Run(fmt.Sprintf("batch=%d", batch), func(b *testing.B) { benchmarkPropose(b, batch) })
	}
}

func benchmarkPropose(b *testing.B, batch int) {
	h := lead(1, 2, 3)
	r := h.replica
	proposals := make([]Proposal, batch)
	for i := range proposals {
		proposals[i].Data = make([]byte, 256)
	}
	in := Input{Now: r.now, Proposals: proposals, Saved: r.durable.safe}
	answers := make([]Message, 0, 2)
	b.ReportAllocs()
	for b.Loop() {
		in.Proposals, in.Messages = proposals, nil
		out := r.Step(in)
		answers = answers[:0]
		for _, m := range out.Messages {
			if m.Kind == AppendEntries {
				answers = append(answers, Message{Kind: AcceptEntries, From: m.To, To: 1, Term: m.Term,
					Index: m.Index + Index(len(m.Entries))})
			}
		}
		in.Proposals, in.Messages, in.Saved = nil, answers, out.Save.Number
		if got := len(r.Step(in).Committed); got != batch {
			b.Fatalf("%d of %d were committed", got, batch)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*batch), "ns/proposal")
}

// BenchmarkLeaseRead is a turn that serves reads under a lease.
func BenchmarkLeaseRead(b *testing.B) {
	c := testConfig(1, 1)
	c.Leases = true
	h := newHost(c, 0, zero)
	for range 3 {
		h.step(Input{Now: c.Election})
		h.sync(len(h.queue))
	}
	h.step(Input{Now: c.Election})
	reads := make([]uint64, 16)
	b.ReportAllocs()
	for b.Loop() {
		if got := len(h.step(Input{Now: c.Election, Reads: reads}).Reads); got != len(reads) {
			b.Fatalf("%d of %d were served", got, len(reads))
		}
	}
}
