package hollywood

import (
	"maps"
	"sync/atomic"
)

// A registry finds the processes of a node by name. Every send looks one up and
// few are ever added, so readers share an immutable map and take no lock; writers
// hold Engine.mu. The zero registry is empty.
//
// Hollywood has a registry of its own, but it reports each message to nobody as
// an event, and ignores a duplicate name.
type registry struct {
	byName atomic.Pointer[map[string]*process]
}

// all returns the processes by name. The map must not be changed.
func (r *registry) all() map[string]*process {
	if m := r.byName.Load(); m != nil {
		return *m
	}
	return nil
}

// find returns nil if there is no process of that name.
func (r *registry) find(name string) *process { return r.all()[name] }

func (r *registry) add(p *process) {
	next := maps.Clone(r.all())
	if next == nil {
		next = make(map[string]*process)
	}
	next[p.self.Name] = p
	r.byName.Store(&next)
}

func (r *registry) remove(p *process) {
	next := maps.Clone(r.all())
	delete(next, p.self.Name)
	r.byName.Store(&next)
}

// clear removes all processes and returns them.
func (r *registry) clear() map[string]*process {
	if m := r.byName.Swap(nil); m != nil {
		return *m
	}
	return nil
}
