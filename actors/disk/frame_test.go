package disk

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/tidwall/wal"
)

func TestEncodingIsTheOneInTheSpec(t *testing.T) {
	got := frame{kind: recordKind, number: 0x0102, claim: 3, body: []byte("body")}.appendTo(nil, 0x1122334455667788)
	want := []byte{
		'u', 'S', '1', 'r',
		0x02, 0x01, 0, 0, 0, 0, 0, 0,
		3, 0, 0, 0, 0, 0, 0, 0,
		0x37, 0x33, 0x87, 0x6b,
		0x90, 0x7a, 0xb6, 0xb3,
		'b', 'o', 'd', 'y',
	}
	if !bytes.Equal(got, want) {
		t.Errorf("frame is\n%#v, want\n%#v", got, want)
	}
	got = floor{salt: 0x1122334455667788, number: 9}.appendTo(nil)
	want = []byte{
		'u', 's', 'f', 'l', 'o', 'o', 'r', '1',
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		9, 0, 0, 0, 0, 0, 0, 0,
		0x5a, 0x7b, 0x7f, 0x71,
	}
	if !bytes.Equal(got, want) {
		t.Errorf("floor is\n%#v, want\n%#v", got, want)
	}
	text := string(label{Identity: us, directory: 0xa1b2c3d4, incarnation: 7, logs: []listing{{"journal-1", 0x1122334455667788}}}.appendTo(nil))
	if want := "understudy data directory, format 2\ncluster 00000000000000aa\nnode 3\ndirectory a1b2c3d4\nincarnation 7\nlog journal-1 1122334455667788\ncrc32c fc23d709\n"; text != want {
		t.Errorf("identity is\n%s, want\n%s", text, want)
	}
}

func TestEveryFlippedBitOfAFrameIsSeen(t *testing.T) {
	const salt = 77
	b := frame{kind: sealKind, number: 5, claim: 4, body: []byte("x")}.appendTo(nil, salt)
	if f, ok := decodeFrame(b, salt); !ok || f.number != 5 || f.claim != 4 || f.kind != sealKind || string(f.body) != "x" {
		t.Fatalf("decoded %+v, %v", f, ok)
	}
	for bit := range len(b) * 8 {
		damaged := bytes.Clone(b)
		damaged[bit/8] ^= 1 << (bit % 8)
		if f, ok := decodeFrame(damaged, salt); ok {
			t.Errorf("bit %d flipped decodes as %+v", bit, f)
		}
	}
	for size := range b {
		if _, ok := decodeFrame(b[:size], salt); ok {
			t.Errorf("the first %d bytes decode", size)
		}
	}
	if _, ok := decodeFrame(b, salt+1); ok {
		t.Error("a frame of another log decodes")
	}
}

func TestEveryFlippedBitOfAFloorIsSeen(t *testing.T) {
	b := floor{salt: 1, number: 2}.appendTo(nil)
	for bit := range len(b) * 8 {
		damaged := bytes.Clone(b)
		damaged[bit/8] ^= 1 << (bit % 8)
		if f, ok := decodeFloor(damaged); ok {
			t.Errorf("bit %d flipped decodes as %+v", bit, f)
		}
	}
}

// TestCursorFollowsTheWAL compares where the cursor believes that the wal is with
// the files that the wal made.
func TestCursorFollowsTheWAL(t *testing.T) {
	const segmentBytes = 300
	random := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	r, err := createLog(local{}, dir)
	for range 20 {
		if err != nil {
			t.Fatal(err)
		}
		var w *writer
		w, err = newWriter(local{}, dir, r, segmentBytes, openWAL)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			for range random.IntN(4) {
				if err := w.append(make([]byte, random.IntN(200))); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.write(); err != nil {
				t.Fatal(err)
			}
			checkCursor(t, dir, w.cursor)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
		dropEmptyTail(t, dir)
		r, err = recoverLog(local{}, dir, r.floor.salt, segmentBytes)
	}
}

func checkCursor(t *testing.T, dir string, c cursor) {
	t.Helper()
	segments, err := listSegments(dir)
	if err != nil {
		t.Fatal(err)
	}
	tail := segments[len(segments)-1]
	content := read(t, tail.path)
	// A tail that the wal has found full it replaces at the next write.
	if full := len(content) > c.segmentBytes; tail.first != c.first && !full {
		t.Fatalf("the last segment is %d, the cursor says %d", tail.first, c.first)
	} else if !full && len(content) != c.size {
		t.Fatalf("the last segment has %d bytes, the cursor says %d", len(content), c.size)
	}
}

// dropEmptyTail does what a crash may do: the last segment was created, but not its
// name made durable.
func dropEmptyTail(t *testing.T, dir string) {
	segments, err := listSegments(dir)
	if err != nil {
		t.Fatal(err)
	}
	if tail := segments[len(segments)-1]; len(segments) > 1 && len(read(t, tail.path)) == 0 {
		remove(t, tail.path)
	}
}

func FuzzScanSegment(f *testing.F) {
	const salt, first = 9, 4
	intact := func(numbers ...uint64) []byte {
		var b []byte
		for _, n := range numbers {
			entry := frame{kind: recordKind, number: n, claim: n - 1, body: make([]byte, n)}.appendTo(nil, salt)
			b = append(append(b, byte(len(entry))), entry...)
		}
		return b
	}
	f.Add(intact(4, 5, 6))
	f.Add(intact(4, 6))
	f.Add(append(intact(4), make([]byte, 50)...))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, content []byte) {
		found := scanSegment(content, salt, first)
		again := scanSegment(content[:found.end], salt, first)
		if again.end != found.end || again.next != found.next || len(again.records) != len(found.records) {
			t.Errorf("scanned again, %+v became %+v", found, again)
		}
		claimed(content[found.end:], salt, found.next)
		checkWALAgrees(t, content[:found.end], found)
	})
}

// checkWALAgrees lets the wal itself open what the scan found intact.
func checkWALAgrees(t *testing.T, content []byte, found scan) {
	dir := fastDirectory(t)
	overwrite(t, dir+"/00000000000000000004", content)
	l, err := wal.Open(dir, &wal.Options{AllowEmpty: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if last, err := l.LastIndex(); err != nil || last != found.next-1 {
		t.Errorf("the wal ends at %d, %v; the scan at %d", last, err, found.next-1)
	}
}

func FuzzDecodeLabel(f *testing.F) {
	f.Add(label{Identity: us, incarnation: 1}.appendTo(nil))
	f.Add(label{Identity: us, incarnation: 2, logs: []listing{{"a", 1}, {"journal-1", 1 << 63}}}.appendTo(nil))
	f.Add([]byte("\n\n\n\n\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, ok := decodeLabel(b); ok && !bytes.Equal(l.appendTo(nil), b) {
			t.Errorf("%q decodes as %+v", b, l)
		}
	})
}

func FuzzDecodeFloor(f *testing.F) {
	f.Add(floor{salt: 1, number: 2}.appendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		if l, ok := decodeFloor(b); ok && !bytes.Equal(l.appendTo(nil), b) {
			t.Errorf("%x decodes as %+v", b, l)
		}
	})
}
