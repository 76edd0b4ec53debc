package client

// A slots table finds the call that an answer belongs to by the number that the
// request carried. Numbers are never used twice, so an answer that comes late finds
// nothing.
type slots struct {
	all  []slot
	free []uint32
	// first is where the generations of each slot begin. It is drawn at random, so
	// that answers meant for an earlier life of this client find nothing either.
	first uint64
}

// A slot holds one call, or one search for a leader.
type slot struct {
	generation uint64
	call       *Call
	search     *partition
}

// A number is a generation above an index.
const indexBits = 24

// take finds a slot for s and returns its number, with the generation in the upper
// 40 bits.
func (t *slots) take(s slot) uint64 {
	if len(t.free) == 0 {
		t.all = append(t.all, slot{generation: t.first})
		t.free = append(t.free, uint32(len(t.all)-1))
	}
	i := t.free[len(t.free)-1]
	t.free = t.free[:len(t.free)-1]
	s.generation = t.all[i].generation
	t.all[i] = s
	return s.generation<<indexBits | uint64(i)
}

// find returns what a number stands for: an empty slot if for nothing any more.
func (t *slots) find(number uint64) slot {
	i := number & (1<<indexBits - 1)
	if i >= uint64(len(t.all)) || t.all[i].generation<<indexBits != number&^(1<<indexBits-1) {
		return slot{}
	}
	return t.all[i]
}

// give ends a number.
func (t *slots) give(number uint64) {
	i := number & (1<<indexBits - 1)
	t.all[i] = slot{generation: t.all[i].generation + 1}
	t.free = append(t.free, uint32(i))
}
