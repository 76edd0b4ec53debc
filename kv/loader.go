package kv

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"maps"
)

// A Loader makes a store of the bytes of a [Capture]. It takes them in pieces, cut
// anywhere, and keeps nothing of the pieces: each key and each value gets memory of
// its own, since otherwise a whole piece would stay in memory for the sake of the last
// value in it. Memory is set aside as bytes arrive, whatever the lengths and counts in
// them promise.
type Loader struct {
	store *Store
	step  loadStep
	rest  []byte // the beginning of an item whose end has not arrived
	sum   uint32 // of all items so far
	err   error  // the first failure; no other follows

	sessions, replies, records uint64 // of which so many have not arrived
	session                    *session
	serial                     uint64 // of the last reply of session
	key                        string
	record                     *record // at key; nil before the first
	missing                    int     // bytes of its value that have not arrived
}

// A loadStep says which item comes next.
type loadStep uint8

const (
	loadHeader loadStep = iota
	loadSession
	loadReply
	loadRecord // up to its value
	loadValue  // as much of it as there is
	loadSum
	loadNothing
)

// NewLoader returns a loader that has not seen the first byte. Its store will be as
// [New] makes them.
func NewLoader() *Loader { return New().Loader() }

// Loader returns a loader that has not seen the first byte. Sessions will live as long in
// its store as they do in s, and it takes nothing else of s.
func (s *Store) Loader() *Loader { return &Loader{store: NewWithTTL(s.sessions.ttl)} }

// Store returns the loaded store if all of a state has arrived undamaged and nothing
// else, and otherwise an error that wraps [ErrState]. The store is the caller's; the
// loader has done its work.
func (l *Loader) Store() (*Store, error) {
	if l.err == nil && l.step != loadNothing {
		l.fail("it is cut off")
	}
	return l.store, l.err
}

// Add takes the next piece. It fails, with an error that wraps [ErrState], once it is
// clear that the pieces are no state, and from then on. Some damage is found only with
// the last piece. Nothing of piece is kept.
func (l *Loader) Add(piece []byte) error {
	for len(piece) > 0 && l.err == nil {
		if len(l.rest) > 0 {
			piece = l.complete(piece)
			continue
		}
		n := l.take(piece)
		l.rest = append(l.rest, piece[n:]...)
		break
	}
	return l.err
}

// complete adds to the item that is in rest what it needs of piece, or a part of
// that, and returns the others.
func (l *Loader) complete(piece []byte) []byte {
	const enough = 1 << 10 // for most items, and for a value to begin
	before := len(l.rest)
	n := min(enough, len(piece))
	l.rest = append(l.rest, piece[:n]...)
	taken := l.take(l.rest)
	if taken == 0 {
		return piece[n:]
	}
	l.rest = l.rest[:0]
	return piece[taken-before:]
}

// take takes the items that are whole in b, and returns how many bytes they have.
// Unless it fails, what it leaves is the beginning of one item: of a session without
// its replies, a reply, or a record without its value, which are all short.
func (l *Loader) take(b []byte) (taken int) {
	for l.step < loadSum {
		n := l.item(b[taken:])
		if n == 0 {
			break
		}
		taken += n
		l.step = l.next()
	}
	l.sum = crc32.Update(l.sum, castagnoli, b[:taken])
	if l.step == loadSum {
		taken += l.takeSum(b[taken:])
	}
	if l.step == loadNothing && taken < len(b) {
		l.fail("more follows its end")
	}
	return taken
}

// next returns what follows the item just taken.
func (l *Loader) next() loadStep {
	switch {
	case l.replies > 0:
		return loadReply
	case l.sessions > 0:
		return loadSession
	case l.missing > 0:
		return loadValue
	case l.records > 0:
		return loadRecord
	}
	return loadSum
}

// item takes the item at the beginning of b and returns its length. It returns zero,
// and has no effect, if the item is not whole; and if it fails.
func (l *Loader) item(b []byte) int {
	r := stateReader{rest: b}
	switch l.step {
	case loadHeader:
		l.takeHeader(&r)
	case loadSession:
		l.takeSession(&r)
	case loadReply:
		l.takeReply(&r)
	case loadRecord:
		l.takeRecord(&r)
	case loadValue:
		return l.takeValue(b)
	}
	if r.wrong {
		l.fail("a length is beyond its limit")
	}
	if r.short || l.err != nil {
		return 0
	}
	return len(b) - len(r.rest)
}

func (l *Loader) takeHeader(r *stateReader) {
	magic, version := r.bytes(len(stateMagic)), r.fixed32()
	stamp, hash := r.fixed64(), r.fixed64()
	sessions, records := r.fixed64(), r.fixed64()
	switch {
	case !r.whole():
		return
	case string(magic) != stateMagic:
		l.fail("it begins with %q", magic)
	case version != stateVersion:
		l.fail("its format is version %d, and this program reads %d", version, stateVersion)
	case sessions > MaxSessions:
		l.fail("it has %d sessions", sessions)
	default:
		l.store.stamp, l.store.hash = stamp, hash
		l.sessions, l.records = sessions, records
	}
}

// A count in a header is believed when so many records have come; then room is made for
// all at once, but for no more than maxPresized, which is 54 MiB: a map that grows by and
// by makes loading take half as long again.
const (
	provenRecords = 1 << 14
	maxPresized   = 1 << 20
)

func (l *Loader) presize() {
	records := make(map[string]*record, min(provenRecords+l.records, maxPresized))
	maps.Copy(records, l.store.records)
	l.store.records = records
}

func (l *Loader) takeRecord(r *stateReader) {
	key := r.sized(MaxKeyBytes)
	version := r.fixed64()
	size := r.uvarint(MaxLongBytes)
	switch {
	case !r.whole():
		return
	case l.record != nil && string(key) <= l.key:
		l.fail("key %s comes after key %s", cut(key), cut([]byte(l.key)))
	case version == 0 || version > l.store.stamp:
		l.fail("key %s was written at %d, and the state is of %d", cut(key), version, l.store.stamp)
	default:
		if l.store.Len() == provenRecords {
			l.presize()
		}
		l.records--
		l.key, l.record, l.missing = string(key), &record{version: version}, int(size)
		l.store.records[l.key] = l.record
		l.store.order.ReplaceOrInsert(item{l.key, l.record})
	}
}

func (l *Loader) takeValue(b []byte) int {
	n := min(len(b), l.missing)
	l.missing -= n
	l.record.value.append(b[:n], l.missing)
	return n
}

func (l *Loader) takeSum(b []byte) int {
	if len(b) < stateSumBytes {
		return 0
	}
	if sum := binary.LittleEndian.Uint32(b); sum != l.sum {
		l.fail("its checksum is %08x, and that of its bytes is %08x", sum, l.sum)
	}
	l.step = loadNothing
	return stateSumBytes
}

func (l *Loader) fail(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("%w: "+format, append([]any{ErrState}, args...)...)
		l.store = nil
	}
}
