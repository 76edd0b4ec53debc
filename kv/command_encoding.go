package kv

import "fmt"

// AppendTo appends the encoding of c to b.
func (c Command) AppendTo(b []byte) []byte {
	e := encoder{b}
	if c.Session != (Session{}) {
		body := e.open(1, maxSessionBytes)
		e.session(c.Session)
		e.close(body, maxSessionBytes)
	}
	for i := range c.Ops {
		o := &c.Ops[i]
		hint := len(o.Key) + len(o.Value) + len(o.Expected) + 8
		body := e.open(2, hint)
		e.op(o)
		e.close(body, hint)
	}
	return e.b
}

func (e *encoder) session(s Session) {
	e.fixed64(1, s.ID)
	e.fixed64(2, s.Born)
	e.uvarint(3, s.Serial)
	e.uvarint(4, s.Acked)
}

func (e *encoder) op(o *Op) {
	e.uvarint(1, uint64(o.Kind))
	e.bytes(2, o.Key)
	e.bytes(3, o.Value)
	e.varint(4, o.Delta)
	e.uvarint(5, uint64(o.If))
	e.bytes(6, o.Expected)
	e.fixed64(7, o.Version)
	e.bool(8, o.ReturnOld)
	e.varint(9, int64(o.Limit))
	e.bytes(10, o.End)
	e.bytes(11, o.Match)
	e.bool(12, o.WithValues)
	e.varint(13, o.Offset)
	e.varint(14, o.Until)
	e.bool(15, o.Long)
}

// DecodeCommand decodes a command. What it returns aliases b. It does not judge what
// the command means; [Command.Validate] does.
func DecodeCommand(b []byte) (Command, error) {
	var c Command
	err := c.decode(b)
	return c, err
}

// decode makes c the command that b encodes. It uses the operations of c again.
func (c *Command) decode(b []byte) error {
	c.Session, c.Ops = Session{}, c.Ops[:0]
	if len(b) > MaxCommandBytes {
		return fmt.Errorf("%w: command of %d bytes", ErrCorrupt, len(b))
	}
	d := decoder{rest: b}
	for d.next() {
		switch d.num {
		case 1:
			c.Session = d.session()
		case 2:
			if len(c.Ops) == MaxOps {
				return fmt.Errorf("%w: more than %d operations", ErrCorrupt, MaxOps)
			}
			c.Ops = append(c.Ops, Op{})
			d.op(&c.Ops[len(c.Ops)-1])
		default:
			d.skip()
		}
	}
	return d.err()
}

func (d *decoder) session() (s Session) {
	in := decoder{rest: d.bytes()}
	for in.next() {
		switch in.num {
		case 1:
			s.ID = in.fixed64()
		case 2:
			s.Born = in.fixed64()
		case 3:
			s.Serial = in.uvarint()
		case 4:
			s.Acked = in.uvarint()
		default:
			in.skip()
		}
	}
	d.join(&in)
	return s
}

func (d *decoder) op(o *Op) {
	in := decoder{rest: d.bytes()}
	for in.next() {
		switch in.num {
		case 1:
			o.Kind = Kind(in.byte())
		case 2:
			o.Key = in.bytes()
		case 3:
			o.Value = in.bytes()
		case 4:
			o.Delta = in.varint()
		case 5:
			o.If = Condition(in.byte())
		case 6:
			o.Expected = in.bytes()
		case 7:
			o.Version = in.fixed64()
		case 8:
			o.ReturnOld = in.bool()
		case 9:
			o.Limit = int(in.varint())
		case 10:
			o.End = in.bytes()
		case 11:
			o.Match = in.bytes()
		case 12:
			o.WithValues = in.bool()
		case 13:
			o.Offset = in.varint()
		case 14:
			o.Until = in.varint()
		case 15:
			o.Long = in.bool()
		default:
			in.skip()
		}
	}
	d.join(&in)
}

// join makes a failure within a message one of the message.
func (d *decoder) join(in *decoder) {
	if in.failed {
		d.fail()
	}
}
