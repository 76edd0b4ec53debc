package disk

import (
	"encoding/binary"
	"hash/crc32"
)

// frameHeader is the size of the part of a frame before its body.
const frameHeader = 28

// magic begins every frame, before the letter that says its kind.
const magic = "uS1"

const (
	recordKind = 'r'
	sealKind   = 's'
)

// A frame is what one entry of the wal holds.
type frame struct {
	kind   byte
	number uint64
	claim  uint64 // every frame up to this one was synced before this was written
	body   []byte
}

// appendTo appends the encoding of f in a log of that salt.
func (f frame) appendTo(b []byte, salt uint64) []byte {
	start := len(b)
	b = append(b, magic...)
	b = append(b, f.kind)
	b = binary.LittleEndian.AppendUint64(b, f.number)
	b = binary.LittleEndian.AppendUint64(b, f.claim)
	b = binary.LittleEndian.AppendUint32(b, headerSum(b[start:], salt))
	b = binary.LittleEndian.AppendUint32(b, bodySum(b[start:], f.body))
	return append(b, f.body...)
}

// headerSum is the checksum over the first 20 bytes of a frame.
func headerSum(header []byte, salt uint64) uint32 {
	sum := crc32.Checksum(binary.LittleEndian.AppendUint64(nil, salt), castagnoli)
	return crc32.Update(sum, castagnoli, header[:20])
}

// bodySum is the checksum over a body, bound to the header before it.
func bodySum(header, body []byte) uint32 {
	return crc32.Update(crc32.Checksum(header[20:24], castagnoli), castagnoli, body)
}

// decodeHeader decodes the header at the front of b, and reports whether it is
// intact. It says nothing about the body.
func decodeHeader(b []byte, salt uint64) (f frame, ok bool) {
	if len(b) < frameHeader || string(b[:3]) != magic || b[3] != recordKind && b[3] != sealKind {
		return frame{}, false
	}
	f = frame{
		kind:   b[3],
		number: binary.LittleEndian.Uint64(b[4:]),
		claim:  binary.LittleEndian.Uint64(b[12:]),
	}
	return f, binary.LittleEndian.Uint32(b[20:]) == headerSum(b, salt)
}

// decodeFrame decodes the frame that b holds from end to end, and reports whether it
// is intact. The body aliases b.
func decodeFrame(b []byte, salt uint64) (f frame, ok bool) {
	f, ok = decodeHeader(b, salt)
	if !ok {
		return frame{}, false
	}
	f.body = b[frameHeader:len(b):len(b)]
	return f, binary.LittleEndian.Uint32(b[24:]) == bodySum(b, f.body)
}
