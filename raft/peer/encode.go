package peer

import (
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/field"
	"github.com/understudy-kv/understudy/raft/journal"
)

// The encodings here are specified in docs/wire.md. Decoders skip fields that
// they do not know; what they return may alias their input.

// ErrMalformed is wrapped by the errors of this package's decoders.
var ErrMalformed = field.ErrMalformed

// AppendTo appends the encoding of q to b.
func (q Request) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, q.ID)
	b = field.AppendBool(b, 2, q.Read)
	b = field.AppendNumber(b, 3, uint64(q.Seen))
	return field.AppendBytes(b, 4, q.Body)
}

// DecodeRequest is the inverse of [Request.AppendTo]. Body aliases b.
func DecodeRequest(b []byte) (Request, error) {
	var q Request
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			q.ID = d.Uint()
		case 2:
			q.Read = d.Bool()
		case 3:
			q.Seen = raft.Stamp(d.Uint())
		case 4:
			q.Body = d.Bytes()
		}
	}
	return q, d.Err("request")
}

// AppendTo appends the encoding of p to b.
func (p Response) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, p.ID)
	b = field.AppendNumber(b, 2, uint64(p.Outcome))
	b = field.AppendNumber(b, 3, uint64(p.Leader))
	b = field.AppendBytes(b, 4, p.Body)
	b = field.AppendNumber(b, 5, uint64(p.Stamp))
	return field.AppendNumber(b, 6, uint64(p.Position))
}

// DecodeResponse is the inverse of [Response.AppendTo]. Body aliases b.
func DecodeResponse(b []byte) (Response, error) {
	var p Response
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			p.ID = d.Uint()
		case 2:
			p.Outcome = Outcome(d.Byte())
		case 3:
			p.Leader = raft.ID(d.Uint())
		case 4:
			p.Body = d.Bytes()
		case 5:
			p.Stamp = raft.Stamp(d.Uint())
		case 6:
			p.Position = raft.Index(d.Uint())
		}
	}
	return p, d.Err("response")
}

// AppendTo appends the encoding of s to b.
func (s Status) AppendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, uint64(s.Group))
	b = field.AppendNumber(b, 2, uint64(s.Raft.ID))
	b = field.AppendNumber(b, 3, uint64(s.Raft.Role))
	b = field.AppendNumber(b, 4, uint64(s.Raft.Vote.Term))
	b = field.AppendNumber(b, 5, uint64(s.Raft.Vote.For))
	b = field.AppendNumber(b, 6, uint64(s.Raft.Leader))
	b = field.AppendNumber(b, 7, uint64(s.Raft.Commit))
	b = field.AppendNumber(b, 8, uint64(s.Raft.Delivered))
	b = field.AppendNumber(b, 9, uint64(s.Raft.Durable))
	b = field.AppendNumber(b, 10, uint64(s.Raft.Last))
	b = field.AppendNumber(b, 11, s.Summary.Items)
	b = field.AppendNumber(b, 12, s.Summary.Hash)
	b = field.AppendNumber(b, 13, s.Raft.Refused)
	b = field.AppendNumber(b, 14, uint64(s.Raft.Snapshot))
	b = field.AppendNumber(b, 15, uint64(s.Raft.First))
	b = field.AppendNumber(b, 16, uint64(s.Raft.LogBytes))
	b = field.AppendBytes(b, 17, s.Raft.Configuration.AppendTo(nil))
	b = field.AppendNumber(b, 18, uint64(s.Raft.Configured))
	b = field.AppendNumber(b, 19, uint64(s.Raft.Transferring))
	b = field.AppendBytes(b, 20, []byte(s.Stopped))
	b = field.AppendBool(b, 21, s.Raft.Damaged)
	return field.AppendBool(b, 22, s.Raft.Resting)
}

