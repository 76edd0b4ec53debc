package kv

import (
	"errors"
	"fmt"
)

// Validate returns nil if a store will run c, given its session, and otherwise an
// error that says what to change. A store answers what fails here with [Invalid].
func (c Command) Validate() error {
	if len(c.Ops) > MaxOps {
		return fmt.Errorf("kv: %d operations in one command, %d are allowed", len(c.Ops), MaxOps)
	}
	size := maxSessionBytes
	for i := range c.Ops {
		size += c.Ops[i].bytes()
		if err := c.Ops[i].Validate(); err != nil {
			return err
		}
		if c.Ops[i].Kind == Scan && len(c.Ops) > 1 {
			return errors.New("kv: a scan must be the only operation of its command")
		}
	}
	if size > MaxCommandBytes {
		return fmt.Errorf("kv: command of %d bytes, %d are allowed", size, MaxCommandBytes)
	}
	return c.Session.validate(c.IsWrite())
}

func (s Session) validate(writes bool) error {
	switch {
	case s == Session{} && writes:
		return errors.New("kv: a command that writes needs a session")
	case s == Session{}:
		return nil
	case s.ID == 0:
		return errors.New("kv: session without an id")
	case s.Serial > maxSerial:
		return fmt.Errorf("kv: serial %d is above %d", s.Serial, uint64(maxSerial))
	case s.Serial <= s.Acked:
		return fmt.Errorf("kv: serial %d is not above acked %d", s.Serial, s.Acked)
	}
	return nil
}

// bytes returns what the encoding of o takes at most.
func (o *Op) bytes() int {
	return maxOpBytes + len(o.Key) + len(o.Value) + len(o.Expected) + len(o.End) + len(o.Match)
}

// Validate returns nil if a store will run o, and otherwise an error that says what
// to change.
func (o Op) Validate() error {
	switch {
	case o.Kind < Get || o.Kind > Overwrite:
		return fmt.Errorf("kv: unknown operation %d", uint8(o.Kind))
	case o.If > IfVersion:
		return fmt.Errorf("kv: unknown condition %d", uint8(o.If))
	case len(o.Key) > MaxKeyBytes || len(o.End) > MaxKeyBytes:
		size := max(len(o.Key), len(o.End))
		return fmt.Errorf("kv: key of %d bytes, %d are allowed", size, MaxKeyBytes)
	case len(o.Value) > MaxValueBytes || len(o.Expected) > MaxValueBytes:
		size := max(len(o.Value), len(o.Expected))
		return fmt.Errorf("kv: value of %d bytes, %d are allowed", size, MaxValueBytes)
	case len(o.Match) > MaxPatternBytes:
		return fmt.Errorf("kv: pattern of %d bytes, %d are allowed", len(o.Match), MaxPatternBytes)
	case o.Kind == Overwrite && o.Offset < 0:
		return fmt.Errorf("kv: offset %d is negative", o.Offset)
	case o.Limit < 0:
		return fmt.Errorf("kv: limit %d is negative", o.Limit)
	case !o.IsWrite() && (o.If != Always || o.ReturnOld):
		return fmt.Errorf("kv: %v reads; a condition or the old value is for writes", o.Kind)
	}
	return nil
}
