package raft

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const (
	testElection  = 100 * time.Millisecond
	testHeartbeat = 10 * time.Millisecond
)

// A weather is how bad one run is. Every run draws its own, because a run with
// everything switched on hides what needs something switched off.
type weather struct {
	loss, repeat, tail   float64
	crash, cut, pause    float64
	syncing              float64 // how likely a disk finishes something in a tick
	leases               bool
	tiny                 bool // limits
	proposals, questions float64
	pace                 time.Duration // of time and messages
	captures             float64       // how likely a host begins one in a turn
	trailing             int           // bytes
	damage               float64       // how likely a crash spoils the disk
	rest                 int           // heartbeats
	upheaval
	malice
}

func drawWeather(r *rand.Rand) weather {
	maybe := func(p float64) float64 {
		if r.IntN(2) == 0 {
			return 0
		}
		return p * r.Float64()
	}
	w := weather{
		loss: maybe(0.3), repeat: maybe(0.3), tail: maybe(0.1),
		crash: maybe(0.02), cut: maybe(0.03), pause: maybe(0.02),
		syncing: 0.1 + 0.9*r.Float64(),
		leases:  r.IntN(2) == 0, tiny: r.IntN(2) == 0,
		proposals: 0.5 * r.Float64(), questions: 0.5 * r.Float64(),
		pace:     testHeartbeat / 2,
		captures: maybe(0.2), trailing: r.IntN(4) * 80, upheaval: drawUpheaval(r),
		damage: maybe(1), rest: r.IntN(4),
	}
	w.strain(r)
	if w.rest > 0 && r.IntN(2) == 0 {
		w.proposals, w.questions = 0.002, 0.002 // so that there is something to rest from
	}
	return w
}

type envelope struct {
	bytes []byte
	from  ID
	to    ID
	at    time.Duration
}

// A reading is a read that is under way.
type reading struct {
	at    *host
	floor int // how much of the ledger it must see
}

// A world is one group in a simulated network, with a judge.
type world struct {
	weather
	random     *rand.Rand
	now        time.Duration // real time; no host sees it
	hosts      []*host
	clocks     []timepiece
	paused     []time.Duration
	watchers   []watcher
	lives      []int // how often each was started
	dead       ID    // who is not started again
	blocked    map[[2]ID]bool
	network    []envelope
	ledger     []Entry // what was committed, for ever
	decided    []Term  // in which term at the latest
	leaders    map[Term]ID
	votes      map[[2]uint64]ID // by replica and term, over all its lives
	readings   map[uint64]reading
	commits    []Index // of each host in this life
	first      Configuration
	judged     map[ID]position      // the newest change of each leader, and its term
	configured map[ID]Index         // of each host when it was last seen
	stuck      map[ID]time.Duration // until when the disk does nothing
	plot       plot
	marks      map[string]int
	served     int
	// compactions counts Saves with a snapshot, restored those that came from others.
	compactions, restored int
	promised              map[ID]Term // the latest in which each promised anything
	refused               int
	proofs                []Tombstone
	err                   error
}

func newWorld(seed uint64, size int) *world {
	random := rand.New(rand.NewPCG(seed, 1))
	w := &world{
		random: random, weather: drawWeather(random),
		now: time.Second, blocked: map[[2]ID]bool{}, leaders: map[Term]ID{},
		votes: map[[2]uint64]ID{}, readings: map[uint64]reading{}, judged: map[ID]position{},
		configured: map[ID]Index{}, stuck: map[ID]time.Duration{}, marks: map[string]int{},
		promised: map[ID]Term{},
	}
	for i := range size {
		w.first.Voters = append(w.first.Voters, ID(i+1))
	}
	hosts := size + w.spare
	w.paused, w.commits = make([]time.Duration, hosts), make([]Index, hosts)
	w.watchers, w.lives = make([]watcher, hosts), make([]int, hosts)
	for i := range hosts {
		w.clocks = append(w.clocks, timepiece{rate: 1 + 0.0999*random.Float64()})
		w.hosts = append(w.hosts, newHost(w.config(i), w.clock(i), w.patience(i)))
	}
	return w
}

