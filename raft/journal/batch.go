package journal

import "github.com/understudy-kv/understudy/raft"

// pack encodes changes, in order, into as few records as fit when none may be
// longer than limit. Each record is a buffer of its own, to be given away.
func pack(changes []change, limit int) [][]byte {
	p := packer{limit: limit}
	for _, c := range changes {
		p.add(c)
	}
	return p.finish()
}

// A packer fills one record after the other. Sizes are upper bounds: what counts
// is that no record is too long.
type packer struct {
	limit   int
	records [][]byte // that are full
	batch   []change // of the record being filled
	size    int      // of batch
}

// finish returns the records and is ready to fill others.
func (p *packer) finish() [][]byte {
	p.seal()
	records := p.records
	p.records = nil
	return records
}

// add puts c into the record being filled, or into the next if it does not fit,
// or into several if it fits into none.
func (p *packer) add(c change) {
	size := sizeOf(c)
	if p.size+size > p.limit-1 {
		p.seal()
	}
	for size > p.limit-1 {
		head, rest := split(c, p.limit-1)
		p.put(head, sizeOf(head))
		p.seal()
		c, size = rest, sizeOf(rest)
	}
	p.put(c, size)
}

// split cuts c so that head fits into so many bytes. Both hold the vote; what takes
// the place of something is in the first.
func split(c change, limit int) (head, rest change) {
	n := fitting(c.Save.Entries, limit-maxChangeBytes-sizeOfSnapshot(c.Save.Snapshot))
	head, rest = c, c
	head.Save.Entries, rest.Save.Entries = c.Save.Entries[:n], c.Save.Entries[n:]
	rest.Before = head.Save.Entries[n-1].Term
	rest.Save.Snapshot, rest.Lost = raft.Snapshot{}, false
	return head, rest
}

func (p *packer) put(c change, size int) {
	p.batch = append(p.batch, c)
	p.size += size
}

// seal ends the record being filled.
func (p *packer) seal() {
	if len(p.batch) == 0 {
		return
	}
	record := append(make([]byte, 0, 1+p.size), batchRecord)
	for _, c := range p.batch {
		record = appendChange(record, c)
	}
	assert(len(record) <= 1+p.size, "a batch is longer than it was thought to be")
	p.records = append(p.records, record)
	clear(p.batch) // the entries are not the packer's to hold any longer
	p.batch, p.size = p.batch[:0], 0
}

// fitting returns how many entries from the first on take at most room bytes, of
// which there must be one.
func fitting(entries []raft.Entry, room int) int {
	for i, e := range entries {
		if room -= sizeOfEntry(e); room < 0 {
			assert(i > 0, "an entry does not fit into a batch")
			return i
		}
	}
	return len(entries)
}
