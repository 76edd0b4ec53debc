package picture

// sheet puts the record into columns. The page reads them in page/data.js.
func (r *Recorder) sheet() (s sheet, late int64) {
	r.calls.finish()
	r.sheetRows(&s)
	sheetTexts(&s, "text", &r.rows.texts)
	late = r.sheetCopies(&s)
	r.sheetStates(&s)
	r.sheetCalls(&s)
	sheetTexts(&s, "call text", &r.calls.texts)
	return s, late
}

func (r *Recorder) sheetRows(s *sheet) {
	at, kind, actor, other := s.column("row at"), s.column("row kind"), s.column("row actor"), s.column("row other")
	group, word, cause := s.column("row group"), s.column("row word"), s.column("row cause")
	applied := s.column("row applied")
	for i, one := range r.rows.list {
		at.addDelta(int64(one.at))
		kind.add(uint64(one.kind))
		actor.add(uint64(one.actor))
		other.add(uint64(one.other))
		group.add(one.group)
		word.add(uint64(one.word))
		if one.cause == none {
			cause.add(0)
		} else {
			cause.add(uint64(i - one.cause))
		}
		if one.kind == apply {
			applied.add(one.applied)
		}
	}
}

func sheetTexts(s *sheet, name string, t *texts) {
	form, numbers := s.column(name+" form"), s.column(name+" numbers")
	for _, f := range t.form {
		form.add(uint64(f))
	}
	for _, n := range t.numbers {
		numbers.add(n)
	}
}

// The flags of a copy.
const (
	flagAnother = 1 << iota
	flagLate
)

func (r *Recorder) sheetCopies(s *sheet) (late int64) {
	sent, fate, flags := s.column("copy sent"), s.column("copy fate"), s.column("copy flags")
	took, handled, blame := s.column("copy took"), s.column("copy handled"), s.column("copy blame")
	list, limit := r.flights.all(&r.rows, r.end)
	for _, c := range list {
		sent.addDelta(int64(c.sent))
		fate.add(uint64(c.fate))
		var f uint64
		if c.another {
			f |= flagAnother
		}
		if c.late {
			f |= flagLate
		}
		flags.add(f)
		took.add(uint64(c.at - r.rows.list[c.sent].at))
		if c.row == none {
			handled.add(0)
		} else {
			handled.add(uint64(c.row - c.sent))
		}
		blame.add(uint64(c.blame))
	}
	return int64(limit)
}

func (r *Recorder) sheetStates(s *sheet) {
	at, lane, group := s.column("state at"), s.column("state lane"), s.column("state group")
	role, term := s.column("state role"), s.column("state term")
	for _, one := range r.replicas.states {
		at.addDelta(int64(one.at))
		lane.add(uint64(r.lanes.of(one.place.node)))
		group.add(one.place.group)
		role.add(uint64(one.role))
		term.add(uint64(one.term))
	}
}

func (r *Recorder) sheetCalls(s *sheet) {
	begun, took, lane := s.column("call begun"), s.column("call took"), s.column("call lane")
	track, group, outcome := s.column("call track"), s.column("call group"), s.column("call outcome")
	asked, told := s.column("call asked"), s.column("call told")
	text, answer := s.column("call text"), s.column("call answer")
	for _, c := range r.calls.list {
		if c.outcome == pending {
			c.ended = r.end
		}
		begun.addDelta(int64(c.begun))
		took.add(uint64(c.ended - c.begun))
		lane.add(uint64(r.lanes.of(c.node)))
		track.add(uint64(c.track))
		group.add(r.groupOfKey(c.key))
		outcome.add(uint64(c.outcome))
		asked.addDelta(int64(c.asked))
		told.addDelta(int64(c.told))
		text.add(uint64(c.text))
		answer.add(uint64(c.answer))
	}
}

// groupOfKey returns which group a key belongs to, or 0 if no map passed.
func (r *Recorder) groupOfKey(key []byte) uint64 {
	if r.places == nil {
		return 0
	}
	return uint64(r.places.Locate(key)) + 1
}