func (w *world) config(i int) Config {
	c := Config{
		ID: ID(i + 1), Election: testElection, Heartbeat: testHeartbeat, Drift: 0.1,
		Leases: w.leases, Eager: i == 0,
		BatchBytes: 1000, InflightMessages: 8, InflightBytes: 4000, UncommittedBytes: 10000,
		Trailing: w.trailing, Rest: w.rest,
	}
	if w.tiny {
		c.BatchBytes, c.InflightMessages, c.InflightBytes, c.UncommittedBytes = 1, 2, 100, 300
	}
	if i < len(w.first.Voters) {
		c.Voters = w.first.Voters
	} else {
		c.Founders = w.first.Voters
	}
	return c
}

func (w *world) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *world) chance(p float64) bool { return w.random.Float64() < p }

// tick lets a little time pass, and things happen in it.
func (w *world) tick() {
	w.now += time.Duration(w.random.Int64N(int64(w.pace)))
	w.misfortune()
	inboxes := w.arrivals()
	for _, i := range w.random.Perm(len(w.hosts)) {
		if h := w.hosts[i]; h.replica != nil && w.paused[i] <= w.now {
			w.turn(i, h, inboxes[i])
		} else if h.grave != nil {
			w.haunt(i, h, inboxes[i])
		} else if h.replica != nil {
			w.requeue(inboxes[i], h)
		}
	}
}

// requeue keeps for a paused host what arrived meanwhile.
func (w *world) requeue(messages []Message, h *host) {
	for _, m := range messages {
		w.network = append(w.network, envelope{m.AppendTo(nil), m.From, h.config.ID, w.now})
	}
}

func (w *world) misfortune() {
	for i, h := range w.hosts {
		if h.replica == nil && h.grave == nil && h.config.ID != w.dead && w.chance(0.05) {
			w.restart(i, h)
		}
	}
	if w.chance(w.crash) {
		w.crashHost(w.victim())
	}
	if w.chance(w.pause) {
		w.paused[w.victim()-1] = w.now + time.Duration(w.random.Int64N(int64(4*testElection)))
	}
	w.stall()
	if w.chance(w.cut) {
		w.cutLinks(w.victim())
	}
	w.intrigue()
}

// victim is whom misfortune strikes: leaders more often than others.
func (w *world) victim() ID {
	if w.chance(0.5) {
		return w.leaderOr(w.anyone())
	}
	return w.anyone()
}

// leaderOr is the leader of the latest term that has one, or else id.
func (w *world) leaderOr(id ID) ID {
	term := Term(0)
	for _, h := range w.hosts {
		if h.replica != nil && h.replica.role.kind() == Leader && h.replica.vote.Term > term {
			id, term = h.config.ID, h.replica.vote.Term
		}
	}
	return id
}

func (w *world) restart(i int, h *host) {
	h.start(w.clock(i))
	w.lives[i]++
	w.commits[i] = h.disk.Snapshot.Index
}

func (w *world) crashHost(id ID) {
	h := w.hosts[id-1]
	if h.replica != nil {
		h.crash(w.random.IntN(len(h.queue) + 1))
		w.spoil(h)
		w.forget(h)
	}
}

func (w *world) anyone() ID { return ID(w.random.IntN(len(w.hosts)) + 1) }

// forget drops the readings of a host that crashed.
func (w *world) forget(h *host) {
	for number, o := range w.readings { // any order: each is judged alone
		if o.at == h {
			delete(w.readings, number)
		}
	}
}

// arrivals takes from the network what is due, by receiver.
func (w *world) arrivals() [][]Message {
	inboxes := make([][]Message, len(w.hosts))
	kept := w.network[:0]
	for _, e := range w.network {
		if e.at > w.now {
			kept = append(kept, e)
			continue
		}
		inboxes[e.to-1] = append(inboxes[e.to-1], w.open(e))
	}
	w.network = kept
	return inboxes
}

func (w *world) open(e envelope) Message {
	m, err := DecodeMessage(e.bytes)
	if err != nil {
		w.fail("decoding: %v", err)
	}
	return m
}

func (w *world) send(m Message) {
	if m.To == m.From || w.blocked[[2]ID{m.From, m.To}] || w.chance(w.loss) {
		return
	}
	delay := w.random.Int64N(2 * int64(w.pace))
	if w.chance(w.tail) {
		delay = w.random.Int64N(int64(5 * testElection))
	}
	e := envelope{m.AppendTo(nil), m.From, m.To, w.now + time.Duration(delay)}
	w.network = append(w.network, e)
	if w.chance(w.repeat) {
		e.at += time.Duration(w.random.Int64N(int64(3 * testElection)))
		w.network = append(w.network, e)
	}
}

