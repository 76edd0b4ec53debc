package kv

// run runs operations in order. It uses the memory of its results again.
func (s *Store) run(ops []Op) Reply {
	s.results = s.results[:0]
	room := MaxReplyBytes - len(ops)*maxResultBytes
	for i := range ops {
		result := s.runOne(&ops[i], room)
		room -= result.bytes()
		s.results = append(s.results, result)
	}
	return Reply{Verdict: Applied, Results: s.results}
}

// runOne runs o, whose result may hold up to room bytes of keys and values.
func (s *Store) runOne(o *Op, room int) Result {
	switch o.Kind {
	case Size:
		return Result{Code: OK, Number: int64(s.Len())}
	case Scan:
		return s.scan(o)
	}
	old := s.records[string(o.Key)]
	if o.IsWrite() {
		return s.write(o, old, room)
	}
	return read(o, old, room)
}

func read(o *Op, r *record, room int) Result {
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
		if r.value.len() > room {
			return Result{Code: TooLarge, Version: r.version}
		}
		result.Value = r.value.bytes()
	}
	return result
}

func readAbsent(o *Op) Result {
	if o.Kind == Get {
		return Result{Code: Absent}
	}
	return Result{Code: OK}
}

// write runs o if its condition holds and its result fits. The record at its key is
// old, or nil.
func (s *Store) write(o *Op, old *record, room int) Result {
	var was Result // what there is to say if nothing happens
	if old != nil {
		was.Version = old.version
		if o.ReturnOld && old.value.len() > room {
			was.Code = TooLarge
			return was
		}
		if o.ReturnOld {
			was.Value = old.value.bytes()
		}
	}
	if !holds(o, old) {
		was.Code = Mismatch
		return was
	}
	result := s.writeKind(o, old)
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

func (s *Store) writeKind(o *Op, old *record) Result {
	switch o.Kind {
	case Put:
		return s.put(o, old)
	case Delete:
		return s.delete(o, old)
	case Add:
		return s.add(o, old)
	case Append:
		return s.append(o, old)
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
	size := len(o.Value)
	if old != nil {
		size += old.value.len()
	}
	if size > MaxValueBytes {
		return Result{Code: TooLarge}
	}
	s.touch(o.Key, old).value.append(o.Value, 0)
	return Result{Code: OK, Number: int64(size), Version: s.stamp}
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
