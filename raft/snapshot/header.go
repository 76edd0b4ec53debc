package snapshot

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/field"
	"github.com/understudy-kv/understudy/raft/journal"
)

// formatVersion is the version of the files that this package reads and writes.
const formatVersion = 1

// errVersion: another version of this program has written the file. Nothing is wrong
// with it.
var errVersion = errors.New("format version")

// A header is the first piece of a file.
type header struct {
	group journal.GroupID
	// copy is a random number, not zero, drawn when the snapshot is captured. Files
	// with the same number are the same to the last byte: one was fetched from the
	// other.
	copy     uint64
	snapshot raft.Snapshot
}

func (h header) key() key { return keyOf(h.group, h.snapshot) }

// appendTo appends the encoding of h to b.
func (h header) appendTo(b []byte) []byte {
	b = field.AppendNumber(b, 1, formatVersion)
	b = field.AppendNumber(b, 2, uint64(h.group))
	b = field.AppendNumber(b, 3, h.copy)
	return field.AppendBytes(b, 4, h.snapshot.AppendTo(nil))
}

// decodeHeader is the inverse of [header.appendTo].
func decodeHeader(b []byte) (header, error) {
	var h header
	var version uint64
	var err error
	d := field.Read(b)
	for d.Next() {
		switch d.Number {
		case 1:
			version = d.Uint()
		case 2:
			h.group = journal.GroupID(d.Uint())
		case 3:
			h.copy = d.Uint()
		case 4:
			h.snapshot, err = raft.DecodeSnapshot(d.Bytes())
			d.Check(err == nil)
		}
	}
	if !d.Failed() && version != formatVersion {
		return header{}, fmt.Errorf("snapshot: %w: %w %d; this program reads version %d",
			ErrMalformed, errVersion, version, formatVersion)
	}
	if d.Failed() || h.group == 0 || h.copy == 0 || h.snapshot.Index == 0 {
		return header{}, fmt.Errorf("snapshot: %w: header of a file", ErrMalformed)
	}
	return h, nil
}

// checkHeader returns the header that is in the first piece of the file named k.
func checkHeader(k key, piece []byte) (header, error) {
	h, err := decodeHeader(piece)
	if err == nil && h.key() != k {
		err = fmt.Errorf("snapshot: %w: file %s has the header of %s", ErrMalformed, k.name(), h.key().name())
	}
	return h, err
}

const namePrefix = "snapshot-"

// name is what the file of a snapshot is called.
func (k key) name() string {
	return fmt.Sprintf("%s%d-%d-%d", namePrefix, k.group, k.index, k.term)
}

// parseName is the inverse of [key.name]. It reports whether the name is one.
func parseName(name string) (key, bool) {
	rest, _ := strings.CutPrefix(name, namePrefix)
	var numbers [3]uint64
	parts := strings.Split(rest, "-")
	if len(parts) != len(numbers) {
		return key{}, false
	}
	for i, part := range parts {
		numbers[i], _ = strconv.ParseUint(part, 10, 64)
	}
	k := key{journal.GroupID(numbers[0]), raft.Index(numbers[1]), raft.Term(numbers[2])}
	return k, k.name() == name && k.group != 0 && k.index != 0
}
