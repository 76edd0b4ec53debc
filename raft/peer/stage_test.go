package peer_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
	"github.com/understudy-kv/understudy/raft/peer"
)

const (
	group     = 7
	election  = time.Second
	heartbeat = 100 * time.Millisecond
)

var (
	node      = actors.Ref{Node: 1, Name: "node"}
	journalOf = actors.Ref{Node: 1, Name: "journal"}
	keeper    = actors.Ref{Node: 1, Name: "snapshots"}
	alice     = actors.Ref{Node: actors.ClientBit | 1, Name: "client/1"}
	// An operator is heard on every node.
	operator = actors.Ref{Node: 3, Name: "node"}
)

// A stage holds one peer, replica 1, and nothing else: the test plays the journal,
// the clients and the other replicas.
type stage struct {
	marked         []string
	actors.Context // nil: a peer asks for nothing else
	t              *testing.T
	peer           *peer.Peer
	machine        *tape
	now            time.Duration
	wall           time.Time
	timers         []*timer
	sent           []envelope
	newest         uint64 // number of the newest save
	blank          bool   // entries of follow have no data
	logged         int
}

type envelope struct {
	to      actors.Ref
	message actors.Message
}

type timer struct {
	at      time.Duration
	message actors.Message
	over    bool // it rang or was cancelled
}

// A tape is a state machine that remembers what it was told.
type tape struct {
	applied  []raft.Entry
	words    []string // of the commands
	captures int      // open ones
	restored bool
}

func (m *tape) Apply(e raft.Entry) []byte {
	m.applied = append(m.applied, e)
	if e.Kind == raft.Command {
		m.words = append(m.words, string(e.Data))
	}
	return fmt.Appendf(nil, "%s@%d", e.Data, e.Index)
}

func (m *tape) Read(query []byte, at raft.Stamp) []byte {
	return fmt.Appendf(nil, "%s=%s at %d", query, strings.Join(m.words, ","), at)
}

func (m *tape) Summary() peer.Summary {
	return peer.Summary{Items: uint64(len(m.words)), Hash: uint64(len(m.applied))}
}

// Capture hands the words out in pieces of one entry each.
func (m *tape) Capture() peer.Capture {
	m.captures++
	return &tapeCapture{tape: m, rest: slices.Clone(m.applied)}
}

// Restore takes them back.
func (m *tape) Restore() peer.Restorer { return &tapeRestorer{tape: tape{restored: true}} }

type tapeCapture struct {
	tape *tape
	rest []raft.Entry
}

func (c *tapeCapture) Next(int) ([]byte, bool) {
	if len(c.rest) == 0 {
		return nil, false
	}
	piece := c.rest[0].AppendTo(nil)
	c.rest = c.rest[1:]
	return piece, len(c.rest) > 0
}

func (c *tapeCapture) Close() { c.tape.captures-- }

type tapeRestorer struct{ tape tape }

func (r *tapeRestorer) Add(piece []byte) error {
	if len(piece) == 0 {
		return nil
	}
	e, err := raft.DecodeEntry(piece)
	if err == nil {
		r.tape.Apply(e)
	}
	return err
}

func (r *tapeRestorer) Machine() (peer.StateMachine, error) {
	if len(r.tape.applied) == 0 {
		return nil, errors.New("an empty tape")
	}
	return &r.tape, nil
}

// start raises the curtain on replica 1 of the given voters, with the state that
// the journal recovered.
func start(t *testing.T, s raft.State, voters ...raft.ID) *stage {
	return startWith(t, s, func(*peer.Config) {}, voters...)
}

func startWith(t *testing.T, s raft.State, change func(*peer.Config), voters ...raft.ID) *stage {
	machine := &tape{}
	config := peer.Config{
		Group: group,
		Raft: raft.Config{
			ID: 1, Voters: voters, Election: election, Heartbeat: heartbeat, Drift: 0.1,
			BatchBytes: 1 << 20, InflightMessages: 16, InflightBytes: 1 << 20, UncommittedBytes: 1 << 20,
		},
		State: s, Journal: journalOf, Snapshots: keeper, Owner: node, Machine: machine, Waiting: 100,
		SnapshotBytes: 1 << 20,
	}
	change(&config)
	st := &stage{t: t, peer: peer.New(config), machine: machine, wall: time.Unix(0, 1000)}
	st.turn(actors.Started{})
	return st
}

// lead starts a peer and makes it the leader of its term, with its barrier applied
// and nothing under way.
func lead(t *testing.T, voters ...raft.ID) *stage {
	t.Helper()
	s := start(t, raft.State{}, voters...)
	s.elect()
	s.take()
	return s
}

// elect lets time pass until the peer leads, with the help of everyone else.
func (s *stage) elect() {
	s.t.Helper()
	s.pass(2 * election)
	for range 10 {
		s.saved()
		s.obey()
	}
	if now := s.raft(); now.Role != raft.Leader || now.Delivered != now.Last {
		s.t.Fatalf("not elected: %+v", now)
	}
}

