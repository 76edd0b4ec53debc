package disk

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/understudy-kv/understudy/actors"
)

const identityFile = "identity"

// heading is the first line of an identity file.
const (
	headingOfAny = "understudy data directory, format "
	heading      = headingOfAny + "2"
)

// maxIdentityBytes is far more than any identity file has.
const maxIdentityBytes = 1 << 20

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// ErrForeign is wrapped by the error of [Open] for a directory that belongs to another
// node or cluster.
var ErrForeign = errors.New("foreign data directory")

// A foreignError explains itself; that it is [ErrForeign] needs no words.
type foreignError struct{ text string }

func (e foreignError) Error() string        { return e.text }
func (e foreignError) Is(target error) bool { return target == ErrForeign }

// A label is the content of an identity file.
type label struct {
	Identity
	directory   uint32 // a random number: tells it from one that is new in its place
	incarnation uint64
	logs        []listing // sorted by name
}

// A listing says that a log was created, and with which salt. So a log that is lost is
// missed, and what is left of a damaged one can be told from what is not of it.
type listing struct {
	name string
	salt uint64
}

// check describes why the directory that bears l is not that of id.
func (l label) check(dir string, id Identity) error {
	if l.Cluster != id.Cluster {
		return foreignError{fmt.Sprintf("data directory %s belongs to cluster %016x, not to cluster %016x. "+
			"Choose another directory, or start the node with the cluster it belongs to", dir, l.Cluster, id.Cluster)}
	}
	if l.Node != id.Node {
		return foreignError{fmt.Sprintf("data directory %s belongs to node %d of this cluster, not to node %d. "+
			"Choose another directory, or start the node with its own number", dir, l.Node, id.Node)}
	}
	return nil
}

// appendTo appends the text of the file.
func (l label) appendTo(b []byte) []byte {
	start := len(b)
	b = append(b, heading+"\n"...)
	b = fmt.Appendf(b, "cluster %016x\n", l.Cluster)
	b = fmt.Appendf(b, "node %d\n", uint64(l.Node))
	b = fmt.Appendf(b, "directory %08x\n", l.directory)
	b = fmt.Appendf(b, "incarnation %d\n", l.incarnation)
	for _, log := range l.logs {
		b = fmt.Appendf(b, "log %s %016x\n", log.name, log.salt)
	}
	return fmt.Appendf(b, "crc32c %08x\n", crc32.Checksum(b[start:], castagnoli))
}

// readLabel reads an identity file.
func readLabel(path string) (label, error) {
	info, err := os.Stat(path)
	if err != nil {
		return label{}, err
	}
	if info.Size() > maxIdentityBytes {
		return label{}, errIdentity(path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return label{}, err
	}
	if l, ok := decodeLabel(b); ok {
		return l, nil
	}
	if first, _, _ := strings.Cut(string(b), "\n"); first != heading && strings.HasPrefix(first, headingOfAny) {
		return label{}, fmt.Errorf("%s begins with %q: this version reads %q. Start the version that wrote it",
			path, first, heading)
	}
	return label{}, errIdentity(path)
}

func errIdentity(path string) error {
	return fmt.Errorf("identity file %s is damaged, so nobody knows whose data this is. "+
		"Restore the file as it was, or leave the node stopped: docs/operations.md says what to do", path)
}

// decodeLabel parses an identity file and reports whether it is intact: exactly what
// appendTo writes.
func decodeLabel(b []byte) (l label, ok bool) {
	lines := bytes.Split(b, []byte("\n"))
	if len(lines) < 7 {
		return label{}, false
	}
	var node, directory uint64
	for i, into := range []struct {
		format string
		value  *uint64
	}{{"cluster %x", &l.Cluster}, {"node %d", &node}, {"directory %x", &directory}, {"incarnation %d", &l.incarnation}} {
		if _, err := fmt.Sscanf(string(lines[1+i]), into.format, into.value); err != nil {
			return label{}, false
		}
	}
	l.Node, l.directory = actors.NodeID(node), uint32(directory)
	for _, line := range lines[5 : len(lines)-2] {
		var log listing
		if _, err := fmt.Sscanf(string(line), "log %s %x", &log.name, &log.salt); err != nil {
			return label{}, false
		}
		l.logs = append(l.logs, log)
	}
	return l, slices.IsSortedFunc(l.logs, compareNames) && bytes.Equal(l.appendTo(nil), b)
}

// A registry is the identity file of an open data directory.
type registry struct {
	volume volume
	path   string

	mu    sync.Mutex
	label label
}

// incarnation returns how often the directory has been opened.
func (r *registry) incarnation() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.label.incarnation
}

// directory returns the random number of the directory.
func (r *registry) directory() uint32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.label.directory
}

// find returns the salt of a log, and whether it was created, in this or an earlier
// life.
func (r *registry) find(log string) (salt uint64, listed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, listed := r.label.find(log)
	if !listed {
		return 0, false
	}
	return r.label.logs[at].salt, true
}

// find returns where a log is listed, or would be.
func (l label) find(log string) (at int, listed bool) {
	return slices.BinarySearchFunc(l.logs, listing{name: log}, compareNames)
}

func compareNames(a, b listing) int { return strings.Compare(a.name, b.name) }

// names returns the names of the logs.
func (r *registry) names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, log := range r.label.logs {
		names = append(names, log.name)
	}
	return names
}

// list makes it durable that the log was created.
func (r *registry) list(log listing) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, listed := r.label.find(log.name)
	if listed {
		return nil
	}
	next := r.label
	next.logs = slices.Insert(slices.Clone(next.logs), at, log)
	return r.replace(next)
}

// unlist makes it durable that the log is not to exist any more.
func (r *registry) unlist(log string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, listed := r.label.find(log)
	if !listed {
		return nil
	}
	next := r.label
	next.logs = slices.Delete(slices.Clone(next.logs), at, at+1)
	return r.replace(next)
}

// replace makes next the label. The caller holds the lock or has the registry to
// itself.
func (r *registry) replace(next label) error {
	err := replaceFile(r.volume, r.path, next.appendTo(nil))
	if err == nil {
		r.label = next
	}
	return err
}
