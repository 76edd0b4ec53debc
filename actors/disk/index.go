package disk

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/understudy-kv/understudy/actors"
)

const (
	footerMagic = "usfile01"
	footerBytes = 24
	// entryBytes is what the index has for each piece.
	entryBytes = 8
	// maxPieces keeps an index small enough to be held in memory.
	maxPieces = 1 << 20
)

// An index says where the pieces of a file are, and what they must sum up to. It stands
// behind them, and ends with a footer.
type index struct {
	salt    uint64
	entries []entry
	size    int64 // of all pieces together
}

// An entry describes a piece.
type entry struct {
	start  int64
	length int
	sum    uint32
}

// add takes notice of the next piece.
func (x *index) add(piece []byte) {
	sum := pieceSum(x.salt, len(x.entries), piece)
	x.entries = append(x.entries, entry{start: x.size, length: len(piece), sum: sum})
	x.size += int64(len(piece))
}

// pieceSum is the checksum over a piece, bound to its file and its place there.
func pieceSum(salt uint64, number int, piece []byte) uint32 {
	head := binary.LittleEndian.AppendUint64(nil, salt)
	head = binary.LittleEndian.AppendUint64(head, uint64(number))
	return crc32.Update(crc32.Checksum(head, castagnoli), castagnoli, piece)
}

// appendTo appends the end of the file of that name: the index and its footer.
func (x *index) appendTo(b []byte, name string) []byte {
	start := len(b)
	for _, e := range x.entries {
		b = binary.LittleEndian.AppendUint32(b, uint32(e.length))
		b = binary.LittleEndian.AppendUint32(b, e.sum)
	}
	b = append(b, footerMagic...)
	b = binary.LittleEndian.AppendUint64(b, x.salt)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(x.entries)))
	return binary.LittleEndian.AppendUint32(b, indexSum(b[start:], name))
}

// indexSum is the checksum over an index and its footer, bound to the name of the file.
func indexSum(b []byte, name string) uint32 {
	return crc32.Update(crc32.Checksum([]byte(name), castagnoli), castagnoli, b)
}

// indexBytes returns how large the index is, footer included, that ends with this
// footer. It does not believe it: the checksum is over all of it.
func indexBytes(footer []byte) (size int, ok bool) {
	if len(footer) != footerBytes || string(footer[:8]) != footerMagic {
		return 0, false
	}
	count := binary.LittleEndian.Uint32(footer[16:])
	if count > maxPieces {
		return 0, false
	}
	return int(count)*entryBytes + footerBytes, true
}

// decodeIndex decodes the index, footer included, of the file of that name, and reports
// whether it is intact.
func decodeIndex(b []byte, name string) (x index, ok bool) {
	footer := len(b) - footerBytes
	if footer < 0 || binary.LittleEndian.Uint32(b[footer+20:]) != indexSum(b[:footer+20], name) {
		return index{}, false
	}
	if size, ok := indexBytes(b[footer:]); !ok || size != len(b) {
		return index{}, false
	}
	x.salt = binary.LittleEndian.Uint64(b[footer+8:])
	for ; len(b) > footerBytes; b = b[entryBytes:] {
		e := entry{start: x.size, length: int(binary.LittleEndian.Uint32(b)), sum: binary.LittleEndian.Uint32(b[4:])}
		if e.length == 0 || e.length > actors.MaxPieceBytes {
			return index{}, false
		}
		x.entries = append(x.entries, e)
		x.size += int64(e.length)
	}
	return x, true
}