// obey answers every message to another replica as a loyal follower would.
func (s *stage) obey() {
	for _, e := range s.take() {
		m, is := e.message.(raft.Message)
		if !is {
			s.sent = append(s.sent, e)
			continue
		}
		if answer := obedience(m); answer.Kind != 0 {
			s.turn(from(m.To, answer))
		}
	}
}

func obedience(m raft.Message) raft.Message {
	answer := raft.Message{Term: m.Term}
	switch m.Kind {
	case raft.RequestPreVote:
		answer.Kind = raft.GrantPreVote
	case raft.RequestVote:
		answer.Kind = raft.GrantVote
	case raft.AppendEntries:
		answer.Kind, answer.Index = raft.AcceptEntries, m.Index+raft.Index(len(m.Entries))
	case raft.Heartbeat:
		answer.Kind, answer.Round = raft.AcceptHeartbeat, m.Round
	}
	return answer
}

// post is a message and who sent it.
type post struct {
	from    actors.Ref
	message actors.Message
}

// from is a message of another replica to replica 1.
func from(id raft.ID, m raft.Message) post {
	m.From, m.To = id, 1
	return post{replica(id), m}
}

func replica(id raft.ID) actors.Ref {
	return actors.Ref{Node: actors.NodeID(id), Name: peer.Name(group)}
}

// turn hands over a run of messages: requests come from alice, posts from whom
// they say.
func (s *stage) turn(run ...actors.Message) {
	for _, m := range run {
		sender := actors.Ref{}
		switch p := m.(type) {
		case post:
			sender, m = p.from, p.message
		case peer.Request:
			sender = alice
		}
		s.peer.Receive(s, sender, m)
	}
	s.peer.Flush(s)
}

// pass lets time go by, and timers ring.
func (s *stage) pass(d time.Duration) {
	end := s.now + d
	for {
		next := s.next()
		if next == nil || next.at > end {
			s.now = end
			return
		}
		s.now, next.over = next.at, true
		s.turn(next.message)
	}
}

// next is the timer that rings first.
func (s *stage) next() (first *timer) {
	for _, t := range s.timers {
		if !t.over && (first == nil || t.at < first.at) {
			first = t
		}
	}
	return first
}

// saved makes everything durable that was handed to the journal so far.
func (s *stage) saved() { s.sync(s.newest) }

// sync makes the saves up to a number durable.
func (s *stage) sync(number uint64) {
	if number > 0 {
		s.turn(journal.Saved{Group: group, Number: number})
	}
}

// take takes off everything that was sent.
func (s *stage) take() []envelope {
	sent := s.sent
	s.sent = nil
	return sent
}

func (s *stage) raft() raft.Status { return s.status().Raft }

func (s *stage) term() raft.Term { return s.raft().Vote.Term }

// status asks the peer, which answers at once.
func (s *stage) status() peer.Status {
	kept := s.take()
	s.peer.Receive(s, alice, peer.StatusRequest{})
	status := s.take()[0].message.(peer.Status)
	s.sent = kept
	return status
}

func (s *stage) Self() actors.Ref   { return replica(1) }
func (s *stage) Now() time.Duration { return s.now }
func (s *stage) Wall() time.Time    { return s.wall }
func (s *stage) Rand() uint64       { return 1 << 62 }

func (s *stage) Send(to actors.Ref, m actors.Message) {
	if a, is := m.(journal.Append); is {
		s.newest = a.Save.Number
	}
	s.sent = append(s.sent, envelope{to, m})
}

func (s *stage) Mark(name string) { s.marked = append(s.marked, name) }

func (s *stage) Log() *slog.Logger {
	s.logged++
	return slog.New(slog.DiscardHandler)
}

func (s *stage) After(d time.Duration, m actors.Message) func() {
	t := &timer{at: s.now + d, message: m}
	s.timers = append(s.timers, t)
	return func() { t.over = true }
}

// messages, responses and saves pick what was sent to other replicas, to alice or the
// operator, and to the journal.
func messages(sent []envelope) (list []raft.Message) {
	for _, e := range sent {
		if m, is := e.message.(raft.Message); is {
			list = append(list, m)
		}
	}
	return list
}

func responses(sent []envelope) (list []string) {
	for _, e := range sent {
		if r, is := e.message.(peer.Response); is && (e.to == alice || e.to == operator) {
			list = append(list, fmt.Sprintf("%d %v %s", r.ID, r.Outcome, r.Body))
		}
	}
	return list
}

func saves(sent []envelope) (list []raft.Save) {
	for _, e := range sent {
		if a, is := e.message.(journal.Append); is && e.to == journalOf && a.Group == group {
			list = append(list, a.Save)
		}
	}
	return list
}

// kinds names what was sent, in order.
func kinds(sent []envelope) (list []string) {
	for _, e := range sent {
		name := strings.TrimPrefix(fmt.Sprintf("%T", e.message), "*")
		if m, is := e.message.(raft.Message); is {
			name = m.Kind.String()
		}
		list = append(list, name)
	}
	return list
}

func command(id uint64, word string) peer.Request {
	return peer.Request{ID: id, Body: []byte(word)}
}

func query(id uint64, word string) peer.Request {
	return peer.Request{ID: id, Read: true, Body: []byte(word)}
}