// DecodeStatus is the inverse of [Status.AppendTo].
func DecodeStatus(b []byte) (Status, error) {
	var s Status
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			s.Group = journal.GroupID(d.Uint())
		case 11:
			s.Summary.Items = d.Uint()
		case 12:
			s.Summary.Hash = d.Uint()
		case 20:
			s.Stopped = string(d.Bytes())
		default:
			readBelief(&s.Raft, &d)
		}
	}
	return s, d.Err("status")
}

// readBelief takes the current field of a status if it is about what a replica believes.
func readBelief(r *raft.Status, d *field.Reader) {
	switch d.Number {
	case 2:
		r.ID = raft.ID(d.Uint())
	case 3:
		r.Role = raft.Role(d.Byte())
	case 4:
		r.Vote.Term = raft.Term(d.Uint())
	case 5:
		r.Vote.For = raft.ID(d.Uint())
	case 6:
		r.Leader = raft.ID(d.Uint())
	case 13:
		r.Refused = d.Uint()
	case 16:
		r.LogBytes = int(d.Uint())
	case 17:
		r.Configuration = configuration(d)
	case 19:
		r.Transferring = raft.ID(d.Uint())
	case 21:
		r.Damaged = d.Bool()
	case 22:
		r.Resting = d.Bool()
	default:
		readIndex(r, d)
	}
}

// readIndex takes the current field of a status if it is a position in the log.
func readIndex(r *raft.Status, d *field.Reader) {
	if i := positionIn(r, d.Number); i != nil {
		*i = raft.Index(d.Uint())
	}
}

// positionIn is where a status has the position of a field, or nil if it is none.
func positionIn(r *raft.Status, n protowire.Number) *raft.Index {
	switch n {
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
	b = field.AppendNumber(b, 1, q.ID)
	b = appendIDs(b, 2, q.Voters)
	return appendIDs(b, 3, q.Learners)
}

// DecodeChangeRequest is the inverse of [ChangeRequest.AppendTo].
func DecodeChangeRequest(b []byte) (ChangeRequest, error) {
	var q ChangeRequest
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			q.ID = d.Uint()
		case 2:
			q.Voters = appendID(q.Voters, &d)
		case 3:
			q.Learners = appendID(q.Learners, &d)
		}
	}
	return q, d.Err("change request")
}

// AppendTo appends the encoding of q to b.
func (q TransferRequest) AppendTo(b []byte) []byte {
	return field.AppendNumber(field.AppendNumber(b, 1, q.ID), 2, uint64(q.To))
}

// DecodeTransferRequest is the inverse of [TransferRequest.AppendTo].
func DecodeTransferRequest(b []byte) (TransferRequest, error) {
	var q TransferRequest
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			q.ID = d.Uint()
		case 2:
			q.To = raft.ID(d.Uint())
		}
	}
	return q, d.Err("transfer request")
}

// AppendTo appends the encoding of c to b.
func (c Checksum) AppendTo(b []byte) []byte {
	return field.AppendNumber(field.AppendNumber(b, 1, uint64(c.Index)), 2, c.Hash)
}

// DecodeChecksum is the inverse of [Checksum.AppendTo].
func DecodeChecksum(b []byte) (Checksum, error) {
	var c Checksum
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			c.Index = raft.Index(d.Uint())
		case 2:
			c.Hash = d.Uint()
		}
	}
	return c, d.Err("checksum")
}

// maxListed limits the members that one list of a request may name.
const maxListed = 64

// appendIDs appends a field for every id.
func appendIDs(b []byte, n protowire.Number, ids []raft.ID) []byte {
	for _, id := range ids {
		b = field.AppendItem(b, n, uint64(id))
	}
	return b
}

// appendID appends the current field of d to a list.
func appendID(list []raft.ID, d *field.Reader) []raft.ID {
	if d.Check(len(list) < maxListed); d.Failed() {
		return nil
	}
	return append(list, raft.ID(d.Uint()))
}

// configuration is the current field of d as a configuration.
func configuration(d *field.Reader) raft.Configuration {
	c, err := raft.DecodeConfiguration(d.Bytes())
	d.Check(err == nil)
	return c
}
