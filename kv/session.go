package kv

import (
	"container/list"
	"maps"
)

// sessions is what a store remembers of its clients.
type sessions struct {
	byName map[sessionName]*session
	// byUse holds the sessions in the order of their last use, the oldest first.
	byUse *list.List
	bytes int // of all replies remembered
	ttl   uint64
	// capture is under way, or nil. Sessions that it still needs are replaced by copies
	// instead of being changed.
	capture *sessionCapture
}

// A sessionName tells sessions apart: a client that reuses its ID is another session.
type sessionName struct{ id, born uint64 }

type session struct {
	name    sessionName
	used    uint64 // the stamp of its last command
	acked   uint64
	replies map[uint64][]byte // by serial, for serials above acked
	place   *list.Element     // in sessions.byUse
}

func newSessions(ttl uint64) sessions {
	return sessions{byName: make(map[sessionName]*session), byUse: list.New(), ttl: ttl}
}

// expire forgets the sessions that were not used for their time to live. Stamps only
// grow, so those are at the front of byUse.
func (ss *sessions) expire(stamp uint64) {
	for place := ss.byUse.Front(); place != nil; place = ss.byUse.Front() {
		old := place.Value.(*session)
		if stamp-old.used <= ss.ttl {
			return
		}
		for _, reply := range old.replies { // any order: it is a sum
			ss.bytes -= len(reply)
		}
		ss.byUse.Remove(place)
		delete(ss.byName, old.name)
	}
}

// admit returns the session of a command that may run or may have run before; then
// the verdict is Applied. Any other verdict is the answer to the command.
func (ss *sessions) admit(c Session, stamp uint64) (*session, Verdict) {
	known := ss.byName[sessionName{c.ID, c.Born}]
	if known == nil {
		return ss.begin(c, stamp)
	}
	known = ss.own(known)
	known.used = stamp
	ss.byUse.MoveToBack(known.place)
	ss.acknowledge(known, c.Acked)
	switch {
	case c.Serial <= known.acked:
		return nil, StaleSerial
	case c.Serial-known.acked > MaxSessionWindow:
		return nil, WindowFull
	}
	return known, Applied
}

// begin accepts a session that is not known, if it cannot have been forgotten: one
// that was accepted before was used after its birth, and outlives that by its time to live.
func (ss *sessions) begin(c Session, stamp uint64) (*session, Verdict) {
	switch {
	case c.Born > stamp:
		return nil, Early
	case stamp-c.Born > ss.ttl:
		return nil, SessionExpired
	case c.Serial-c.Acked > MaxSessionWindow:
		return nil, WindowFull
	case len(ss.byName) >= MaxSessions:
		return nil, Crowded
	}
	return ss.add(sessionName{c.ID, c.Born}, stamp, c.Acked), Applied
}

// add adds a session that was used after all others.
func (ss *sessions) add(name sessionName, used, acked uint64) *session {
	s := &session{name: name, used: used, acked: acked, replies: make(map[uint64][]byte)}
	s.place = ss.byUse.PushBack(s)
	ss.byName[name] = s
	return s
}

// own returns s, or a copy in its place if a capture needs s as it is.
func (ss *sessions) own(s *session) *session {
	if ss.capture == nil || !ss.capture.needs(s) {
		return s
	}
	owned := *s
	owned.replies = maps.Clone(s.replies)
	ss.byName[s.name] = &owned
	s.place.Value = &owned
	return &owned
}

// acknowledge forgets the replies up to acked. Replies are within a window above what
// was acknowledged before, so there are not more to look for.
func (ss *sessions) acknowledge(s *session, acked uint64) {
	if acked <= s.acked {
		return
	}
	for serial := s.acked + 1; serial <= min(acked, s.acked+MaxSessionWindow); serial++ {
		ss.bytes -= len(s.replies[serial])
		delete(s.replies, serial)
	}
	s.acked = acked
}

// remember keeps the reply to a command that ran, or at least that it ran.
func (ss *sessions) remember(s *session, serial uint64, reply []byte) {
	if len(reply) > MaxRememberedReply || ss.bytes+len(reply) > MaxRememberedBytes {
		reply = forgotten
	}
	ss.keep(s, serial, reply)
}

func (ss *sessions) keep(s *session, serial uint64, reply []byte) {
	s.replies[serial] = reply
	ss.bytes += len(reply)
}

var forgotten = Reply{Verdict: Forgotten}.AppendTo(nil)

// digest folds all sessions into h.
func (ss *sessions) digest(h uint64) uint64 {
	for place := ss.byUse.Front(); place != nil; place = place.Next() {
		s := place.Value.(*session)
		h = mix(mix(mix(mix(h, s.name.id), s.name.born), s.used), s.acked)
		left := len(s.replies)
		for serial := s.acked + 1; left > 0; serial++ {
			if reply, known := s.replies[serial]; known {
				h = mixBytes(mix(h, serial), reply)
				left--
			}
		}
	}
	return h
}
