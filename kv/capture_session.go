package kv

import (
	"encoding/binary"
	"slices"
)

// A sessionCapture is the part of a [Capture] that is about sessions.
type sessionCapture struct {
	stamp   uint64     // of the last command that is in the state
	left    []*session // to be written, in the order of their last use
	begun   bool       // the first of them is
	serials []uint64   // of all its replies
	replies int        // of which so many are written
}

// captured returns the sessions as they are; none of them was used after stamp.
func (ss *sessions) captured(stamp uint64) sessionCapture {
	left := make([]*session, 0, len(ss.byName))
	for place := ss.byUse.Front(); place != nil; place = place.Next() {
		left = append(left, place.Value.(*session))
	}
	return sessionCapture{stamp: stamp, left: left}
}

// needs reports whether s is still to be written, or to be written on. All that were
// used after the capture are behind those in left.
func (c *sessionCapture) needs(s *session) bool {
	return len(c.left) > 0 && s.used >= c.left[0].used && s.used <= c.stamp
}

// appendTo writes sessions until b has limit bytes.
func (c *sessionCapture) appendTo(b []byte, limit int) []byte {
	for len(b) < limit && len(c.left) > 0 {
		s := c.left[0]
		if !c.begun {
			b = c.begin(b, s)
		}
		for ; c.replies < len(c.serials) && len(b) < limit; c.replies++ {
			serial := c.serials[c.replies]
			b = binary.AppendUvarint(b, serial-s.acked)
			b = binary.AppendUvarint(b, uint64(len(s.replies[serial])))
			b = append(b, s.replies[serial]...)
		}
		if c.replies == len(c.serials) {
			c.left[0] = nil // it may be an old copy that nobody else needs
			c.begun, c.left = false, c.left[1:]
		}
	}
	return b
}

// begin writes s up to its replies.
func (c *sessionCapture) begin(b []byte, s *session) []byte {
	c.begun = true
	c.serials, c.replies = c.serials[:0], 0
	for serial := range s.replies { // any order: they are sorted next
		c.serials = append(c.serials, serial)
	}
	slices.Sort(c.serials)
	b = binary.LittleEndian.AppendUint64(b, s.name.id)
	b = binary.LittleEndian.AppendUint64(b, s.name.born)
	b = binary.LittleEndian.AppendUint64(b, s.used)
	b = binary.AppendUvarint(b, s.acked)
	return binary.AppendUvarint(b, uint64(len(c.serials)))
}
