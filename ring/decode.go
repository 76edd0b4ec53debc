package ring

import "google.golang.org/protobuf/encoding/protowire"

// A decoder walks the fields of a message. Its first failure sticks: from then on it
// is at the end, and everything it returns is zero.
type decoder struct {
	rest   []byte
	num    protowire.Number
	typ    protowire.Type
	failed bool
}

func (d *decoder) mapOf() (m Map) {
	replicas := 0
	for d.next() {
		switch d.num {
		case 1:
			m.Cluster = d.uvarint()
		case 2:
			m.Epoch = d.uvarint()
		case 3:
			m.Members = append(m.Members, d.member())
		case 4:
			m.Owners = append(m.Owners, d.owners())
			replicas += len(m.Owners[len(m.Owners)-1])
		default:
			d.skip()
		}
		if len(m.Members) > MaxMembers || len(m.Owners) > Slots || replicas > MaxReplicas {
			d.fail()
		}
	}
	return m
}

func (d *decoder) member() (m Member) {
	in := decoder{rest: d.bytes()}
	for in.next() {
		switch in.num {
		case 1:
			m.ID = in.uvarint()
		case 2:
			m.Zone = in.text()
		case 3:
			m.Address = in.text()
		case 4:
			m.Redis = in.text()
		default:
			in.skip()
		}
	}
	d.join(&in)
	return m
}

func (d *decoder) owners() (owners []NodeID) {
	in := decoder{rest: d.bytes()}
	for in.next() {
		switch in.num {
		case 1:
			packed := decoder{rest: in.bytes(), typ: protowire.VarintType}
			for len(packed.rest) > 0 && len(owners) < MaxMembers {
				owners = append(owners, packed.uvarint())
			}
			in.join(&packed)
		default:
			in.skip()
		}
	}
	d.join(&in)
	return owners
}

// next moves to the next field, if there is one. Its value must then be taken, once.
func (d *decoder) next() bool {
	if len(d.rest) == 0 {
		return false
	}
	num, typ, n := protowire.ConsumeTag(d.rest)
	if !d.advance(n) {
		return false
	}
	d.num, d.typ = num, typ
	return true
}

func (d *decoder) uvarint() uint64 {
	if d.typ != protowire.VarintType {
		d.fail()
		return 0
	}
	v, n := protowire.ConsumeVarint(d.rest)
	d.advance(n)
	return v
}

func (d *decoder) bytes() []byte {
	if d.typ != protowire.BytesType {
		d.fail()
		return nil
	}
	v, n := protowire.ConsumeBytes(d.rest)
	d.advance(n)
	return v
}

func (d *decoder) text() string {
	v := d.bytes()
	if len(v) > MaxTextBytes {
		d.fail()
		return ""
	}
	return string(v)
}

func (d *decoder) skip() {
	d.advance(protowire.ConsumeFieldValue(d.num, d.typ, d.rest))
}

// advance moves over n bytes; a negative n is protowire's way to fail.
func (d *decoder) advance(n int) bool {
	if n < 0 || d.failed {
		d.fail()
		return false
	}
	d.rest = d.rest[n:]
	return true
}

// join makes a failure within a message one of the message.
func (d *decoder) join(in *decoder) {
	if in.failed || len(in.rest) > 0 {
		d.fail()
	}
}

func (d *decoder) fail() {
	d.failed, d.rest = true, nil
}
