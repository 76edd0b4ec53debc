package field

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func TestWhatIsAppendedIsReadAgain(t *testing.T) {
	b := AppendNumber(nil, 1, 300)
	b = AppendBool(b, 2, true)
	b = AppendBytes(b, 3, []byte("value"))
	b = AppendItem(b, 4, 0)
	b = AppendElement(b, 5, nil)
	b = AppendElement(b, 6, protowire.AppendVarint([]byte{7}, 1<<40))
	r, met := Read(b), 0
	for r.Next() {
		met++
		var ok bool
		switch r.Number {
		case 1:
			ok = r.Int(300) == 300 && r.Uint() == 300
		case 2:
			ok = r.Bool() && r.Byte() == 1
		case 3:
			ok = bytes.Equal(r.Bytes(), []byte("value"))
		case 4:
			ok = r.Uint() == 0
		case 5:
			ok = len(r.Bytes()) == 0
		case 6:
			ok = slices.Equal(r.Uints(2), []uint64{7, 1 << 40})
		}
		if !ok {
			t.Errorf("field %d is not what was appended", r.Number)
		}
	}
	if err := r.Err("test"); err != nil || met != 6 {
		t.Errorf("%d fields, %v", met, err)
	}
}

func TestZeroIsLeftOut(t *testing.T) {
	if b := AppendBytes(AppendBool(AppendNumber(nil, 1, 0), 2, false), 3, nil); len(b) != 0 {
		t.Errorf("%x", b)
	}
}

func TestUnknownFieldsArePassedOver(t *testing.T) {
	b := protowire.AppendFixed64(protowire.AppendTag(nil, 90, protowire.Fixed64Type), 1)
	b = AppendNumber(b, 1, 5)
	r, got := Read(b), uint64(0)
	for r.Next() {
		if r.Number == 1 {
			got = r.Uint()
		}
	}
	if r.Failed() || got != 5 {
		t.Errorf("read %d, failed: %v", got, r.Failed())
	}
}

func TestWhatIsNotAsItShouldBeFails(t *testing.T) {
	number, text := AppendNumber(nil, 1, 256), AppendBytes(nil, 1, []byte{1, 2})
	for name, c := range map[string]struct {
		b    []byte
		read func(*Reader)
	}{ // any order: each case is judged by itself
		"bytes for a number":      {text, func(r *Reader) { r.Uint() }},
		"a number for bytes":      {number, func(r *Reader) { r.Bytes() }},
		"a number for a list":     {number, func(r *Reader) { r.Uints(9) }},
		"more than a byte":        {number, func(r *Reader) { r.Byte() }},
		"more than the limit":     {number, func(r *Reader) { r.Int(255) }},
		"a list that is longer":   {text, func(r *Reader) { r.Uints(1) }},
		"a list that is cut off":  {AppendBytes(nil, 1, []byte{1, 0x80}), func(r *Reader) { r.Uints(9) }},
		"what the caller knows":   {number, func(r *Reader) { r.Check(false) }},
		"a tag that is cut off":   {append(number, 0x80), func(*Reader) {}},
		"a value that is missing": {protowire.AppendTag(nil, 1, protowire.BytesType), func(*Reader) {}},
	} {
		r := Read(c.b)
		for r.Next() {
			c.read(&r)
		}
		if err := r.Err("test"); !errors.Is(err, ErrMalformed) || err.Error() != "malformed test" {
			t.Errorf("%s: %v", name, err)
		}
		if r.Next() {
			t.Errorf("%s: it goes on after its failure", name)
		}
	}
}

func TestToAppendLeavesTheInputAsItIs(t *testing.T) {
	b := AppendNumber(AppendBytes(nil, 1, []byte("a")), 2, 9)
	before := bytes.Clone(b)
	r := Read(b)
	r.Next()
	_ = append(r.Bytes(), "overwrites the next field"...)
	if !bytes.Equal(b, before) {
		t.Error("bytes of the input were overwritten")
	}
}

func FuzzReader(f *testing.F) {
	f.Add(AppendBytes(AppendNumber(nil, 1, 300), 2, []byte{1, 2, 3}), byte(0))
	f.Fuzz(func(t *testing.T, b []byte, kind byte) {
		r, met := Read(b), 0
		for r.Next() {
			met++
			switch kind % 4 {
			case 0:
				r.Byte()
			case 1:
				r.Bytes()
			case 2:
				r.Uints(8)
			}
		}
		if met > len(b) {
			t.Errorf("%d fields in %d bytes", met, len(b))
		}
	})
}
