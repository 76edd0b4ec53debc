package raft

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/raft/field"
)

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = field.ErrMalformed

// maxMessageEntries limits how many entries one message may carry.
const maxMessageEntries = 1 << 14

// AppendTo appends the encoding of m to b: a protobuf message with the fields of
// Message in their order, numbered from 1, zeros left out.
func (m Message) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(m.Kind))
	b = field.AppendNumber(b, 2, uint64(m.From))
	b = field.AppendNumber(b, 3, uint64(m.To))
	b = field.AppendNumber(b, 4, uint64(m.Term))
	b = field.AppendNumber(b, 5, uint64(m.Index))
	b = field.AppendNumber(b, 6, uint64(m.LogTerm))
	b = field.AppendNumber(b, 7, uint64(m.Hint))
	b = field.AppendNumber(b, 8, uint64(m.Commit))
	b = field.AppendNumber(b, 9, m.Round)
	for _, e := range m.Entries {
		b = protowire.AppendTag(b, 10, protowire.BytesType)
		b = protowire.AppendVarint(b, uint64(e.encodedSize()))
		b = e.AppendTo(b)
	}
	b = field.AppendBool(b, 11, m.Forced)
	b = field.AppendBytes(b, 12, m.Data)
	return field.AppendBool(b, 13, m.Abstains)
}

// DecodeMessage is the inverse of [Message.AppendTo]. Data, also that of entries,
// aliases b. What it returns may still make no sense: [Replica.Step] judges that.
func DecodeMessage(b []byte) (Message, error) {
	var m Message
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			m.Kind = MessageKind(d.Byte())
		case 2:
			m.From = ID(d.Uint())
		case 3:
			m.To = ID(d.Uint())
		case 4:
			m.Term = Term(d.Uint())
		case 5:
			m.Index = Index(d.Uint())
		case 6:
			m.LogTerm = Term(d.Uint())
		case 7:
			m.Hint = Index(d.Uint())
		case 8:
			m.Commit = Index(d.Uint())
		case 9:
			m.Round = d.Uint()
		case 10:
			m.Entries = appendEntry(m.Entries, &d)
		case 11:
			m.Forced = d.Bool()
		case 12:
			m.Data = d.Bytes()
		case 13:
			m.Abstains = d.Bool()
		}
	}
	if err := d.Err("raft message"); err != nil {
		return Message{}, err
	}
	return m, nil
}

// AppendTo appends the encoding of e to b: a protobuf message with the fields of
// Entry in their order, numbered from 1, zeros left out.
func (e Entry) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(e.Index))
	b = field.AppendNumber(b, 2, uint64(e.Term))
	b = field.AppendNumber(b, 3, uint64(e.Stamp))
	b = field.AppendNumber(b, 4, uint64(e.Kind))
	return field.AppendBytes(b, 5, e.Data)
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
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			e.Index = Index(d.Uint())
		case 2:
			e.Term = Term(d.Uint())
		case 3:
			e.Stamp = Stamp(d.Uint())
		case 4:
			e.Kind = Kind(d.Byte())
		case 5:
			e.Data = d.Bytes()
		}
	}
	d.Check(e.Index != 0 && e.Term != 0 && e.Kind != 0)
	if err := d.Err("raft entry"); err != nil {
		return Entry{}, err
	}
	return e, nil
}

// AppendTo appends the encoding of v to b: a protobuf message with the fields of
// Vote in their order, numbered from 1, zeros left out.
func (v Vote) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(v.Term))
	return field.AppendNumber(b, 2, uint64(v.For))
}

// DecodeVote is the inverse of [Vote.AppendTo].
func DecodeVote(b []byte) (Vote, error) {
	var v Vote
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			v.Term = Term(d.Uint())
		case 2:
			v.For = ID(d.Uint())
		}
	}
	if err := d.Err("raft vote"); err != nil {
		return Vote{}, err
	}
	return v, nil
}

// numberSize is how many bytes [field.AppendNumber] appends for a field below 16.
func numberSize(v uint64) int {
	if v == 0 {
		return 0
	}
	return 1 + protowire.SizeVarint(v)
}

// appendEntry appends the current field of d to entries, of which a message holds no
// more than the limit.
func appendEntry(entries []Entry, d *field.Reader) []Entry {
	e, err := DecodeEntry(d.Bytes())
	if d.Check(err == nil && len(entries) < maxMessageEntries); d.Failed() {
		return nil
	}
	return append(entries, e)
}
