package journal

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/raft"
)

// The format is specified in docs/journal.md.

// The kinds of records.
const (
	headerRecord = 1
	batchRecord  = 2
)

// formatVersion is the version of the format that this package reads and writes.
const formatVersion = 1

// Limits of what is written.
const (
	// MaxBatchBytes is the length of the longest record. The log below takes twice
	// as much.
	MaxBatchBytes = 32 << 20
	// MaxDataBytes is how much data one entry may have.
	MaxDataBytes = MaxBatchBytes - 1<<20
)

// What the rest takes, as upper bounds.
const (
	maxSizeBytes     = 4   // the length in front of an encoding
	maxEntryOverhead = 64  // an encoded entry beside its data
	maxAppendBytes   = 128 // an append beside its entries
)

// An append of one longest entry fits into a batch; the compiler checks it.
const _ uint = MaxBatchBytes - 1 - maxAppendBytes - maxSizeBytes - maxEntryOverhead - MaxDataBytes

// ErrMalformed is wrapped by the error about a record whose content is not what
// this package writes.
var ErrMalformed = errors.New("malformed journal record")

// appendHeader appends the first record of a generation to b.
func appendHeader(b []byte, generation uint64) []byte {
	b = append(b, headerRecord)
	b = binary.AppendUvarint(b, formatVersion)
	return binary.AppendUvarint(b, generation)
}

// appendAppend appends one append of a batch to b.
func appendAppend(b []byte, a Append) []byte {
	b = binary.AppendUvarint(b, uint64(a.Group))
	b = appendSized(b, a.Save.Vote)
	b = binary.AppendUvarint(b, uint64(len(a.Save.Entries)))
	for _, e := range a.Save.Entries {
		b = appendSized(b, e)
	}
	return b
}

// appendSized appends the length of an encoding and the encoding.
func appendSized[T interface{ AppendTo([]byte) []byte }](b []byte, v T) []byte {
	at := len(b)
	b = v.AppendTo(append(b, 0, 0, 0, 0))
	binary.LittleEndian.PutUint32(b[at:], uint32(len(b)-at-maxSizeBytes))
	return b
}

// checkHeader reports what keeps a record from being the header of a generation.
func checkHeader(record []byte, generation uint64) error {
	d := decoder{rest: record}
	kind, version, number := d.byte(), d.uvarint(), d.uvarint()
	switch {
	case d.failed || kind != headerRecord:
		return fmt.Errorf("%w: the first record is not a header", ErrMalformed)
	case version != formatVersion:
		return fmt.Errorf("%w: format version %d; this program reads version %d",
			ErrMalformed, version, formatVersion)
	case len(d.rest) > 0:
		return fmt.Errorf("%w: %d bytes after the header", ErrMalformed, len(d.rest))
	case number != generation:
		return fmt.Errorf("%w: the log holds generation %d, not %d", ErrMalformed, number, generation)
	}
	return nil
}

// DecodeBatch returns the appends of one record, in order. The header of a
// generation has none. Save numbers are not kept on disk and come back as zero;
// the entries alias record.
func DecodeBatch(record []byte) ([]Append, error) {
	d := decoder{rest: record}
	switch kind := d.byte(); kind {
	case headerRecord:
		return nil, nil
	case batchRecord:
		return d.appends()
	default:
		return nil, fmt.Errorf("%w: kind %d", ErrMalformed, kind)
	}
}

// A decoder takes a record apart from the front. After the first failure it
// returns zeros.
type decoder struct {
	rest   []byte
	failed bool
}

func (d *decoder) appends() ([]Append, error) {
	var list []Append
	for !d.failed && len(d.rest) > 0 {
		list = append(list, d.append())
	}
	if d.failed || len(list) == 0 {
		return nil, fmt.Errorf("%w: batch, %d bytes from its end", ErrMalformed, len(d.rest))
	}
	return list, nil
}

func (d *decoder) append() Append {
	a := Append{Group: GroupID(d.uvarint())}
	a.Save.Vote = sized(d, raft.DecodeVote)
	count := d.uvarint()
	d.check(a.Group != 0)
	d.check(count <= uint64(len(d.rest))/maxSizeBytes) // each takes its length at least
	if d.failed || count == 0 {
		return a
	}
	a.Save.Entries = make([]raft.Entry, 0, count)
	for ; count > 0 && !d.failed; count-- {
		a.Save.Entries = append(a.Save.Entries, sized(d, raft.DecodeEntry))
	}
	return a
}

// sized takes off a length and as many bytes, decoded.
func sized[T any](d *decoder, decode func([]byte) (T, error)) T {
	v, err := decode(d.take(d.size()))
	d.check(err == nil)
	return v
}

func (d *decoder) size() uint64 {
	if b := d.take(maxSizeBytes); b != nil {
		return uint64(binary.LittleEndian.Uint32(b))
	}
	return 0
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.rest)
	if d.check(n > 0); d.failed {
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

// take takes off the first n bytes.
func (d *decoder) take(n uint64) []byte {
	if d.check(n <= uint64(len(d.rest))); d.failed {
		return nil
	}
	head := d.rest[:n:n]
	d.rest = d.rest[n:]
	return head
}

// check fails the decoder unless ok.
func (d *decoder) check(ok bool) { d.failed = d.failed || !ok }
