package kv

import "fmt"

// AppendTo appends the encoding of r to b.
func (r Reply) AppendTo(b []byte) []byte {
	e := encoder{b}
	e.uvarint(1, uint64(r.Verdict))
	for i := range r.Results {
		hint := r.Results[i].bytes() + 16
		body := e.open(2, hint)
		e.result(&r.Results[i])
		e.close(body, hint)
	}
	return e.b
}

func (e *encoder) result(r *Result) {
	e.uvarint(1, uint64(r.Code))
	e.varint(2, r.Number)
	e.fixed64(3, r.Version)
	if r.Value != nil {
		e.present(4, r.Value)
	}
	for _, key := range r.Keys {
		e.present(5, key)
	}
	for _, value := range r.Values {
		e.present(6, value)
	}
	if r.Next != nil {
		e.present(7, r.Next)
	}
}

// bytes returns how long the parts of r are that vary in length.
func (r *Result) bytes() int {
	n := len(r.Value) + len(r.Next)
	for _, key := range r.Keys {
		n += len(key) + maxEntryBytes
	}
	for _, value := range r.Values {
		n += len(value) + maxEntryBytes
	}
	return n
}

// bytes returns what the encoding of r takes at most.
func (r Reply) bytes() int {
	n := maxResultBytes
	for i := range r.Results {
		n += maxResultBytes + r.Results[i].bytes()
	}
	return n
}

// DecodeReply decodes a reply. What it returns aliases b.
func DecodeReply(b []byte) (Reply, error) {
	var r Reply
	if len(b) > MaxReplyBytes {
		return r, fmt.Errorf("%w: reply of %d bytes", ErrCorrupt, len(b))
	}
	d := decoder{rest: b}
	for d.next() {
		switch d.num {
		case 1:
			r.Verdict = Verdict(d.byte())
		case 2:
			if len(r.Results) == MaxOps {
				return Reply{}, fmt.Errorf("%w: more than %d results", ErrCorrupt, MaxOps)
			}
			r.Results = append(r.Results, d.result())
		default:
			d.skip()
		}
	}
	return r, d.err()
}

func (d *decoder) result() (r Result) {
	in := decoder{rest: d.bytes()}
	for in.next() {
		switch in.num {
		case 1:
			r.Code = Code(in.byte())
		case 2:
			r.Number = in.varint()
		case 3:
			r.Version = in.fixed64()
		case 4:
			r.Value = in.bytes()
		case 5:
			r.Keys = in.list(r.Keys)
		case 6:
			r.Values = in.list(r.Values)
		case 7:
			r.Next = in.bytes()
		default:
			in.skip()
		}
	}
	d.join(&in)
	return r
}

// list appends one more element, of no more than a Scan can find.
func (d *decoder) list(elements [][]byte) [][]byte {
	if len(elements) == MaxScanKeys {
		d.fail()
		return nil
	}
	return append(elements, d.bytes())
}
