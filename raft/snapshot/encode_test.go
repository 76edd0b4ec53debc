package snapshot

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/field"
)

// A coded is a value of this package that has an encoding.
type coded struct {
	value  any
	hex    string
	append func([]byte) []byte
	decode func([]byte) (any, error)
}

func pinned() []coded {
	ask := AskPiece{Group: 300, Index: 2, Term: 3, Number: 4, Copy: 5, Done: true}
	piece := Piece{Group: 300, Index: 2, Term: 3, Number: 4, Copy: 5, Answer: Wait, Pieces: 6, Data: []byte("ab")}
	head := header{group: 300, copy: 5, snapshot: raft.Snapshot{
		Index: 2, Term: 3, Stamp: 301, Configuration: raft.Configuration{Voters: []raft.ID{1, 2}},
	}}
	return []coded{
		{ask, "08ac02" + "1002" + "1803" + "2004" + "2805" + "3001", ask.AppendTo,
			func(b []byte) (any, error) { return DecodeAskPiece(b) }},
		{piece, "08ac02" + "1002" + "1803" + "2004" + "2805" + "3002" + "3806" + "42026162", piece.AppendTo,
			func(b []byte) (any, error) { return DecodePiece(b) }},
		{head, "0801" + "10ac02" + "1805" + "220d" + "0802" + "1003" + "18ad02" + "2204" + "0801" + "0802",
			head.appendTo, func(b []byte) (any, error) { return decodeHeader(b) }},
	}
}

func TestEncodingsAreThoseInTheSpec(t *testing.T) {
	for _, c := range pinned() {
		got := c.append([]byte("kept"))
		if hex.EncodeToString(got) != hex.EncodeToString([]byte("kept"))+c.hex {
			t.Errorf("%T is encoded as\n%x, not as\n%s", c.value, got[4:], c.hex)
		}
		if back, err := c.decode(got[4:]); err != nil || !reflect.DeepEqual(back, c.value) {
			t.Errorf("%+v came back as %+v, error %v", c.value, back, err)
		}
	}
}

func TestAnUnknownFieldIsSkipped(t *testing.T) {
	extra, _ := hex.DecodeString("fa010474657374") // number 31, four bytes
	for _, c := range pinned() {
		if back, err := c.decode(append(c.append(nil), extra...)); err != nil || !reflect.DeepEqual(back, c.value) {
			t.Errorf("%T with a field of the future came back as %+v, error %v", c.value, back, err)
		}
	}
}

func TestWhatNoKeeperSendsIsMalformed(t *testing.T) {
	large := field.AppendBytes(nil, 8, make([]byte, actors.MaxPieceBytes+1))
	for what, b := range map[string][]byte{ // any order: the cases are independent
		"a piece numbered 2^63":       field.AppendNumber(nil, 4, 1<<63),
		"a file of 2^64-1 pieces":     field.AppendNumber(nil, 7, 1<<64-1),
		"a piece beyond the limit":    large,
		"an answer of 256":            field.AppendNumber(nil, 6, 256),
		"data that is a number":       field.AppendNumber(nil, 8, 1),
		"a group that is bytes":       field.AppendBytes(nil, 1, []byte("x")),
		"a field that ends too early": field.AppendBytes(nil, 8, []byte("abc"))[:3],
	} {
		if m, err := DecodePiece(b); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s was decoded to %v, error %v", what, m, err)
		}
	}
	if m, err := DecodeAskPiece(field.AppendNumber(nil, 4, maxPieces+1)); !errors.Is(err, ErrMalformed) {
		t.Errorf("a question beyond any file was decoded to %v, error %v", m, err)
	}
}

func TestAHeaderMustBeWhole(t *testing.T) {
	whole := pinned()[2].append(nil)
	for n := range whole {
		if h, err := decodeHeader(whole[:n]); !errors.Is(err, ErrMalformed) {
			t.Errorf("%d bytes of a header gave %+v, error %v", n, h, err)
		}
	}
	h := pinned()[2].value.(header)
	for what, change := range map[string]func(*header){ // any order: the cases are independent
		"no group":    func(h *header) { h.group = 0 },
		"no copy":     func(h *header) { h.copy = 0 },
		"no snapshot": func(h *header) { h.snapshot = raft.Snapshot{} },
	} {
		bad := h
		change(&bad)
		if got, err := decodeHeader(bad.appendTo(nil)); !errors.Is(err, ErrMalformed) {
			t.Errorf("a header of %s was decoded to %+v, error %v", what, got, err)
		}
	}
	_, err := decodeHeader(append(whole, 8, 2))
	if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "version 2") {
		t.Errorf("a header of version 2 gave the error %v", err)
	}
}

func TestAHeaderIsOfTheFileItIsIn(t *testing.T) {
	h := pinned()[2].value.(header)
	b := h.appendTo(nil)
	if got, err := checkHeader(key{300, 2, 3}, b); err != nil || !reflect.DeepEqual(got, h) {
		t.Errorf("the header %+v came back as %+v, error %v", h, got, err)
	}
	for _, k := range []key{{301, 2, 3}, {300, 1, 3}, {300, 2, 4}} {
		if _, err := checkHeader(k, b); !errors.Is(err, ErrMalformed) {
			t.Errorf("the header of %v was taken for that of %v: %v", h.key(), k, err)
		}
	}
}

func TestNamesOfFilesNameSnapshots(t *testing.T) {
	const most = 1<<64 - 1
	for _, k := range []key{{1, 2, 3}, {most, most, most}} {
		if back, ok := parseName(k.name()); !ok || back != k || len(k.name()) > 100 {
			t.Errorf("%v is called %q, which names %v, %t", k, k.name(), back, ok)
		}
	}
	for _, name := range []string{
		"", "snapshot-", "snapshot-1-2", "snapshot-1-2-3-4", "snapshot-01-2-3", "snapshot-1-2-x", "1-2-3",
		"snapshot-0-2-3", "snapshot-1-0-3", "snapshot-1-2-18446744073709551616", "other-1-2-3", "snapshot-1-2-",
	} {
		if k, ok := parseName(name); ok {
			t.Errorf("%q names %v", name, k)
		}
	}
}

func FuzzDecodeAskPiece(f *testing.F) {
	f.Add(pinned()[0].append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodeAskPiece(b)
		if err != nil {
			return
		}
		if again, err := DecodeAskPiece(m.AppendTo(nil)); err != nil || again != m {
			t.Fatalf("%v became %v, error %v", m, again, err)
		}
	})
}

func FuzzDecodePiece(f *testing.F) {
	f.Add(pinned()[1].append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := DecodePiece(b)
		if err != nil {
			return
		}
		once := m.AppendTo(nil)
		if again, err := DecodePiece(once); err != nil || !bytes.Equal(again.AppendTo(nil), once) {
			t.Fatalf("%v became %v, error %v", m, again, err)
		}
	})
}

func FuzzDecodeHeader(f *testing.F) {
	f.Add(pinned()[2].append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := decodeHeader(b)
		if err != nil {
			return
		}
		once := h.appendTo(nil)
		if again, err := decodeHeader(once); err != nil || !bytes.Equal(again.appendTo(nil), once) {
			t.Fatalf("%+v became %+v, error %v", h, again, err)
		}
	})
}

func FuzzParseName(f *testing.F) {
	f.Add("snapshot-1-2-3")
	f.Fuzz(func(t *testing.T, name string) {
		if k, ok := parseName(name); ok && k.name() != name {
			t.Fatalf("%q names %v", name, k)
		}
	})
}
