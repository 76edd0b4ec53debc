package foreign

import (
	"encoding/binary"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv"
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
)

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
	}
	return nil, fmt.Errorf("%T stays on its node", m)
}

// Decode implements [sim.Codec].
func (codec) Decode(b []byte) (actors.Message, error) {
	if len(b) == 0 {
		return nil, errRecord
	}
	switch b[0] {
	case packetTag:
		return Packet{Bytes: b[1:]}, nil
	case requestTag:
		c, err := decodeCommand(b[1:])
		return request{c}, err
	case responseTag:
		return decodeResponse(b[1:])
	}
	return nil, errRecord
}

func decodeResponse(b []byte) (actors.Message, error) {
	d := decoder{rest: b}
	r := response{serial: d.number()}
	r.result = kv.Result{Code: kv.Code(d.number()), Number: int64(d.number()), Value: d.bytes()}
	return r, d.end()
}
