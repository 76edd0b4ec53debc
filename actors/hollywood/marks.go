package hollywood

import (
	"sync"
	"sync/atomic"
)

// marks counts how often branches were reached. Names are few and soon known, so
// actors hardly ever wait for one another.
type marks struct {
	counts sync.Map // from names to *atomic.Uint64
}

func (m *marks) add(name string) {
	count, known := m.counts.Load(name)
	if !known {
		count, _ = m.counts.LoadOrStore(name, new(atomic.Uint64))
	}
	count.(*atomic.Uint64).Add(1)
}

func (m *marks) all() map[string]uint64 {
	counts := map[string]uint64{}
	m.counts.Range(func(name, count any) bool {
		counts[name.(string)] = count.(*atomic.Uint64).Load()
		return true
	})
	return counts
}
