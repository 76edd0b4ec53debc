package client

import (
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

// window is how far a serial may run ahead of the oldest one without an answer.
const window = kv.MaxSessionWindow

// A session numbers the writes of this client to one partition, so that the store
// there can tell a repetition from a new command.
type session struct {
	id   uint64
	born raft.Stamp
	last uint64 // the newest serial given out
	// acked is the newest serial below which none is outstanding. A store never
	// applies these again, so a copy of one that is still under way, of a call that
	// ended Unknown for example, comes to nothing.
	acked uint64
	ended [window]bool // by serial modulo window, of those above acked

	usedAt time.Duration // when a serial was last given out, on our clock
	usedBy raft.Stamp    // and the newest stamp seen then
}

// full reports whether the next serial would be too far ahead.
func (s *session) full() bool { return s.last-s.acked >= window }

// idle reports whether nothing is outstanding.
func (s *session) idle() bool { return s.last == s.acked }

// stale reports whether the store may be about to forget the session. The store
// counts from the last command by stamps, which may run ahead of our clock.
func (s *session) stale(now time.Duration, seen raft.Stamp, ttl time.Duration) bool {
	return now-s.usedAt > ttl/2 || seen-s.usedBy > raft.Stamp(ttl/2)
}

// begin gives out the next serial; the session is not full.
func (s *session) begin(now time.Duration, seen raft.Stamp) uint64 {
	s.last++
	s.ended[s.last%window] = false
	s.usedAt, s.usedBy = now, seen
	return s.last
}

// end says that the outcome of a serial is told and will never be asked for again.
func (s *session) end(serial uint64) {
	s.ended[serial%window] = true
	for s.acked < s.last && s.ended[(s.acked+1)%window] {
		s.acked++
	}
}

// header is what a command of the session carries. Acked is what it is now.
func (s *session) header(serial uint64) kv.Session {
	return kv.Session{ID: s.id, Born: uint64(s.born), Serial: serial, Acked: s.acked}
}
