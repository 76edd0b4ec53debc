package kv

func (s *Store) writeKind(o *Op, old *record, left *budget) Result {
	switch o.Kind {
	case Put:
		return s.put(o, old)
	case Delete:
		return s.delete(o, old)
	case Add:
		return s.add(o, old)
	case Append:
		return s.append(o, old)
	case Overwrite:
		return s.overwrite(o, old, left)
	}
	panic("kv: a write of kind " + o.Kind.String()) // Validate knows them all
}

func (s *Store) put(o *Op, old *record) Result {
	s.touch(o.Key, old).value = newValue(o.Value)
	return Result{Code: OK, Version: s.stamp}
}

// delete leaves the record itself as it is: a capture may be about to read it.
func (s *Store) delete(o *Op, old *record) Result {
	if old == nil {
		return Result{Code: OK}
	}
	delete(s.records, string(o.Key))
	s.order.Delete(item{key: string(o.Key)})
	return Result{Code: OK, Number: 1}
}

func (s *Store) add(o *Op, old *record) Result {
	before := int64(0)
	if old != nil {
		n, ok := parseInteger(old.value.slice(0, min(old.value.len(), maxIntegerBytes+1)))
		if !ok {
			return Result{Code: NotANumber}
		}
		before = n
	}
	sum := before + o.Delta
	if (sum > before) != (o.Delta > 0) && o.Delta != 0 {
		return Result{Code: Overflow}
	}
	s.touch(o.Key, old).value = value{last: formatInteger(sum)}
	return Result{Code: OK, Number: sum, Version: s.stamp}
}

func (s *Store) append(o *Op, old *record) Result {
	size := old.size() + len(o.Value)
	if size > o.maxOutcome() {
		return Result{Code: TooLarge}
	}
	s.touch(o.Key, old).value.append(o.Value, 0)
	return Result{Code: OK, Number: int64(size), Version: s.stamp}
}

func (s *Store) overwrite(o *Op, old *record, left *budget) Result {
	padding := max(o.Offset-int64(old.size()), 0)
	if padding > int64(left.padding) {
		return Result{Code: TooLarge}
	}
	offset := int(o.Offset)
	size := max(old.size(), offset+len(o.Value))
	if size > o.maxOutcome() {
		return Result{Code: TooLarge}
	}
	left.padding -= int(padding)
	s.touch(o.Key, old).value.overwrite(offset, o.Value)
	return Result{Code: OK, Number: int64(size), Version: s.stamp}
}

// maxOutcome returns how long a value may be after o.
func (o *Op) maxOutcome() int {
	if o.Long {
		return MaxLongBytes
	}
	return MaxValueBytes
}

// size returns how long the value at r is; nil stands for an absent key.
func (r *record) size() int {
	if r == nil {
		return 0
	}
	return r.value.len()
}

// touch returns the record at key to be changed under the stamp at hand: old, which a
// capture under way has kept as it was, or a new one where old is nil.
func (s *Store) touch(key []byte, old *record) *record {
	if old == nil {
		old = &record{}
		name := string(key)
		s.records[name] = old
		s.order.ReplaceOrInsert(item{name, old})
	} else if s.capture != nil {
		s.capture.keep(key, old)
	}
	old.version = s.stamp
	return old
}
