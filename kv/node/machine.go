package node

import (
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// A machine is a [kv.Store] as a Raft group sees it.
type machine struct {
	store *kv.Store
	told  uint64 // of its repeats, how many were told
}

// NewMachine returns the state machine of a partition, empty. Sessions live in it for ttl,
// about which all nodes of a cluster must agree, and all their clients; see
// [kv.NewWithTTL]. Production has [kv.SessionTTL].
func NewMachine(ttl time.Duration) peer.StateMachine {
	return &machine{store: kv.NewWithTTL(uint64(ttl))}
}

// Apply leaves out what Raft writes into the log for itself.
func (m *machine) Apply(e raft.Entry) []byte {
	if e.Kind != raft.Command {
		return nil
	}
	return m.store.Apply(uint64(e.Stamp), e.Data)
}

// Reached implements [peer.Marker].
func (m *machine) Reached() []string {
	if m.told == m.store.Repeats() {
		return nil
	}
	m.told = m.store.Repeats()
	return []string{markRepeated}
}

// Read needs no stamp: a store expires by the stamps of what it applied.
func (m *machine) Read(query []byte, _ raft.Stamp) []byte { return m.store.Read(query) }

// Capture begins to write the store down.
func (m *machine) Capture() peer.Capture { return m.store.Capture() }

// Restore begins to build another store.
func (m *machine) Restore() peer.Restorer { return restorer{m.store.Loader()} }

// A restorer is a [kv.Loader] as a Raft group sees it.
type restorer struct{ *kv.Loader }

// Machine returns the state machine around the store that was loaded.
func (r restorer) Machine() (peer.StateMachine, error) {
	store, err := r.Store()
	if err != nil {
		return nil, err
	}
	return &machine{store: store}, nil
}

// Digest returns the hash of all that the machine holds: see [kv.Store.Digest].
func (m *machine) Digest() uint64 { return m.store.Digest() }

func (m *machine) Summary() peer.Summary {
	return peer.Summary{Items: uint64(m.store.Len()), Hash: m.store.Hash()}
}
