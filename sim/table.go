package sim

// A table keeps values in slots that are used again, so that the queue's items
// stay small and nothing is allocated per happening. A pointer into it is good
// until the next take.
type table[T any] struct {
	slots []T
	free  []uint32
}

func (t *table[T]) take() (uint32, *T) {
	if last := len(t.free) - 1; last >= 0 {
		slot := t.free[last]
		t.free = t.free[:last]
		return slot, &t.slots[slot]
	}
	var zero T
	t.slots = append(t.slots, zero)
	slot := uint32(len(t.slots) - 1)
	return slot, &t.slots[slot]
}

func (t *table[T]) at(slot uint32) *T { return &t.slots[slot] }

func (t *table[T]) put(slot uint32) {
	var zero T
	t.slots[slot] = zero
	t.free = append(t.free, slot)
}

// A bytesArena hands out small slices of larger blocks: what travels is short,
// and most of it is garbage soon.
type bytesArena struct {
	block []byte // what is left of it
}

const (
	blockBytes = 8 << 10
	smallBytes = 1 << 10
)

// room returns an empty slice to append to. What was appended is to be kept before
// more room is asked for.
func (a *bytesArena) room() []byte {
	if cap(a.block) < smallBytes {
		a.block = make([]byte, 0, blockBytes)
	}
	return a.block
}

// keep takes what was appended to room out of the arena, so that nothing else shares it.
func (a *bytesArena) keep(b []byte) []byte {
	if len(b) <= cap(a.block) { // else appending moved it into memory of its own
		a.block = a.block[len(b):len(b)]
	}
	return b[:len(b):len(b)]
}
