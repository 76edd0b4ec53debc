package kv

import "bytes"

// chunkBytes is how long the parts are in which a long value is kept. A change of a
// long value costs about this much, wherever it is.
const chunkBytes = 64 << 10

// A value is a run of bytes, kept in chunks. Bytes that were written are never
// changed: a change puts other chunks in their place, or adds behind them. So whoever
// holds a chunk up to the length it had may go on reading it.
type value struct {
	full *[][]byte // all chunks but the last, chunkBytes each; nil: there is only one
	last []byte    // empty only if the value is; it may have room for more
}

// newValue returns a value that holds a copy of b.
func newValue(b []byte) (v value) {
	v.append(b, 0)
	return v
}

func (v *value) len() int { return v.chunkCount()*chunkBytes + len(v.last) }

// chunkCount returns how many chunks there are before the last.
func (v *value) chunkCount() int {
	if v.full == nil {
		return 0
	}
	return len(*v.full)
}

// chunk returns chunk i, of which the last is chunkCount.
func (v *value) chunk(i int) []byte {
	if i < v.chunkCount() {
		return (*v.full)[i]
	}
	return v.last
}

// append adds a copy of b to the end, and makes room for the more bytes that are to
// follow soon in the same chunk. A last chunk that is added to again and again doubles
// its room, so that it is not copied each time.
func (v *value) append(b []byte, more int) {
	for len(b) > 0 {
		if len(v.last) == chunkBytes {
			v.seal()
		}
		n := min(len(b), chunkBytes-len(v.last))
		if len(v.last)+n > cap(v.last) {
			room := max(len(v.last)+len(b)+more, 2*cap(v.last))
			v.last = append(make([]byte, 0, min(room, chunkBytes)), v.last...)
		}
		v.last = append(v.last, b[:n]...)
		b = b[n:]
	}
}

// overwrite puts a copy of b in the place of what is at a position, and grows the value
// where it is too short, with zeros up to there. What is replaced is replaced chunk by
// chunk.
func (v *value) overwrite(at int, b []byte) {
	if gap := at - v.len(); gap > 0 {
		v.append(make([]byte, gap), len(b))
	}
	for at < v.len() && len(b) > 0 {
		i, start := at/chunkBytes, at%chunkBytes
		chunk := bytes.Clone(v.chunk(i))
		n := copy(chunk[start:], b)
		if i < v.chunkCount() {
			(*v.full)[i] = chunk
		} else {
			v.last = chunk
		}
		at, b = at+n, b[n:]
	}
	v.append(b, 0)
}

// seal begins a new last chunk.
func (v *value) seal() {
	if v.full == nil {
		v.full = new([][]byte)
	}
	*v.full = append(*v.full, v.last)
	v.last = nil
}

// frozen returns v as it is now, whatever changes v later.
func (v *value) frozen() value {
	if v.full == nil {
		return *v
	}
	full := append([][]byte(nil), *v.full...)
	return value{&full, v.last}
}

// slice returns the bytes from one position to another, never nil. They are not the
// caller's to change.
func (v *value) slice(from, to int) []byte {
	if from == to {
		return []byte{}
	}
	first, last := from/chunkBytes, (to-1)/chunkBytes
	if first == last {
		start := first * chunkBytes
		return v.chunk(first)[from-start : to-start : to-start]
	}
	b := make([]byte, 0, to-from)
	for i := first; i <= last; i++ {
		start := i * chunkBytes
		b = append(b, v.chunk(i)[max(from-start, 0):min(to-start, chunkBytes)]...)
	}
	return b
}

// bytes returns all of v, as slice does.
func (v *value) bytes() []byte { return v.slice(0, v.len()) }

func (v *value) equal(b []byte) bool {
	if v.len() != len(b) {
		return false
	}
	for i := range v.chunkCount() {
		if !bytes.Equal(v.chunk(i), b[:chunkBytes]) {
			return false
		}
		b = b[chunkBytes:]
	}
	return bytes.Equal(v.last, b)
}

// digest folds v into h.
func (v *value) digest(h uint64) uint64 {
	for i := range v.chunkCount() + 1 {
		h = mixBytes(h, v.chunk(i))
	}
	return h
}
