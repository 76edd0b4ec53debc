package actorstest

import (
	"bytes"
	"reflect"
	"testing"
)

func TestCodecCarriesWhatTravels(t *testing.T) {
	sent := Note{Number: 300, Body: []byte("body"), private: true}
	b, err := Codec{}.Append([]byte("before"), sent)
	if err != nil || !bytes.HasPrefix(b, []byte("before")) {
		t.Fatalf("Append = %q, %v", b, err)
	}
	// A field that this version does not know is skipped.
	got, err := Codec{}.Decode(append(b[len("before"):], 0x18, 7))
	if want := (Note{Number: 300, Body: []byte("body")}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Decode = %#v, %v, want %#v", got, err, want)
	}
	if _, err := (Codec{}).Append(nil, "not a note"); err == nil {
		t.Error("Append took a message that is not a Note")
	}
}

func FuzzDecodeNote(f *testing.F) {
	f.Add([]byte{0x08, 0x07, 0x12, 0x01, 'b'})
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Codec{}.Decode(b)
		if err != nil {
			return
		}
		again, err := Codec{}.Append(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := (Codec{}).Decode(again); err != nil || second.(Note).Number != m.(Note).Number {
			t.Errorf("decoded %v, then %v, %v", m, second, err)
		}
	})
}