// turn gives host i one Step, if it needs one.
func (w *world) turn(i int, h *host, inbox []Message) {
	synced := w.syncs(h)
	if synced {
		h.sync(1 + w.random.IntN(len(h.queue)))
	}
	in := Input{
		Now:       max(w.clock(i), h.replica.now),
		Wall:      Stamp(w.random.Uint64N(1 << 40)),
		Messages:  inbox,
		Proposals: w.drawProposals(),
		Reads:     w.drawReads(h),
		Change:    w.drawChange(h),
		Transfer:  w.drawTransfer(),
		Contacts:  w.contacts(i),
	}
	w.capture(h)
	stored := w.store(h, &in)
	if !synced && !stored && in.Now < h.replica.Deadline() && in.Change == nil && in.Transfer == None &&
		len(in.Messages)+len(in.Proposals)+len(in.Reads)+len(in.Contacts) == 0 {
		return
	}
	before := h.replica.Status().Resting
	w.judge(i, h, in, h.step(in))
	if !before && h.replica != nil && h.replica.Status().Resting {
		w.marks["somebody rests"]++
	}
}

func (w *world) drawProposals() (proposals []Proposal) {
	for w.chance(w.proposals) && len(proposals) < 20 {
		data := bytes.Repeat([]byte{byte(w.random.Uint32())}, w.random.IntN(100))
		proposals = append(proposals, Proposal{After: Stamp(w.random.Uint64N(1 << 40)), Data: data})
	}
	return proposals
}

func (w *world) drawReads(h *host) (numbers []uint64) {
	for w.chance(w.questions) && len(numbers) < 20 {
		number := w.random.Uint64()
		w.readings[number] = reading{h, len(w.ledger)}
		numbers = append(numbers, number)
	}
	return numbers
}

// judge compares what a host does with what is known.
func (w *world) judge(i int, h *host, in Input, out Output) {
	for _, m := range out.Messages {
		w.judgeMessage(h, m)
		w.send(m)
	}
	w.judgeSnapshots(i, h, in, out)
	w.judgeAccepted(h, in, out)
	w.judgeCommitted(i, h, out.Committed)
	for _, number := range out.Reads {
		w.judgeRead(h, number)
	}
	for _, number := range out.Refused {
		w.refused++
		delete(w.readings, number)
	}
	w.judgeState(i, h)
	w.judgeDisk(h)
	w.judgeMembers(h)
	w.mark(h, out)
	if out.Removed != nil {
		w.bury(i, h, *out.Removed)
	}
}

// judgeMessage demands that the disk already holds what m promises.
func (w *world) judgeMessage(h *host, m Message) {
	disk := h.disk
	w.judgeTerm(h, m)
	switch m.Kind {
	case GrantVote, RequestVote:
		choice := m.From
		if m.Kind == GrantVote {
			choice = m.To
		}
		if disk.Vote != (Vote{m.Term, choice}) {
			w.fail("%v sent; the disk says %+v", m, disk.Vote)
		}
		key := [2]uint64{uint64(m.From), uint64(m.Term)}
		if before, voted := w.votes[key]; voted && before != choice {
			w.fail("%v sent; it voted for %d in that term", m, before)
		}
		w.votes[key] = choice
	case AcceptEntries:
		if disk.Vote.Term < m.Term || last(disk) < m.Index {
			w.fail("%v sent; the disk holds up to %d in term %d", m, last(disk), disk.Vote.Term)
		}
		w.judgeAgreement(h, m)
	case AcceptHeartbeat:
		if disk.Vote.Term < m.Term {
			w.fail("%v sent; the disk is in term %d", m, disk.Vote.Term)
		}
	case AppendEntries, Heartbeat:
		w.judgeLeader(h, m)
	}
}

// judgeLeader demands that no other led the term, and that the leader holds
// everything committed in earlier ones. What later terms committed it need not: the
// votes may have reached it when they had begun.
func (w *world) judgeLeader(h *host, m Message) {
	before, known := w.leaders[m.Term]
	if known && before != m.From {
		w.fail("%v sent; %d led that term", m, before)
	}
	if known {
		return
	}
	w.leaders[m.Term] = m.From
	w.judgeElection(h, m.Term)
	for _, e := range w.ledger[min(len(w.ledger), int(max(h.replica.log.base.Index, 1)-1)):] {
		if w.decided[e.Index-1] < m.Term && h.replica.log.term(e.Index) != e.Term {
			w.fail("%d leads term %d without committed %v", m.From, m.Term, e)
		}
	}
}

