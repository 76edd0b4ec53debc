package kv

import "strings"

// scan runs a Scan. A pattern that begins with plain bytes looks only at the keys that
// begin with them.
func (s *Store) scan(o *Op) Result {
	w := walk{
		op:     o,
		prefix: literal(o.Match),
		limit:  MaxScanKeys,
		result: Result{Code: OK},
	}
	if o.Limit > 0 {
		w.limit = min(w.limit, o.Limit)
	}
	s.order.AscendGreaterOrEqual(item{key: max(string(o.Key), w.prefix)}, w.visit)
	return w.result
}

// A walk is a Scan on its way.
type walk struct {
	op     *Op
	prefix string
	limit  int
	work   int
	bytes  int
	result Result
}

// visit looks at the next key and reports whether to go on.
func (w *walk) visit(i item) bool {
	key := i.key
	if !strings.HasPrefix(key, w.prefix) || len(w.op.End) > 0 && key >= string(w.op.End) {
		return false
	}
	if w.isFull() {
		w.result.Next = []byte(key)
		return false
	}
	const perKey = 64 // about what a visit costs before the first byte is compared
	w.work += perKey + len(key)*(1+len(w.op.Match))
	if len(w.op.Match) > 0 && !matches(w.op.Match, key) {
		return true
	}
	if w.op.WithValues && i.value.len() > MaxValueBytes {
		return w.takeLong(i)
	}
	w.take(i)
	return true
}

// isFull reports whether nothing more is to be looked at.
func (w *walk) isFull() bool {
	return len(w.result.Keys) == w.limit || w.work >= MaxScanWork || w.bytes >= MaxScanBytes ||
		w.result.Code == OnlyRanges
}

// takeLong leaves a key whose value cannot be told to the next Scan, or tells the key
// alone. It reports whether to go on.
func (w *walk) takeLong(i item) bool {
	if len(w.result.Keys) > 0 {
		w.result.Next = []byte(i.key)
		return false
	}
	w.result = Result{Code: OnlyRanges, Keys: [][]byte{[]byte(i.key)}, Number: int64(i.value.len())}
	return true
}

func (w *walk) take(i item) {
	w.result.Keys = append(w.result.Keys, []byte(i.key))
	w.bytes += len(i.key)
	if w.op.WithValues {
		w.result.Values = append(w.result.Values, i.value.bytes())
		w.bytes += i.value.len()
	}
}
