// Package kv is the state of one partition: a deterministic store of keys and values
// that runs typed commands.
//
// Two stores that apply the same commands under the same stamps hold the same state,
// give the same replies, byte for byte, and have the same [Store.Hash]. Nothing else
// goes in: no clock, no chance.
//
// Points are looked up in a hash map; the order of the keys is kept in a B-tree that
// is touched only when a key appears or disappears. Long values are kept in chunks. A
// store remembers the replies of recent commands, so that a command that is in the log
// twice runs once (see [Session]). Its state can be captured while it works on, and
// loaded elsewhere (see [Capture] and [Loader]).
package kv

import (
	"fmt"

	"github.com/google/btree"
)

// degree is half the fan-out of the tree.
const degree = 32

// A Store is the state of one partition. It is for one goroutine.
type Store struct {
	records  map[string]*record
	order    *btree.BTreeG[item] // the same records by their keys
	sessions sessions
	repeats  uint64 // commands answered with what their sessions remember
	stamp    uint64 // of the last command applied
	hash     uint64
	capture  *recordCapture // under way, or nil

	// Room for the command at hand, to use again.
	command Command
	results []Result
	buffer  []byte
}

// A record is what a key was last written to be. It stays in its place until the key
// is deleted; what changes it calls [Store.touch] first.
type record struct {
	version uint64
	value   value
}

// An item is a record and its key, in the order of the keys.
type item struct {
	key string
	*record
}

func (i item) less(j item) bool { return i.key < j.key }

// New returns an empty store as production has it: sessions live for [SessionTTL].
func New() *Store { return NewWithTTL(SessionTTL) }

// NewWithTTL returns an empty store in which a session lives for ttl, in stamps, after
// its last command. All replicas of a store must have the same, for what they answer
// depends on it, and so must all its clients. It is for rehearsals, which are too short
// for sessions to expire in them otherwise.
func NewWithTTL(ttl uint64) *Store {
	return &Store{
		records:  make(map[string]*record),
		order:    btree.NewG(degree, item.less),
		sessions: newSessions(ttl),
	}
}

// Len returns how many keys the store holds.
func (s *Store) Len() int { return len(s.records) }

// Hash returns a running hash of everything applied: stamps, commands and replies.
// It is equal in all replicas that have applied the same entries.
func (s *Store) Hash() uint64 { return s.hash }

// Repeats returns how many commands were in the log again, and were answered with
// what their sessions remembered, since the store was made or loaded.
func (s *Store) Repeats() uint64 { return s.repeats }

// Digest returns a hash of all that the store holds: keys, values, versions and
// sessions. It is equal in all replicas at the same position of the log. It looks at
// everything, so it is for tests and oracles.
func (s *Store) Digest() uint64 {
	h := mix(0, s.stamp)
	s.order.Ascend(func(i item) bool {
		h = i.value.digest(mixBytes(mix(h, i.version), []byte(i.key)))
		return true
	})
	return s.sessions.digest(h)
}

// Apply runs an encoded [Command] under the stamp of its entry, which must be above
// all before it, and returns an encoded [Reply]. It never fails: what cannot be run
// is answered with another verdict than [Applied], and changes no key.
//
// The store keeps nothing of command. The reply may be remembered: it must not be
// changed.
func (s *Store) Apply(stamp uint64, command []byte) []byte {
	if stamp <= s.stamp {
		panic(fmt.Sprintf("kv: stamp %d after %d", stamp, s.stamp))
	}
	s.stamp = stamp
	s.sessions.expire(stamp)
	reply := s.decide(command)
	s.release()
	s.hash = mixBytes(mixBytes(mix(s.hash, stamp), command), reply)
	return reply
}

// decide answers a command: with what its session remembers, or by running it.
func (s *Store) decide(command []byte) []byte {
	c := &s.command
	if c.decode(command) != nil || c.Validate() != nil {
		return s.encode(Reply{Verdict: Invalid})
	}
	if c.Session.ID == 0 {
		return s.encode(s.run(c.Ops))
	}
	session, verdict := s.sessions.admit(c.Session, s.stamp)
	if verdict != Applied {
		return s.encode(Reply{Verdict: verdict})
	}
	if reply, known := session.replies[c.Session.Serial]; known {
		s.repeats++
		return reply
	}
	reply := s.encode(s.run(c.Ops))
	s.sessions.remember(session, c.Session.Serial, reply)
	return reply
}

// Read answers an encoded [Command] that only reads with an encoded [Reply], from
// the state as it is. A command that writes is [Invalid]; a session is ignored.
func (s *Store) Read(query []byte) []byte {
	defer s.release()
	c := &s.command
	err := c.decode(query)
	c.Session = Session{}
	if err != nil || c.IsWrite() || c.Validate() != nil {
		return s.encode(Reply{Verdict: Invalid})
	}
	return s.encode(s.run(c.Ops))
}

// Room for a command and its reply is used again up to these sizes: one long batch
// must not cost its memory for ever.
const (
	keptOps   = 64
	keptBytes = 4 << 10
)

// release lets go of what the command at hand, and its results, point to.
func (s *Store) release() {
	if cap(s.command.Ops) > keptOps {
		s.command.Ops, s.results = nil, nil
	}
	clear(s.command.Ops)
	clear(s.results)
}

// encode returns the encoding of r in memory of its own.
func (s *Store) encode(r Reply) []byte {
	if size := r.bytes(); size > keptBytes {
		return r.AppendTo(make([]byte, 0, size))
	}
	s.buffer = r.AppendTo(s.buffer[:0])
	return append(make([]byte, 0, len(s.buffer)), s.buffer...)
}
