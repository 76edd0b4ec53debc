package disk

import (
	"hash/crc32"

	"github.com/understudy-kv/understudy/actors"
)

// frameBytes is what a record takes on the disk beside its data.
const frameBytes = 8

// A record is one appended record. Its sum is taken when it is appended: what
// changes it afterwards is damage.
type record struct {
	number uint64 // from 1; a gap betrays a lost record
	data   []byte
	sum    uint32
}

func (r record) size() int64 { return int64(len(r.data)) + frameBytes }

func (r record) intact() bool { return checksum(r.data) == r.sum }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// A log is one log: its records are the visible image, the first durable of them
// the durable one.
type log struct {
	name    string
	records []record
	durable int
	torn    int64 // bytes of a part of a record behind the last

	// The rest ends with the node's incarnation.
	open    bool
	err     error    // its first failure
	busy    bool     // a sync runs
	syncing []waiter // for the sync that runs
	next    []waiter // share the sync after it
}

// A waiter wants to know when a sync is done.
type waiter struct {
	post func(actors.Message)
	mark uint64
}

func (l *log) close() {
	l.open, l.err, l.busy, l.syncing, l.next = false, nil, false, nil, nil
}

// data returns the bytes of records first to end.
func (l *log) data(first, end int) [][]byte {
	out := make([][]byte, 0, end-first)
	for _, r := range l.records[first:end] {
		out = append(out, r.data)
	}
	return out
}

// check returns what is wrong with the records. A part of a record behind them is
// no damage: no sync covered it.
func (l *log) check() error {
	for i, r := range l.records {
		if r.number != uint64(i)+1 || !r.intact() {
			return actors.ErrCorrupt
		}
	}
	return nil
}
