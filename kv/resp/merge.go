package resp

import (
	"sync"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/ring"
)

// A bundle is writes of one turn of one connection to one partition, which travel
// as one call: they cost one entry of the log together, and those that share a key
// need not wait for each other. Operations of a call run in their order and each
// stands for itself, so nobody can tell, but that they happen at one moment.
type bundle struct {
	partition int
	bytes     int
	call      client.Call
	members   []*request // of call.Ops, one each
}

// What one bundle holds at most: an entry of the log should not be so long that
// others wait for it.
const (
	maxBundled      = 128
	maxBundledBytes = 256 << 10
	// maxOpenBundles is how many partitions a turn bundles writes for at a time.
	maxOpenBundles = 64
)

var bundles sync.Pool

func newBundle() *bundle {
	if b, ok := bundles.Get().(*bundle); ok {
		return b
	}
	b := new(bundle)
	b.call.Done = func(*client.Call) { b.finish() }
	return b
}

// A merger turns requests into calls. The bundles in open may still grow.
type merger struct {
	open  []*bundle
	calls []*client.Call
}

// merge returns the calls of a batch, in an order that keeps what shares a key in
// the order of the commands. If it is not known how many partitions there are, only
// what shares a slot goes together. The slice is valid until the next merge.
func (m *merger) merge(batch []*request, partitions int) []*client.Call {
	if partitions == 0 {
		partitions = ring.Slots
	}
	clear(m.calls)
	m.calls = m.calls[:0]
	for _, r := range batch {
		switch {
		case len(r.calls) == 0:
		case r.spec.first == 0:
			m.calls = append(m.calls, r.calls...)
		default:
			m.add(r, ring.Partition(r.slot, partitions))
		}
	}
	for _, b := range m.open {
		b.seal()
	}
	clear(m.open)
	m.open = m.open[:0]
	return m.calls
}

// add puts a request into the bundle of its partition, or beside it. What comes
// beside a bundle ends it: later writes must not overtake this request.
func (m *merger) add(r *request, partition int) {
	at := m.find(partition)
	if at >= 0 && !(r.mergeable() && m.open[at].fits(r)) {
		m.open[at].seal()
		m.open[at] = m.open[len(m.open)-1]
		m.open[len(m.open)-1] = nil
		m.open = m.open[:len(m.open)-1]
		at = -1
	}
	switch {
	case at >= 0:
		m.open[at].join(r)
	case r.mergeable() && len(m.open) < maxOpenBundles:
		b := newBundle()
		b.partition = partition
		b.call.Stream = r.conn.id
		b.join(r)
		m.open = append(m.open, b)
		m.calls = append(m.calls, &b.call)
	default:
		m.calls = append(m.calls, &r.one)
	}
}

func (m *merger) find(partition int) int {
	for i, b := range m.open {
		if b.partition == partition {
			return i
		}
	}
	return -1
}

// mergeable reports whether a request may travel with others: it is one write with a
// short answer, and nothing is wrong with it that would be blamed on the others.
func (r *request) mergeable() bool {
	if len(r.one.Ops) != 1 {
		return false
	}
	op := &r.op[0]
	return op.IsWrite() && !op.ReturnOld && r.bytes <= maxBundledBytes && op.Validate() == nil
}

func (b *bundle) fits(r *request) bool {
	return len(b.members) < maxBundled && b.bytes+r.bytes <= maxBundledBytes
}

func (b *bundle) join(r *request) {
	b.members = append(b.members, r)
	b.bytes += r.bytes
}

// seal ends the growth of a bundle.
func (b *bundle) seal() {
	for _, r := range b.members {
		b.call.Ops = append(b.call.Ops, r.op[0])
	}
}

// finish hands every member its result. It is called by the store.
func (b *bundle) finish() {
	for i, r := range b.members {
		r.one.Err = b.call.Err
		if b.call.Err == nil {
			r.one.Results = b.call.Results[i : i+1]
		}
		r.finish()
	}
	b.recycle()
}

func (b *bundle) recycle() {
	clear(b.members)
	clear(b.call.Ops)
	b.members, b.bytes = b.members[:0], 0
	b.call = client.Call{Ops: b.call.Ops[:0], Done: b.call.Done}
	bundles.Put(b)
}

// errorOf tells a failure of a bundle as one of the request's own operation.
func (r *request) errorOf(err *client.Error) *client.Error {
	if len(r.one.Ops) == 0 {
		return err
	}
	own := *err
	own.Op, own.Key = r.one.Ops[0].Kind.String(), string(r.one.Ops[0].Key)
	return &own
}
