// Package etcd36 is go.etcd.io/raft/v3 at v3.6.0 for the harness of package foreign.
// It is a module of its own, because one build holds one version of a module.
package etcd36

import (
	cryptorand "crypto/rand"
	"encoding/binary"

	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
)

// Library is the library as the harness wants it.
var Library = foreign.Library{Name: "go.etcd.io/raft/v3@v3.6.0", Seed: seed, New: newCore}

// seed replaces the source of chance from which the library draws election timeouts.
func seed(s *sim.Stream) { cryptorand.Reader = entropy{s} }

// entropy is a stream as a source of bytes.
type entropy struct{ stream *sim.Stream }

// Read implements [io.Reader].
func (e entropy) Read(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		rest = rest[copy(rest, binary.LittleEndian.AppendUint64(nil, e.stream.Uint64())):]
	}
	return len(b), nil
}
