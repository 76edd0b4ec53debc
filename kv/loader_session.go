package kv

import "bytes"

func (l *Loader) takeSession(r *stateReader) {
	name := sessionName{r.fixed64(), r.fixed64()}
	used, acked := r.fixed64(), r.uvarint(maxSerial)
	replies := r.uvarint(MaxSessionWindow)
	if !r.whole() {
		return
	}
	last := uint64(0)
	if l.session != nil {
		last = l.session.used
	}
	switch {
	case name.id == 0 || l.store.sessions.byName[name] != nil:
		l.fail("session %x@%d is in it twice or has no id", name.id, name.born)
	case used <= last || used > l.store.stamp || used < name.born:
		l.fail("session %x@%d was used at %d, one before it at %d, and the state is of %d",
			name.id, name.born, used, last, l.store.stamp)
	default:
		l.sessions--
		l.replies, l.serial = replies, acked
		l.session = l.store.sessions.add(name, used, acked)
	}
}

func (l *Loader) takeReply(r *stateReader) {
	above := r.uvarint(MaxSessionWindow)
	reply := r.sized(MaxRememberedReply)
	serial := l.session.acked + above
	switch {
	case !r.whole():
		return
	case serial <= l.serial:
		l.fail("serial %d comes after serial %d", serial, l.serial)
	default:
		l.replies--
		l.serial = serial
		l.store.sessions.keep(l.session, serial, bytes.Clone(reply))
	}
}
