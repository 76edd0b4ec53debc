package kv

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// everyField is a command with no field zero.
func everyField() Command {
	return Command{
		Session: Session{ID: 1, Born: 2, Serial: 300, Acked: 4},
		Ops: []Op{{
			Kind: Put, Key: []byte("k"), Value: []byte("val"), Delta: -1, If: IfValue,
			Expected: []byte("e"), Version: 5, ReturnOld: true, Limit: 10, End: []byte("z"),
			Match: []byte("*"), WithValues: true, Offset: -3, Until: 4, Long: true,
		}},
	}
}

func everyResult() Reply {
	return Reply{Verdict: Applied, Results: []Result{{
		Code: Mismatch, Number: -1, Version: 5, Value: []byte{}, Keys: [][]byte{[]byte("k"), {}},
		Values: [][]byte{[]byte("v"), {}}, Next: []byte("n"),
	}}}
}

func TestEncodingIsTheOneInTheSpec(t *testing.T) {
	wantCommand := []byte{
		1<<3 | 2, 23, // session
		1<<3 | 1, 1, 0, 0, 0, 0, 0, 0, 0, // id
		2<<3 | 1, 2, 0, 0, 0, 0, 0, 0, 0, // born
		3 << 3, 0xac, 2, // serial 300
		4 << 3, 4, // acked
		2<<3 | 2, 44, // operation
		1 << 3, 6, // kind: put
		2<<3 | 2, 1, 'k', // key
		3<<3 | 2, 3, 'v', 'a', 'l', // value
		4 << 3, 1, // delta -1
		5 << 3, 3, // if value
		6<<3 | 2, 1, 'e', // expected
		7<<3 | 1, 5, 0, 0, 0, 0, 0, 0, 0, // version
		8 << 3, 1, // return old
		9 << 3, 20, // limit 10
		10<<3 | 2, 1, 'z', // end
		11<<3 | 2, 1, '*', // match
		12 << 3, 1, // with values
		13 << 3, 5, // offset -3
		14 << 3, 8, // until 4
		15 << 3, 1, // long
	}
	if got := everyField().AppendTo(nil); !bytes.Equal(got, wantCommand) {
		t.Errorf("encoded\n%v, the spec says\n%v", got, wantCommand)
	}
	wantReply := []byte{
		1 << 3, 1, // verdict: applied
		2<<3 | 2, 28, // result
		1 << 3, 3, // code: mismatch
		2 << 3, 1, // number -1
		3<<3 | 1, 5, 0, 0, 0, 0, 0, 0, 0, // version
		4<<3 | 2, 0, // value, empty
		5<<3 | 2, 1, 'k', 5<<3 | 2, 0, // keys
		6<<3 | 2, 1, 'v', 6<<3 | 2, 0, // values
		7<<3 | 2, 1, 'n', // next
	}
	if got := everyResult().AppendTo(nil); !bytes.Equal(got, wantReply) {
		t.Errorf("encoded\n%v, the spec says\n%v", got, wantReply)
	}
}

// The numbers are on disk: they may never change.
func TestNumbersArePinned(t *testing.T) {
	kinds := []Kind{Get, Exists, Length, Size, Scan, Put, Delete, Add, Append, Range, Overwrite}
	for i, kind := range kinds {
		if int(kind) != i+1 {
			t.Errorf("%v is %d", kind, kind)
		}
	}
	if Always != 0 || IfAbsent != 1 || IfPresent != 2 || IfValue != 3 || IfVersion != 4 {
		t.Error("conditions moved")
	}
	if OK != 1 || Absent != 2 || Mismatch != 3 || NotANumber != 4 || Overflow != 5 || TooLarge != 6 || OnlyRanges != 7 {
		t.Error("codes moved")
	}
	verdicts := []Verdict{
		Applied, Invalid, SessionExpired, StaleSerial, Forgotten, WindowFull, Crowded, Early,
	}
	for i, verdict := range verdicts {
		if int(verdict) != i+1 {
			t.Errorf("%v is %d", verdict, verdict)
		}
	}
}

func TestDecodingGivesBackWhatWasEncoded(t *testing.T) {
	command, err := DecodeCommand(everyField().AppendTo(nil))
	if err != nil || !reflect.DeepEqual(command, everyField()) {
		t.Errorf("got %v, %v", command, err)
	}
	reply, err := DecodeReply(everyResult().AppendTo(nil))
	if err != nil || !reflect.DeepEqual(reply, everyResult()) {
		t.Errorf("got %v, %v", reply, err)
	}
}

