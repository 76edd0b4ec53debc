package foreign

import (
	"encoding/binary"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

// A request is what a client asks a server.
type request struct{ command }

// A response answers the request of that serial number. A result without a code
// refuses it: it had no effect and never will have one.
type response struct {
	serial uint64
	result kv.Result
}

// The tags of messages between nodes.
const (
	packetTag byte = iota + 1
	requestTag
	responseTag
	wantedTag
	imageTag
)

// wanted asks a node for a state that it offered.
type wanted struct {
	index raft.Index
	term  raft.Term
}

// codec encodes the messages between nodes.
type codec struct{}

// Append implements [sim.Codec].
func (codec) Append(b []byte, m actors.Message) ([]byte, error) {
	switch m := m.(type) {
	case Packet:
		return append(append(b, packetTag), m.Bytes...), nil
	case request:
		return m.appendTo(append(b, requestTag)), nil
	case response:
		b = binary.AppendUvarint(append(b, responseTag), m.serial)
		b = binary.AppendUvarint(b, uint64(m.result.Code))
		b = binary.AppendUvarint(b, uint64(m.result.Number))
		return appendBytes(b, m.result.Value), nil
	case wanted:
		b = binary.AppendUvarint(append(b, wantedTag), uint64(m.index))
		return binary.AppendUvarint(b, uint64(m.term)), nil
	case image:
		return appendBytes(appendSnapshot(append(b, imageTag), m.snapshot), m.state), nil
	}
	return nil, fmt.Errorf("%T stays on its node", m)
}

// Decode implements [sim.Codec].
func (codec) Decode(b []byte) (actors.Message, error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	d := decoder{rest: b[1:]}
	switch b[0] {
	case packetTag:
		return Packet{Bytes: b[1:]}, nil
	case requestTag:
		c, err := decodeCommand(b[1:])
		return request{c}, err
	case responseTag:
		r := response{serial: d.number()}
		r.result = kv.Result{Code: kv.Code(d.number()), Number: int64(d.number()), Value: d.bytes()}
		return r, d.end()
	case wantedTag:
		w := wanted{raft.Index(d.number()), raft.Term(d.number())}
		return w, d.end()
	case imageTag:
		i := image{d.snapshot(), d.bytes()}
		return i, d.end()
	}
	return nil, errRecord
}
