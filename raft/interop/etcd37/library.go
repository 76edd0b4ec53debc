// Package etcd37 is go.etcd.io/raft/v3 at v3.7.0 for the harness of package foreign.
package etcd37

import (
	cryptorand "crypto/rand"
	"encoding/binary"

	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
)

// Library is the library as the harness wants it.
var Library = foreign.Library{Name: "go.etcd.io/raft/v3@v3.7.0", Seed: Seed, New: newCore}

// Seed replaces the source of chance from which the library draws election timeouts.
func Seed(s *sim.Stream) { cryptorand.Reader = entropy{s} }

// entropy is a stream as a source of bytes.
type entropy struct{ stream *sim.Stream }

// Read implements [io.Reader].
func (e entropy) Read(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		rest = rest[copy(rest, binary.LittleEndian.AppendUint64(nil, e.stream.Uint64())):]
	}
	return len(b), nil
}
