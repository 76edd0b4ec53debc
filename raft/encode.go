package raft

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = errors.New("malformed")

// maxMessageEntries limits how many entries one message may carry.
const maxMessageEntries = 1 << 14

// AppendTo appends the encoding of m to b: a protobuf message with the fields of
// Message in their order, numbered from 1, zeros left out.
func (m Message) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(m.Kind))
	b = appendNumber(b, 2, uint64(m.From))
	b = appendNumber(b, 3, uint64(m.To))
	b = appendNumber(b, 4, uint64(m.Term))
	b = appendNumber(b, 5, uint64(m.Index))
	b = appendNumber(b, 6, uint64(m.LogTerm))
	b = appendNumber(b, 7, uint64(m.Hint))
	b = appendNumber(b, 8, uint64(m.Commit))
	b = appendNumber(b, 9, m.Round)
	for _, e := range m.Entries {
		b = protowire.AppendTag(b, 10, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(e.encodedSize()))
		b = e.AppendTo(b)
	}
	if m.Forced {
		b = appendNumber(b, 11, 1)
	}
	if len(m.Data) > 0 {
		b = protowire.AppendTag(b, 12, protowire.BytesType)
		b = protowire.AppendBytes(b, m.Data)
	}
	if m.Abstains {
		b = appendNumber(b, 13, 1)
	}
	return b
}

// DecodeMessage is the inverse of [Message.AppendTo]. Data, also that of entries,
// aliases b. What it returns may still make no sense: [Replica.Step] judges that.
func DecodeMessage(b []byte) (Message, error) {
	var m Message
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			m.Kind = MessageKind(d.small())
		case 2:
			m.From = ID(d.number())
		case 3:
			m.To = ID(d.number())
		case 4:
			m.Term = Term(d.number())
		case 5:
			m.Index = Index(d.number())
		case 6:
			m.LogTerm = Term(d.number())
		case 7:
			m.Hint = Index(d.number())
		case 8:
			m.Commit = Index(d.number())
		case 9:
			m.Round = d.number()
		case 10:
			m.Entries = d.entry(m.Entries)
		case 11:
			m.Forced = d.number() != 0
		case 12:
			m.Data = d.bytes()
		case 13:
			m.Abstains = d.number() != 0
		}
	}
	if d.failed {
		return Message{}, fmt.Errorf("raft message: %w", ErrMalformed)
	}
	return m, nil
}

// AppendTo appends the encoding of e to b: a protobuf message with the fields of
// Entry in their order, numbered from 1, zeros left out.
func (e Entry) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(e.Index))
	b = appendNumber(b, 2, uint64(e.Term))
	b = appendNumber(b, 3, uint64(e.Stamp))
	b = appendNumber(b, 4, uint64(e.Kind))
	if len(e.Data) > 0 {
		b = protowire.AppendTag(b, 5, protowire.BytesType)
		b = protowire.AppendBytes(b, e.Data)
	}
	return b
}

// encodedSize is how many bytes [Entry.AppendTo] appends.
func (e Entry) encodedSize() int {
	n := numberSize(uint64(e.Index)) + numberSize(uint64(e.Term)) +
		numberSize(uint64(e.Stamp)) + numberSize(uint64(e.Kind))
	if len(e.Data) > 0 {
		n += 1 + protowire.SizeBytes(len(e.Data))
	}
	return n
}

// DecodeEntry is the inverse of [Entry.AppendTo]. Data aliases b.
func DecodeEntry(b []byte) (Entry, error) {
	var e Entry
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			e.Index = Index(d.number())
		case 2:
			e.Term = Term(d.number())
		case 3:
			e.Stamp = Stamp(d.number())
		case 4:
			e.Kind = Kind(d.small())
		case 5:
			e.Data = d.bytes()
		}
	}
	if d.failed || e.Index == 0 || e.Term == 0 || e.Kind == 0 {
		return Entry{}, fmt.Errorf("raft entry: %w", ErrMalformed)
	}
	return e, nil
}

// AppendTo appends the encoding of v to b: a protobuf message with the fields of
// Vote in their order, numbered from 1, zeros left out.
func (v Vote) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(v.Term))
	return appendNumber(b, 2, uint64(v.For))
}

// DecodeVote is the inverse of [Vote.AppendTo].
func DecodeVote(b []byte) (Vote, error) {
	var v Vote
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			v.Term = Term(d.number())
		case 2:
			v.For = ID(d.number())
		}
	}
	if d.failed {
		return Vote{}, fmt.Errorf("raft vote: %w", ErrMalformed)
	}
	return v, nil
}

// appendNumber appends a field unless it is zero.
func appendNumber(b []byte, field protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), v)
}

// numberSize is how many bytes [appendNumber] appends for a field below 16.
func numberSize(v uint64) int {
	if v == 0 {
		return 0
	}
	return 1 + protowire.SizeVarint(v)
}

// A decoder walks over the fields of one message. After the first failure it is
// at its end.
type decoder struct {
	rest   []byte
	field  protowire.Number
	kind   protowire.Type
	value  []byte // of the current field, with its length if it has one
	failed bool
}

// next steps to the next field and reports whether there is one.
func (d *decoder) next() bool {
	if d.failed || len(d.rest) == 0 {
		return false
	}
	field, kind, n := protowire.ConsumeTag(d.rest)
	if n < 0 {
		d.failed = true
		return false
	}
	size := protowire.ConsumeFieldValue(field, kind, d.rest[n:])
	if size < 0 {
		d.failed = true
		return false
	}
	d.field, d.kind = field, kind
	d.value, d.rest = d.rest[n:n+size], d.rest[n+size:]
	return true
}

// number is the current field as a number.
func (d *decoder) number() uint64 {
	if d.kind != protowire.VarintType {
		d.failed = true
		return 0
	}
	v, _ := protowire.ConsumeVarint(d.value)
	return v
}

// small is the current field as a number below 256. A larger one fails: cut to
// its lowest byte, a kind of the future could pass for one of today.
func (d *decoder) small() uint8 {
	v := d.number()
	if v > math.MaxUint8 {
		d.failed = true
	}
	return uint8(v)
}

// bytes is the current field as bytes that alias the input.
func (d *decoder) bytes() []byte {
	if d.kind != protowire.BytesType {
		d.failed = true
		return nil
	}
	v, _ := protowire.ConsumeBytes(d.value)
	return v[:len(v):len(v)]
}

// entry appends the current field to entries, of which a message holds no more
// than the limit.
func (d *decoder) entry(entries []Entry) []Entry {
	e, err := DecodeEntry(d.bytes())
	if err != nil || len(entries) == maxMessageEntries {
		d.failed = true
		return nil
	}
	return append(entries, e)
}
