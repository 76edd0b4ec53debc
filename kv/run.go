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
		result.Number = int64(len(r.value))
	case Get:
		if len(r.value) > room {
			return Result{Code: TooLarge, Version: r.version}
		}
		result.Value = r.value
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
		if o.ReturnOld && len(old.value) > room {
			was.Code = TooLarge
			return was
		}
		if o.ReturnOld {
			was.Value = old.value
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
		return old != nil && string(old.value) == string(o.Expected)
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
		return s.delete(old)
	case Add:
		return s.add(o, old)
	case Append:
		return s.append(o, old)
	}
	panic("kv: a write of kind " + o.Kind.String()) // Validate knows them all
}

func (s *Store) put(o *Op, old *record) Result {
	s.replace(o.Key, old, append([]byte{}, o.Value...))
	return Result{Code: OK, Version: s.stamp}
}

func (s *Store) delete(old *record) Result {
	if old == nil {
		return Result{Code: OK}
	}
	delete(s.records, old.key)
	s.order.Delete(old.key)
	return Result{Code: OK, Number: 1}
}

func (s *Store) add(o *Op, old *record) Result {
	before := int64(0)
	if old != nil {
		n, ok := parseInteger(old.value)
		if !ok {
			return Result{Code: NotANumber}
		}
		before = n
	}
	sum := before + o.Delta
	if (sum > before) != (o.Delta > 0) && o.Delta != 0 {
		return Result{Code: Overflow}
	}
	s.replace(o.Key, old, formatInteger(sum))
	return Result{Code: OK, Number: sum, Version: s.stamp}
}

func (s *Store) append(o *Op, old *record) Result {
	var before []byte
	if old != nil {
		before = old.value
	}
	if len(before)+len(o.Value) > MaxValueBytes {
		return Result{Code: TooLarge}
	}
	value := make([]byte, 0, len(before)+len(o.Value))
	value = append(append(value, before...), o.Value...)
	s.replace(o.Key, old, value)
	return Result{Code: OK, Number: int64(len(value)), Version: s.stamp}
}

// replace puts a record with value in the place of old, or makes key appear. The
// store owns value from here on.
func (s *Store) replace(key []byte, old *record, value []byte) {
	next := &record{version: s.stamp, value: value}
	if old != nil {
		next.key = old.key
	} else {
		next.key = string(key)
		s.order.ReplaceOrInsert(next.key)
	}
	s.records[next.key] = next
}
