package kv

// A budget is what is left for the operations of a command.
type budget struct {
	reply   int // bytes of keys and values in results
	padding int // bytes of zeros
}

// run runs operations in order. It uses the memory of its results again.
func (s *Store) run(ops []Op) Reply {
	s.results = s.results[:0]
	left := budget{MaxReplyBytes - len(ops)*maxResultBytes, MaxPaddingBytes}
	for i := range ops {
		result := s.runOne(&ops[i], &left)
		left.reply -= result.bytes()
		s.results = append(s.results, result)
	}
	return Reply{Verdict: Applied, Results: s.results}
}

func (s *Store) runOne(o *Op, left *budget) Result {
	switch o.Kind {
	case Size:
		return Result{Code: OK, Number: int64(s.Len())}
	case Scan:
		return s.scan(o)
	}
	old := s.records[string(o.Key)]
	if o.IsWrite() {
		return s.write(o, old, left)
	}
	return read(o, old, left)
}

func read(o *Op, r *record, left *budget) Result {
	if r == nil {
		return readAbsent(o)
	}
	result := Result{Code: OK, Version: r.version}
	switch o.Kind {
	case Exists:
		result.Number = 1
	case Length:
		result.Number = int64(r.value.len())
	case Get:
		return left.show(r)
	case Range:
		return left.showRange(r, o)
	}
	return result
}

func readAbsent(o *Op) Result {
	if o.Kind == Get || o.Kind == Range {
		return Result{Code: Absent}
	}
	return Result{Code: OK}
}

// show returns the value of r, if it can be told at all and still fits.
func (left *budget) show(r *record) Result {
	size := r.value.len()
	switch {
	case size > MaxValueBytes:
		return Result{Code: OnlyRanges, Number: int64(size), Version: r.version}
	case size > left.reply:
		return Result{Code: TooLarge, Version: r.version}
	}
	return Result{Code: OK, Value: r.value.bytes(), Version: r.version}
}

func (left *budget) showRange(r *record, o *Op) Result {
	size := int64(r.value.len())
	from, to := position(o.Offset, size), size
	if o.Until != 0 {
		to = max(from, position(o.Until, size))
	}
	result := Result{Code: OK, Number: size, Version: r.version}
	if to-from > min(MaxValueBytes, int64(left.reply)) {
		result.Code = TooLarge
		return result
	}
	result.Value = r.value.slice(int(from), int(to))
	return result
}

// position returns where at is in a value of size bytes, counted from its end if it is
// below zero.
func position(at, size int64) int64 {
	if at < 0 {
		return max(size+at, 0)
	}
	return min(at, size)
}

// write runs o if its condition holds and its result fits. The record at its key is
// old, or nil.
func (s *Store) write(o *Op, old *record, left *budget) Result {
	var was Result // what there is to say if nothing happens
	if old != nil {
		was.Version = old.version
	}
	if old != nil && o.ReturnOld {
		was = left.show(old)
		if was.Code != OK {
			return was
		}
	}
	if !holds(o, old) {
		was.Code = Mismatch
		return was
	}
	result := s.writeKind(o, old, left)
	if result.Code != OK {
		result.Version = was.Version
	}
	result.Value = was.Value
	return result
}

func holds(o *Op, old *record) bool {
	switch o.If {
	case IfAbsent:
		return old == nil
	case IfPresent:
		return old != nil
	case IfValue:
		return old != nil && old.value.equal(o.Expected)
	case IfVersion:
		return old == nil && o.Version == 0 || old != nil && old.version == o.Version
	}
	return true
}
