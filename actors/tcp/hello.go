package tcp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/understudy-kv/understudy/actors"
)

// Version is the version of the protocol this package speaks. docs/wire.md says what
// takes a new one.
const Version = 3

const (
	magic       = "USTY"
	prefixBytes = 8  // of a hello of any version
	helloBytes  = 48 // of a hello of this version
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// An Identity is who a process is, as it says itself in the handshake.
type Identity struct {
	Node        actors.NodeID // 0 for a probe
	Cluster     uint64        // 0: any, for clients and probes
	Incarnation uint64        // how often a server has been started on its data directory
	// Directory is a random number of that data directory. A directory that is new in its
	// place counts from one again, so incarnations of different ones do not compare.
	Directory uint32
}

// before reports whether id is an earlier process on the same data directory than other.
func (id Identity) before(other Identity) bool {
	return id.Directory == other.Directory && id.Incarnation < other.Incarnation
}

// replaced reports whether id, a process of a node, is to make way for other, which is
// not before it.
func (id Identity) replaced(other Identity) bool {
	return id.Directory != other.Directory || id.before(other)
}

// A class says what a connection is for.
type class byte

const (
	probe class = iota
	small
	bulk
	classes // how many there are
)

func (c class) String() string {
	switch c {
	case probe:
		return "probe"
	case small:
		return "small"
	case bulk:
		return "bulk"
	}
	return fmt.Sprintf("class(%d)", byte(c))
}

// A hello is what both sides say first. The dialler's verdict is always welcome.
type hello struct {
	Identity
	version uint16
	class   class
	verdict Verdict
	peer    actors.NodeID // whom the sender takes the receiver for; 0: anybody
}

// Why bytes are not a hello.
var (
	errForeign  = errors.New("the other side does not speak the peer protocol: is this the right address?")
	errSecured  = errors.New("the other side uses TLS: give a certificate to both sides or to neither")
	errVersion  = errors.New("hello of another version")
	errChecksum = errors.New("hello with a wrong checksum")
)

func (h hello) append(b []byte) []byte {
	start := len(b)
	b = append(b, magic...)
	b = binary.LittleEndian.AppendUint16(b, h.version)
	b = append(b, byte(h.class), byte(h.verdict))
	b = binary.LittleEndian.AppendUint64(b, h.Cluster)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.Node))
	b = binary.LittleEndian.AppendUint64(b, h.Incarnation)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.peer))
	b = binary.LittleEndian.AppendUint32(b, h.Directory)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// decodePrefix reads the part of a hello that is the same in all versions. With
// [errVersion] the hello holds that part.
func decodePrefix(b []byte) (hello, error) {
	if len(b) > 1 && b[0] == 0x16 && b[1] == 3 { // a TLS record that begins a handshake
		return hello{}, errSecured
	}
	if len(b) < prefixBytes || string(b[:4]) != magic {
		return hello{}, fmt.Errorf("%w (it began with %q)", errForeign, b[:min(len(b), prefixBytes)])
	}
	h := hello{
		version: binary.LittleEndian.Uint16(b[4:]),
		class:   class(b[6]),
		verdict: Verdict(b[7]),
	}
	if h.version != Version {
		return h, errVersion
	}
	return h, nil
}

// decodeHello reads a whole hello of this version.
func decodeHello(b []byte) (hello, error) {
	h, err := decodePrefix(b)
	if err != nil {
		return h, err
	}
	if len(b) < helloBytes {
		return hello{}, io.ErrUnexpectedEOF
	}
	sum := binary.LittleEndian.Uint32(b[helloBytes-4:])
	if sum != crc32.Checksum(b[:helloBytes-4], castagnoli) {
		return hello{}, errChecksum
	}
	h.Cluster = binary.LittleEndian.Uint64(b[8:])
	h.Node = actors.NodeID(binary.LittleEndian.Uint64(b[16:]))
	h.Incarnation = binary.LittleEndian.Uint64(b[24:])
	h.peer = actors.NodeID(binary.LittleEndian.Uint64(b[32:]))
	h.Directory = binary.LittleEndian.Uint32(b[40:])
	return h, nil
}

// readHello reads no byte beyond the hello. Of another version it reads only what
// decodePrefix understands.
func readHello(r io.Reader) (hello, error) {
	b := make([]byte, helloBytes)
	n, err := io.ReadFull(r, b[:prefixBytes])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		_, err = decodePrefix(b[:n])
	}
	if err != nil {
		return hello{}, err
	}
	if h, err := decodePrefix(b); err != nil {
		return h, err
	}
	if _, err := io.ReadFull(r, b[prefixBytes:]); err != nil {
		return hello{}, err
	}
	return decodeHello(b)
}
