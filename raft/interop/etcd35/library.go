// Package etcd35 is go.etcd.io/etcd/raft/v3 at v3.5.4 for the harness of package
// foreign.
package etcd35

import (
	"math/rand"
	"sync"
	_ "unsafe" // for go:linkname

	"github.com/understudy-kv/understudy/raft/interop/foreign"
	"github.com/understudy-kv/understudy/sim"
)

// Library is the library as the harness wants it.
var Library = foreign.Library{Name: "go.etcd.io/etcd/raft/v3@v3.5.4", Seed: seed, New: newCore}

// globalRand is from where the library draws election timeouts. It is seeded with the
// time of day and offers no other way in.
//
//go:linkname globalRand go.etcd.io/etcd/raft/v3.globalRand
var globalRand *lockedRand

// lockedRand has the layout of the library's type of that name.
type lockedRand struct {
	_    sync.Mutex
	rand *rand.Rand
}

// seed replaces the source of chance.
func seed(s *sim.Stream) { globalRand.rand = rand.New(rand.NewSource(int64(s.Uint64()))) }