// judgeAgreement demands that the leader, if it still leads, holds what was accepted.
func (w *world) judgeAgreement(h *host, m Message) {
	leader := w.hosts[m.To-1].replica
	if leader == nil || leader.vote.Term != m.Term || leader.role.kind() != Leader {
		return
	}
	mine, its := term(h.disk, m.Index), leader.log.term(m.Index)
	if mine > 0 && its > 0 && mine != its {
		w.fail("%v sent; the entry is of term %d here and of term %d there", m, mine, its)
	}
}

func (w *world) judgeAccepted(h *host, in Input, out Output) {
	for i := range out.Accepted.Count {
		e, p := h.replica.log.at(out.Accepted.First+Index(i)), in.Proposals[i]
		if e.Term != out.Accepted.Term || e.Kind != Command || !bytes.Equal(e.Data, p.Data) {
			w.fail("proposal %d became %v", i, e)
		}
		if e.Stamp <= p.After || e.Stamp < in.Wall {
			w.fail("%v is stamped %d after %d at %d", e, e.Stamp, p.After, in.Wall)
		}
	}
}

// judgeCommitted keeps the ledger: the first to apply an index writes it, the
// others have to agree, and enough disks have to hold it.
func (w *world) judgeCommitted(i int, h *host, entries []Entry) {
	for _, e := range entries {
		if e.Index != w.commits[i]+1 {
			w.fail("%d applied %v after %d", h.config.ID, e, w.commits[i])
		}
		w.commits[i] = e.Index
		if term(h.disk, e.Index) != e.Term {
			w.fail("%d applied %v, which is not on its disk", h.config.ID, e)
		}
		if e.Index <= Index(len(w.ledger)) {
			w.compare(h, e)
			continue
		}
		w.ledger = append(w.ledger, e)
		w.decided = append(w.decided, h.replica.vote.Term)
		if !w.enough(e) {
			w.fail("%d applied %v, which is on too few disks", h.config.ID, e)
		}
	}
}

func (w *world) compare(h *host, e Entry) {
	known := w.ledger[e.Index-1]
	if known.Term != e.Term || known.Stamp != e.Stamp || known.Kind != e.Kind ||
		!bytes.Equal(known.Data, e.Data) {
		w.fail("%d applied %v; committed was %v", h.config.ID, e, known)
	}
}

// judgeRead demands that the state shows everything that anybody had applied when
// the read started.
func (w *world) judgeRead(h *host, number uint64) {
	o, open := w.readings[number]
	if !open || o.at != h {
		w.fail("%d served read %d, which it was not asked", h.config.ID, number)
	}
	if applied := int(w.commits[h.config.ID-1]); applied < o.floor {
		w.fail("%d served a read from %d entries; %d were committed", h.config.ID, applied, o.floor)
	}
	delete(w.readings, number)
	w.served++
}

func (w *world) judgeState(i int, h *host) {
	s := h.replica.Status()
	if s.Refused != 0 {
		w.fail("%d refused %d messages of correct members", s.ID, s.Refused)
	}
	if s.Delivered != w.commits[i] || s.Commit < s.Delivered ||
		s.Durable < s.Delivered && s.Delivered != s.Snapshot {
		w.fail("%d applied up to %d: %+v", s.ID, w.commits[i], s)
	}
	held := h.replica.log.term(s.Durable)
	if s.Durable > last(h.disk) || s.Durable > s.Last || held != 0 && held != term(h.disk, s.Durable) {
		w.fail("%d takes its log for durable up to %d; the disk holds %d", s.ID, s.Durable, last(h.disk))
	}
	if at := h.replica.Deadline(); at <= h.replica.now {
		w.fail("%d wants to be woken at %v; it is %v", s.ID, at, h.replica.now)
	}
}

// judgeLogs demands that two logs that have an entry in common are equal up to it.
func (w *world) judgeLogs() {
	for i, a := range w.hosts {
		for _, b := range w.hosts[:i] {
			w.judgePair(a.disk, b.disk)
		}
	}
}

