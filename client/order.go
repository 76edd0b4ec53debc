package client

// An order keeps the calls of each stream that share a key in the order they were
// submitted: every call has a place in the line of each of its keys, and may go when
// it is first in all of them. Lines are told apart by a hash; two keys that share it
// wait for each other without need, but without harm.
type order struct {
	ends map[line]*place
}

// A line is the calls of one stream on one key.
type line struct {
	stream uint64
	key    uint64
}

// A place is one call's position in one line.
type place struct {
	line       line
	call       *Call
	prev, next *place
}

// join puts c at the end of the lines of its keys. Afterwards c.ahead counts the
// lines in which another call is before it.
func (o *order) join(c *Call) {
	if o.ends == nil {
		o.ends = map[line]*place{}
	}
	c.places = c.onePlace[:0]
	if n := len(c.Ops); n > 1 {
		c.places = make([]place, 0, n) // never grown: places are pointed to
	}
	for i := range c.Ops {
		o.joinLine(c, line{c.Stream, hash(c.Ops[i].Key)})
	}
}

func (o *order) joinLine(c *Call, l line) {
	end := o.ends[l]
	if end != nil && end.call == c {
		return // a call does not wait for itself
	}
	c.places = append(c.places, place{line: l, call: c, prev: end})
	p := &c.places[len(c.places)-1]
	if end != nil {
		end.next = p
		c.ahead++
	}
	o.ends[l] = p
}

// leave takes c out of its lines and appends to free the calls that may go now.
func (o *order) leave(c *Call, free []*Call) []*Call {
	for i := range c.places {
		p := &c.places[i]
		o.close(p)
		if p.prev != nil || p.next == nil {
			continue
		}
		behind := p.next.call
		behind.ahead--
		if behind.ahead == 0 {
			free = append(free, behind)
		}
	}
	c.places = nil
	return free
}

// close links the neighbours of p with each other.
func (o *order) close(p *place) {
	if p.prev != nil {
		p.prev.next = p.next
	}
	switch {
	case p.next != nil:
		p.next.prev = p.prev
	case p.prev != nil:
		o.ends[p.line] = p.prev
	default:
		delete(o.ends, p.line)
	}
}

// hash is FNV-1a, which is the same in every run.
func hash(key []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range key {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}
