package cluster

import (
	"bytes"
	"strconv"
)

// Limits of one key, so that what Porcupine must search grows with the run and not with
// its square, or worse.
const (
	// maxOpenWrites is how many writes without an answer one key may collect. Each may
	// take effect at any later time or never, and doubles the orders to be searched.
	maxOpenWrites = 4
	// maxUses is how many operations one key may collect. With each of them Porcupine
	// notes which ones of all it has put in order.
	maxUses = 1000
)

// A keyring is the keys of a run. A key that has collected too much is replaced by a
// fresh one.
type keyring []slot

// A slot of a keyring holds one key at a time.
type slot struct {
	generation int // counts the keys before this one
	open       int // writes
	uses       int
}

func newKeyring(keys int) keyring { return make(keyring, keys) }

func (k keyring) name(key int) []byte {
	name := strconv.AppendInt([]byte("key-"), int64(key), 10)
	if g := k[key].generation; g > 0 {
		name = strconv.AppendInt(append(name, '-'), int64(g), 10)
	}
	return name
}

// use returns the name of a key for one more operation.
func (k keyring) use(key int) []byte {
	s := &k[key]
	if s.uses == maxUses {
		s.renew()
	}
	s.uses++
	return k.name(key)
}

// lost counts an open write to a key of the given name.
func (k keyring) lost(key int, name []byte) {
	if !bytes.Equal(name, k.name(key)) {
		return // replaced already
	}
	s := &k[key]
	if s.open++; s.open == maxOpenWrites {
		s.renew()
	}
}

func (s *slot) renew() { *s = slot{generation: s.generation + 1} }