func TestAbsentAndEmptyValuesAreTold(t *testing.T) {
	for _, value := range [][]byte{nil, {}} {
		reply, err := DecodeReply(Reply{Applied, []Result{{Code: OK, Value: value, Next: value}}}.AppendTo(nil))
		if err != nil || !reflect.DeepEqual(reply.Results[0].Value, value) ||
			!reflect.DeepEqual(reply.Results[0].Next, value) {
			t.Errorf("%#v became %#v (%v)", value, reply.Results, err)
		}
	}
}

// Bodies whose length was guessed one byte too short, and one too long.
func TestNestedLengthsAreMinimal(t *testing.T) {
	for size := range 300 {
		for _, o := range []Op{
			{Kind: Scan, Match: make([]byte, size)},
			{Kind: Put, Value: make([]byte, size)},
		} {
			command := Command{Ops: []Op{o}}
			b := command.AppendTo([]byte("before"))[len("before"):]
			_, _, n := protowire.ConsumeTag(b)
			body, m := protowire.ConsumeBytes(b[n:])
			if m < 0 || n+protowire.SizeBytes(len(body)) != len(b) {
				t.Fatalf("%d bytes: encoded %v", size, b)
			}
			decoded, err := DecodeCommand(b)
			if err != nil || len(decoded.Ops[0].Match)+len(decoded.Ops[0].Value) != size {
				t.Fatalf("%d bytes: decoded %v, %v", size, decoded, err)
			}
		}
	}
}

func TestUnknownFieldsAreSkipped(t *testing.T) {
	unknown := func(b []byte) []byte {
		b = protowire.AppendTag(b, 99, protowire.BytesType)
		return protowire.AppendString(b, "from a newer version")
	}
	b := protowire.AppendTag(nil, 1, protowire.BytesType)
	b = protowire.AppendBytes(b, unknown([]byte{3 << 3, 7}))
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendBytes(b, unknown([]byte{1 << 3, 1}))
	command, err := DecodeCommand(unknown(b))
	want := Command{Session{Serial: 7}, []Op{{Kind: Get}}}
	if err != nil || !reflect.DeepEqual(command, want) {
		t.Errorf("got %v, %v", command, err)
	}
	reply, err := DecodeReply(unknown([]byte{1 << 3, 1, 2<<3 | 2, 5, 9 << 3, 1, 1 << 3, 1, 9<<3 | 2}))
	if err == nil {
		t.Errorf("decoded a cut result: %v", reply)
	}
	reply, err = DecodeReply(unknown([]byte{1 << 3, 1, 2<<3 | 2, 4, 9 << 3, 1, 1 << 3, 1}))
	if err != nil || !reflect.DeepEqual(reply, Reply{Applied, []Result{{Code: OK}}}) {
		t.Errorf("got %v, %v", reply, err)
	}
}

func TestCorruptBytesAreRefused(t *testing.T) {
	manyKeys := Reply{Applied, []Result{{Keys: slices.Repeat([][]byte{{}}, MaxScanKeys+1)}}}
	for name, b := range map[string][]byte{
		"field zero":            {0},
		"cut tag":               {0x80},
		"cut length":            {2<<3 | 2, 0x80},
		"long length":           {2<<3 | 2, 1},
		"wire type":             {2 << 3, 1},
		"wire type of kind":     {2<<3 | 2, 2, 1<<3 | 2, 0},
		"wire type of fixed":    {2<<3 | 2, 2, 7 << 3, 0, 2<<3 | 2, 2, 3 << 3, 0},
		"wire type of bytes":    {2<<3 | 2, 2, 3 << 3, 0, 2<<3 | 2, 2, 4 << 3, 0},
		"kind of two bytes":     {2<<3 | 2, 3, 1 << 3, 0x80, 2},
		"many":                  bytes.Repeat([]byte{2<<3 | 2, 0}, MaxOps+1),
		"many keys, many parts": manyKeys.AppendTo([]byte{2<<3 | 2, 1, 0}),
		"long":                  make([]byte, max(MaxCommandBytes, MaxReplyBytes)+1),
	} {
		if c, err := DecodeCommand(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: decoded the command %v (%v)", name, c, err)
		}
		if r, err := DecodeReply(b); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: decoded the reply %v (%v)", name, r, err)
		}
	}
	if r, err := DecodeReply(manyKeys.AppendTo(nil)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("decoded %d keys", len(r.Results[0].Keys))
	}
}

