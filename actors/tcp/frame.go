package tcp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// headerBytes is the length of what stands before the body of a frame.
const headerBytes = 8

// errFrame is wrapped by every error about bytes that are not frames.
var errFrame = errors.New("bad frame")

// seal fills in the header of a frame whose body is complete.
func seal(frame []byte) {
	binary.LittleEndian.PutUint32(frame, uint32(len(frame)-headerBytes))
	binary.LittleEndian.PutUint32(frame[4:], checksum(frame))
}

func checksum(frame []byte) uint32 {
	sum := crc32.Update(0, castagnoli, frame[:4])
	return crc32.Update(sum, castagnoli, frame[headerBytes:])
}

// cutFrame returns the body of the frame that b begins with, and what follows it.
// The body is nil if b holds only a part of the frame; then need is the length of
// the whole frame, or 0 if that cannot be told yet.
func cutFrame(b []byte) (body, rest []byte, need int, err error) {
	if len(b) < headerBytes {
		return nil, b, 0, nil
	}
	n := binary.LittleEndian.Uint32(b)
	if n == 0 || n > maxFrameBytes {
		return nil, nil, 0, fmt.Errorf("%w: length %d, at most %d", errFrame, n, maxFrameBytes)
	}
	need = headerBytes + int(n)
	if len(b) < need {
		return nil, b, need, nil
	}
	if binary.LittleEndian.Uint32(b[4:]) != checksum(b[:need]) {
		return nil, nil, 0, fmt.Errorf("%w: wrong checksum", errFrame)
	}
	return b[headerBytes:need], b[need:], need, nil
}

// A packet is one message in a body.
type packet struct {
	to, from []byte // names
	message  []byte
}

// appendPacketHead appends what precedes the message in a packet.
func appendPacketHead(b []byte, to, from string, messageBytes int) []byte {
	b = binary.AppendUvarint(b, uint64(len(to)))
	b = append(b, to...)
	b = binary.AppendUvarint(b, uint64(len(from)))
	b = append(b, from...)
	return binary.AppendUvarint(b, uint64(messageBytes))
}

// cutPacket returns the packet that body begins with, and what follows it. The
// packet aliases body.
func cutPacket(body []byte) (p packet, rest []byte, err error) {
	fields := [...]struct {
		into *[]byte
		max  uint64
	}{{&p.to, MaxNameBytes}, {&p.from, MaxNameBytes}, {&p.message, MaxMessageBytes}}
	for _, f := range fields {
		n, size := binary.Uvarint(body)
		if size <= 0 || n > f.max || n > uint64(len(body)-size) {
			return packet{}, nil, fmt.Errorf("%w: a field ends outside of its body or limit", errFrame)
		}
		*f.into, body = body[size:size+int(n)], body[size+int(n):]
	}
	return p, body, nil
}
