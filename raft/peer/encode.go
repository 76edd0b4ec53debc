package peer

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/journal"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know; what they return may alias their input.

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = fmt.Errorf("malformed message")

// AppendTo appends the encoding of q to b.
func (q Request) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, q.ID)
	b = appendNumber(b, 2, protowire.EncodeBool(q.Read))
	b = appendNumber(b, 3, uint64(q.Seen))
	return appendBytes(b, 4, q.Body)
}

// DecodeRequest is the inverse of [Request.AppendTo]. Body aliases b.
func DecodeRequest(b []byte) (Request, error) {
	var q Request
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			q.ID = d.number()
		case 2:
			q.Read = protowire.DecodeBool(d.number())
		case 3:
			q.Seen = raft.Stamp(d.number())
		case 4:
			q.Body = d.bytes()
		}
	}
	return q, d.error("request")
}

// AppendTo appends the encoding of p to b.
func (p Response) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, p.ID)
	b = appendNumber(b, 2, uint64(p.Outcome))
	b = appendNumber(b, 3, uint64(p.Leader))
	b = appendBytes(b, 4, p.Body)
	b = appendNumber(b, 5, uint64(p.Stamp))
	return appendNumber(b, 6, uint64(p.Position))
}

// DecodeResponse is the inverse of [Response.AppendTo]. Body aliases b.
func DecodeResponse(b []byte) (Response, error) {
	var p Response
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			p.ID = d.number()
		case 2:
			p.Outcome = Outcome(d.small())
		case 3:
			p.Leader = raft.ID(d.number())
		case 4:
			p.Body = d.bytes()
		case 5:
			p.Stamp = raft.Stamp(d.number())
		case 6:
			p.Position = raft.Index(d.number())
		}
	}
	return p, d.error("response")
}

// AppendTo appends the encoding of s to b.
func (s Status) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, uint64(s.Group))
	b = appendNumber(b, 2, uint64(s.Raft.ID))
	b = appendNumber(b, 3, uint64(s.Raft.Role))
	b = appendNumber(b, 4, uint64(s.Raft.Vote.Term))
	b = appendNumber(b, 5, uint64(s.Raft.Vote.For))
	b = appendNumber(b, 6, uint64(s.Raft.Leader))
	b = appendNumber(b, 7, uint64(s.Raft.Commit))
	b = appendNumber(b, 8, uint64(s.Raft.Delivered))
	b = appendNumber(b, 9, uint64(s.Raft.Durable))
	b = appendNumber(b, 10, uint64(s.Raft.Last))
	b = appendNumber(b, 11, s.Summary.Items)
	b = appendNumber(b, 12, s.Summary.Hash)
	b = appendNumber(b, 13, s.Raft.Refused)
	b = appendNumber(b, 14, uint64(s.Raft.Snapshot))
	b = appendNumber(b, 15, uint64(s.Raft.First))
	b = appendNumber(b, 16, uint64(s.Raft.LogBytes))
	b = appendBytes(b, 17, s.Raft.Configuration.AppendTo(nil))
	b = appendNumber(b, 18, uint64(s.Raft.Configured))
	b = appendNumber(b, 19, uint64(s.Raft.Transferring))
	b = appendBytes(b, 20, []byte(s.Stopped))
	b = appendNumber(b, 21, protowire.EncodeBool(s.Raft.Damaged))
	return appendNumber(b, 22, protowire.EncodeBool(s.Raft.Resting))
}

// DecodeStatus is the inverse of [Status.AppendTo].
func DecodeStatus(b []byte) (Status, error) {
	var s Status
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			s.Group = journal.GroupID(d.number())
		case 11:
			s.Summary.Items = d.number()
		case 12:
			s.Summary.Hash = d.number()
		case 20:
			s.Stopped = string(d.bytes())
		default:
			d.belief(&s.Raft)
		}
	}
	return s, d.error("status")
}

// belief takes the current field of a status if it is about what a replica believes.
func (d *decoder) belief(r *raft.Status) {
	switch d.field {
	case 2:
		r.ID = raft.ID(d.number())
	case 3:
		r.Role = raft.Role(d.small())
	case 4:
		r.Vote.Term = raft.Term(d.number())
	case 5:
		r.Vote.For = raft.ID(d.number())
	case 6:
		r.Leader = raft.ID(d.number())
	case 13:
		r.Refused = d.number()
	case 16:
		r.LogBytes = int(d.number())
	case 17:
		r.Configuration = d.configuration()
	case 19:
		r.Transferring = raft.ID(d.number())
	case 21:
		r.Damaged = protowire.DecodeBool(d.number())
	case 22:
		r.Resting = protowire.DecodeBool(d.number())
	default:
		d.index(r)
	}
}

// index takes the current field of a status if it is a position in the log.
func (d *decoder) index(r *raft.Status) {
	if i := positionIn(r, d.field); i != nil {
		*i = raft.Index(d.number())
	}
}

// positionIn is where a status has the position of a field, or nil if it is none.
func positionIn(r *raft.Status, field protowire.Number) *raft.Index {
	switch field {
	case 7:
		return &r.Commit
	case 8:
		return &r.Delivered
	case 9:
		return &r.Durable
	case 10:
		return &r.Last
	case 14:
		return &r.Snapshot
	case 15:
		return &r.First
	case 18:
		return &r.Configured
	}
	return nil
}

// AppendTo appends the encoding of q to b.
func (q ChangeRequest) AppendTo(b []byte) []byte {
	b = appendNumber(b, 1, q.ID)
	b = appendIDs(b, 2, q.Voters)
	return appendIDs(b, 3, q.Learners)
}

// DecodeChangeRequest is the inverse of [ChangeRequest.AppendTo].
func DecodeChangeRequest(b []byte) (ChangeRequest, error) {
	var q ChangeRequest
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			q.ID = d.number()
		case 2:
			q.Voters = d.id(q.Voters)
		case 3:
			q.Learners = d.id(q.Learners)
		}
	}
	return q, d.error("change request")
}

// AppendTo appends the encoding of q to b.
func (q TransferRequest) AppendTo(b []byte) []byte {
	return appendNumber(appendNumber(b, 1, q.ID), 2, uint64(q.To))
}

// DecodeTransferRequest is the inverse of [TransferRequest.AppendTo].
func DecodeTransferRequest(b []byte) (TransferRequest, error) {
	var q TransferRequest
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			q.ID = d.number()
		case 2:
			q.To = raft.ID(d.number())
		}
	}
	return q, d.error("transfer request")
}

// AppendTo appends the encoding of c to b.
func (c Checksum) AppendTo(b []byte) []byte {
	return appendNumber(appendNumber(b, 1, uint64(c.Index)), 2, c.Hash)
}

// DecodeChecksum is the inverse of [Checksum.AppendTo].
func DecodeChecksum(b []byte) (Checksum, error) {
	var c Checksum
	d := decoder{rest: b}
	for d.next() {
		switch d.field {
		case 1:
			c.Index = raft.Index(d.number())
		case 2:
			c.Hash = d.number()
		}
	}
	return c, d.error("checksum")
}
