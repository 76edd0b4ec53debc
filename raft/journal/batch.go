package journal

import "github.com/understudy-kv/understudy/raft"

// pack encodes appends, in order, into as few records as fit when none may be
// longer than limit. Each record is a buffer of its own, to be given away.
func pack(appends []Append, limit int) [][]byte {
	p := packer{limit: limit}
	for _, a := range appends {
		p.add(a)
	}
	p.seal()
	return p.records
}

// A packer fills one record after the other. Sizes are upper bounds: what counts
// is that no record is too long.
type packer struct {
	limit   int
	records [][]byte
	batch   []Append // of the record being filled
	size    int      // of batch
}

// add puts a into the record being filled, or into the next if it does not fit,
// or into several if it fits into none.
func (p *packer) add(a Append) {
	if p.size+sizeOf(a) > p.limit-1 {
		p.seal()
	}
	for sizeOf(a) > p.limit-1 {
		n := fitting(a.Save.Entries, p.limit-1-maxAppendBytes)
		head := a
		head.Save.Entries, a.Save.Entries = a.Save.Entries[:n], a.Save.Entries[n:]
		p.put(head)
		p.seal()
	}
	p.put(a)
}

func (p *packer) put(a Append) {
	p.batch = append(p.batch, a)
	p.size += sizeOf(a)
}

// seal ends the record being filled.
func (p *packer) seal() {
	if len(p.batch) == 0 {
		return
	}
	record := append(make([]byte, 0, 1+p.size), batchRecord)
	for _, a := range p.batch {
		record = appendAppend(record, a)
	}
	assert(len(record) <= 1+p.size, "a batch of %d bytes was thought to have %d", len(record), 1+p.size)
	p.records = append(p.records, record)
	p.batch, p.size = p.batch[:0], 0
}

// fitting returns how many entries from the first on take at most room bytes.
func fitting(entries []raft.Entry, room int) int {
	for i, e := range entries {
		if room -= sizeOfEntry(e); room < 0 {
			assert(i > 0, "entry %d with %d bytes of data does not fit into a batch", e.Index, len(e.Data))
			return i
		}
	}
	return len(entries)
}

// sizeOf bounds the encoded length of a from above.
func sizeOf(a Append) int {
	size := maxAppendBytes
	for _, e := range a.Save.Entries {
		size += sizeOfEntry(e)
	}
	return size
}

// sizeOfEntry bounds the encoded length of e from above.
func sizeOfEntry(e raft.Entry) int { return maxSizeBytes + maxEntryOverhead + len(e.Data) }
