package ring

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// ErrCorrupt means that bytes are not the encoding of a map.
var ErrCorrupt = errors.New("ring: corrupt encoding")

// AppendTo appends the encoding of m, as docs/wire.md specifies it, to b.
func (m Map) AppendTo(b []byte) []byte {
	b = appendUvarint(b, 1, m.Cluster)
	b = appendUvarint(b, 2, m.Epoch)
	var part []byte
	for _, member := range m.Members {
		part = member.appendTo(part[:0])
		b = appendBytes(b, 3, part)
	}
	for _, owners := range m.Owners {
		part = appendOwners(part[:0], owners)
		b = appendBytes(b, 4, part)
	}
	return b
}

func (m Member) appendTo(b []byte) []byte {
	b = appendUvarint(b, 1, m.ID)
	b = appendText(b, 2, m.Zone)
	b = appendText(b, 3, m.Address)
	return appendText(b, 4, m.Redis)
}

func appendOwners(b []byte, owners []NodeID) []byte {
	size := 0
	for _, id := range owners {
		size += protowire.SizeVarint(id)
	}
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	for _, id := range owners {
		b = protowire.AppendVarint(b, id)
	}
	return b
}

func appendUvarint(b []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	b = protowire.AppendTag(b, num, protowire.VarintType)
	return protowire.AppendVarint(b, v)
}

func appendText(b []byte, num protowire.Number, v string) []byte {
	if v == "" {
		return b
	}
	return appendBytes(b, num, []byte(v))
}

func appendBytes(b []byte, num protowire.Number, v []byte) []byte {
	b = protowire.AppendTag(b, num, protowire.BytesType)
	return protowire.AppendBytes(b, v)
}

// DecodeMap decodes a map and validates it. What it returns does not alias b.
func DecodeMap(b []byte) (Map, error) {
	if len(b) > MaxMapBytes {
		return Map{}, fmt.Errorf("%w: map of %d bytes", ErrCorrupt, len(b))
	}
	d := decoder{rest: b}
	m := d.mapOf()
	if d.failed {
		return Map{}, ErrCorrupt
	}
	if err := m.Validate(); err != nil {
		return Map{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return m, nil
}
