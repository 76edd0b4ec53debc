package check

import "slices"

// A wish is what was asked of a replica about its group: other members, or another leader.
type wish struct {
	seat
	number uint64
}

// Wished is told when the harness asks a replica about its group, under a number of its own.
// Of one that does not run, or has left, nothing can be expected.
func (p *Protocol) Wished(id Group, n Node, number uint64) {
	if r := p.replica(id, n); r.spoke && r.sound() && !p.absent[n] {
		p.wishes = append(p.wishes, wish{seat{id, n}, number})
	}
}

// Replied is told when a node answers what was asked under that number.
func (p *Protocol) Replied(number uint64) {
	p.wishes = slices.DeleteFunc(p.wishes, func(w wish) bool { return w.number == number })
}

// Wishing reports whether somebody of the group has not answered yet what was asked of it.
func (p *Protocol) Wishing(id Group) bool {
	return slices.ContainsFunc(p.wishes, func(w wish) bool { return w.group == id })
}

// forgive takes note that a node forgot what it was asked.
func (p *Protocol) forgive(n Node) {
	p.wishes = slices.DeleteFunc(p.wishes, func(w wish) bool { return w.node == n })
}

// Settle is called when everything that was begun has come to an end: nobody who asked may
// wait for an answer.
func (p *Protocol) Settle() {
	for _, w := range p.wishes {
		if r := p.replica(w.group, w.node); r.sound() {
			p.violate(WishesAnswered, r, "was asked for other members, or another leader, and has not answered")
		}
	}
	p.wishes = nil
}