func TestValuesPrintThemselvesInOneLine(t *testing.T) {
	long := bytes.Repeat([]byte("x"), 30)
	for want, got := range map[string]string{
		`1@2#300>4 put "k" "val" if-value="e" long old`: everyField().String(),
		`scan "a" end="z" match="*" limit=9 values`:     Op{Kind: Scan, Key: []byte("a"), End: []byte("z"), Match: []byte("*"), Limit: 9, WithValues: true}.String(),
		`add "n" -3 if-absent`:                          Op{Kind: Add, Key: []byte("n"), Delta: -3, If: IfAbsent}.String(),
		`range "k" [-3:4]`:                              Op{Kind: Range, Key: []byte("k"), Offset: -3, Until: 4}.String(),
		`overwrite "k" [7:] "v" long`:                   Op{Kind: Overwrite, Key: []byte("k"), Value: []byte("v"), Offset: 7, Long: true}.String(),
		`size`:                                          Op{Kind: Size}.String(),
		`delete "" if-version=7`:                        Op{Kind: Delete, If: IfVersion, Version: 7}.String(),
		`get "xxxxxxxxxxxxxxxxxxxxxxxx"…(30)`:           Op{Kind: Get, Key: long}.String(),
		`size; size; size; size; and 2 more`:            Command{Ops: slices.Repeat([]Op{{Kind: Size}}, 6)}.String(),
		`applied; mismatch "" -1 2 keys next="n" v5`:    everyResult().String(),
		`applied; ok; ok; ok; ok; and 1 more`:           Reply{Applied, slices.Repeat([]Result{{Code: OK}}, 5)}.String(),
		`77 op`:                                         Kind(77).String() + " op",
		`0 code`:                                        Code(0).String() + " code",
		`window-full`:                                   Reply{Verdict: WindowFull}.String(),
	} {
		if got != want {
			t.Errorf("printed %s, want %s", got, want)
		}
	}
}

func FuzzDecodeCommand(f *testing.F) {
	f.Add(everyField().AppendTo(nil))
	f.Add([]byte{2<<3 | 2, 3, 1 << 3, 0x80, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := DecodeCommand(b)
		if err != nil {
			return
		}
		_ = c.String()
		again, err := DecodeCommand(c.AppendTo(nil))
		if err != nil || again.String() != c.String() {
			t.Errorf("%v became %v, %v", c, again, err)
		}
	})
}

func FuzzDecodeReply(f *testing.F) {
	f.Add(everyResult().AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeReply(b)
		if err != nil {
			return
		}
		_ = r.String()
		again, err := DecodeReply(r.AppendTo(nil))
		if err != nil || !reflect.DeepEqual(again, r) {
			t.Errorf("%v became %v, %v", r, again, err)
		}
	})
}

// Whatever is in the log, a store answers it and a twin answers alike.
func FuzzApply(f *testing.F) {
	f.Add(everyField().AppendTo(nil), Command{Ops: []Op{{Kind: Scan, Match: []byte("[")}}}.AppendTo(nil))
	f.Add(Command{Session{1, 0, 1, 0}, []Op{{Kind: Overwrite, Offset: 1 << 20, Value: []byte("x")}}}.AppendTo(nil),
		Command{Ops: []Op{{Kind: Range, Offset: -9, Until: 5}, {Kind: Range, Offset: math.MinInt64}}}.AppendTo(nil))
	f.Add(count(1, 0, 1, 0).AppendTo(nil), count(1, 0, math.MaxUint64, math.MaxUint64-1).AppendTo(nil))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		s, twin := New(), New()
		for stamp, b := range [][]byte{first, second, first} {
			reply := s.Apply(uint64(stamp+1), b)
			if again := twin.Apply(uint64(stamp+1), b); !bytes.Equal(reply, again) {
				t.Fatalf("one answered %v, the other %v", reply, again)
			}
			if _, err := DecodeReply(reply); err != nil {
				t.Fatalf("answered %v: %v", reply, err)
			}
			if _, err := DecodeReply(s.Read(b)); err != nil {
				t.Fatal(err)
			}
		}
		if s.Hash() != twin.Hash() || s.Digest() != twin.Digest() {
			t.Fatal("the twins differ")
		}
	})
}