func (w *world) judgePair(a, b State) {
	agreed := false
	for i := min(last(a), last(b)); i > max(a.Snapshot.Index, b.Snapshot.Index); i-- {
		mine, other := a.Entries[i-a.Snapshot.Index-1], b.Entries[i-b.Snapshot.Index-1]
		agreed = agreed || mine.Term == other.Term
		if agreed && mine.position() != other.position() {
			w.fail("two logs agree on a later entry and hold %v and %v", mine, other)
		}
	}
}

// heal ends all misfortune, also that hosts are hasty: those that wait equally long
// split every vote. It demands that the group commits something new, and that everybody
// applies it: within thirty elections, and as long as the smallest window takes to carry
// every entry once.
func (w *world) heal() {
	w.weather = weather{
		syncing: 1, leases: w.leases, pace: testHeartbeat / 2, captures: w.captures, damage: 0.5, rest: w.rest,
	}
	clear(w.blocked)
	clear(w.stuck)
	for i, h := range w.hosts {
		w.paused[i] = 0
		h.rand = w.random.IntN
		if h.replica == nil && h.grave == nil {
			w.restart(i, h)
		}
		if h.replica != nil {
			h.replica.rand = h.rand
		}
	}
	w.relapse()
	w.demandProgress("the last word")
	w.demandDepartures()
}

// demandProgress proposes the words to whoever leads, and demands that all members
// apply them.
func (w *world) demandProgress(words string) {
	word := []byte(words)
	end := w.now + 30*testElection + time.Duration(len(w.ledger))*2*testHeartbeat
	for w.now < end && w.err == nil && !(w.said(word) && w.level() && w.settled() && w.whole()) {
		w.tick()
		for i, h := range w.hosts {
			if h.replica != nil && h.replica.Status().Role == Leader && !w.said(word) {
				in := Input{Now: max(w.clock(i), h.replica.now), Proposals: []Proposal{{Data: word}}}
				w.judge(i, h, in, h.step(in))
			}
		}
	}
	if !w.said(word) {
		w.fail("after everything had healed nobody could say %q", words)
	}
	if !w.level() {
		w.fail("of %d entries were applied %d by %v", len(w.ledger), w.commits, w.decidedBy())
	}
	if !w.settled() {
		w.fail("the group is still in %v after everything had healed", w.decidedBy())
	}
	if !w.whole() {
		w.fail("somebody is damaged for ever")
	}
}

// level reports whether every member has applied everything.
func (w *world) level() bool {
	return !slices.ContainsFunc(w.decidedBy().Members(), func(id ID) bool {
		return id != w.dead && int(w.commits[id-1]) != len(w.ledger)
	})
}

func (w *world) said(word []byte) bool {
	n := len(w.ledger)
	return n > 0 && slices.ContainsFunc(w.ledger[max(0, n-10):], func(e Entry) bool {
		return bytes.Equal(e.Data, word)
	})
}

// run returns the world after ticks of trouble and its end.
func run(seed uint64, size, ticks int) (w *world) {
	w = newWorld(seed, size)
	defer func() {
		if p := recover(); p != nil {
			w.fail("panic: %v", p)
		}
	}()
	for range ticks * w.length() {
		w.tick()
		if w.err != nil {
			return w
		}
	}
	w.judgeLogs()
	w.heal()
	w.demandRest()
	return w
}

func TestGroupKeepsItsPromisesInAnyWeather(t *testing.T) {
	seeds := uint64(40)
	if testing.Short() {
		seeds = 10
	}
	var terms, entries, served, compactions, restored int
	marks := map[string]int{}
	for size := 1; size <= 5; size++ {
		for seed := range seeds {
			w := run(seed, size, 2000)
			if w.err != nil {
				t.Fatalf("size %d seed %d (%+v): %v", size, seed, w.weather, w.err)
			}
			terms, entries, served = terms+len(w.leaders), entries+len(w.ledger), served+w.served
			compactions, restored = compactions+w.compactions, restored+w.restored
			for mark, n := range w.marks { // any order: they are added up
				marks[mark] += n
			}
		}
	}
	t.Logf("%d terms, %d entries, %d reads, %d compactions, %d snapshots from others, %v",
		terms, entries, served, compactions, restored, marks)
	if min(terms, entries, served, compactions, restored) == 0 {
		t.Error("nothing happened")
	}
	for _, mark := range rare {
		if marks[mark] == 0 && !testing.Short() {
			t.Errorf("never: %s", mark)
		}
	}
}
