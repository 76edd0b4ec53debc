package resp

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// feed gives a scanner its input in pieces and returns the commands, printed, and
// the error that ended them.
func feed(s *scanner, input []byte, piece int) (commands []string, err error) {
	for len(input) > 0 {
		room := s.room()
		n := copy(room[:min(len(room), piece)], input)
		s.filled(n)
		input = input[n:]
		for {
			args, err := s.next()
			if err != nil {
				return commands, err
			}
			if args == nil {
				break
			}
			commands = append(commands, fmt.Sprintf("%q", args))
		}
	}
	return commands, nil
}

func TestCommandsAreCutTheSameHoweverTheyArrive(t *testing.T) {
	long := strings.Repeat("x", 3*maxChunkBytes)
	input := "*1\r\n$4\r\nPING\r\n" +
		"PING inline\r\n" +
		"\r\n" + "*0\r\n" + "*-1\r\n" +
		"*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\na\r\nb\n\r\n" +
		"set 'it\\'s' \"\\x41\\n\"\n" +
		fmt.Sprintf("*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", len(long), long) +
		strings.Repeat("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", 100)
	want := append([]string{
		`["PING"]`, `["PING" "inline"]`, `["SET" "" "a\r\nb\n"]`, `["set" "it's" "A\n"]`,
		fmt.Sprintf("[%q %q]", "GET", long),
	}, slices.Repeat([]string{`["GET" "k"]`}, 100)...)
	for _, piece := range []int{1, 2, 3, 7, 64, 1000, 4096, 1 << 20} {
		got, err := feed(newScanner(), []byte(input), piece)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("in pieces of %d: %d commands, %v", piece, len(got), err)
		}
	}
}

func TestWhatIsNotTheProtocolIsRefusedAsRedisDoes(t *testing.T) {
	for input, want := range map[string]string{
		"*x\r\n":                            "invalid multibulk length",
		"*65537\r\n":                        "invalid multibulk length",
		"*01\r\n":                           "invalid multibulk length",
		"*99999999999999999999\r\n":         "invalid multibulk length",
		"*1\r\n:1\r\n":                      "expected '$', got ':'",
		"*1\r\n%1\r\n":                      "expected '$', got '%'",
		"*1\r\n\x00":                        "expected '$', got '?'",
		"*1\r\n$-1\r\n":                     "invalid bulk length",
		"*1\r\n$x\r\n":                      "invalid bulk length",
		"*1\r\n$536870913\r\n":              "invalid bulk length",
		"*1\r\n$1\r\nabc":                   "expected CRLF after a bulk string",
		"say \"what\r\n":                    "unbalanced quotes in request",
		"say 'what'ever\r\n":                "unbalanced quotes in request",
		"*" + strings.Repeat("1", 80):       "too big mbulk count string",
		"*1\r\n$" + strings.Repeat("1", 80): "too big bulk count string",
		strings.Repeat("a", MaxInlineBytes): "too big inline request",
	} {
		_, err := feed(newScanner(), []byte(input), 1<<20)
		if err == nil || err.Error() != "Protocol error: "+want {
			t.Errorf("%.40q: %v, want %s", input, err, want)
		}
	}
}

func TestArgumentsThatAreTooLongAreDropped(t *testing.T) {
	long := func(n int) string { return fmt.Sprintf("$%d\r\n%s\r\n", n, strings.Repeat("a", n)) }
	for _, c := range []struct {
		input   string
		want    string
		tooLong int
	}{
		{"*2\r\n$3\r\nSET\r\n" + long(MaxBulkBytes+1), `["SET" ""]`, MaxBulkBytes + 1},
		{"*4\r\n" + long(1) + long(MaxBulkBytes+2) + long(MaxBulkBytes+1) + long(2), `["a" "" "" "aa"]`, MaxBulkBytes + 2},
		{"*3\r\n" + long(MaxBulkBytes-1) + long(MaxBulkBytes/2+2) + long(3),
			fmt.Sprintf("[%q %q %q]", strings.Repeat("a", MaxBulkBytes-1), "", "aaa"), MaxBulkBytes/2 + 2},
	} {
		for _, piece := range []int{1000, 1 << 20} {
			s := newScanner()
			got, err := feed(s, []byte(c.input), piece)
			if err != nil || len(got) != 1 || got[0] != c.want || s.tooLong != c.tooLong {
				t.Errorf("%.60q: %.60q, %d bytes too long, %v", c.input, got, s.tooLong, err)
			}
			if cap(s.chunk) > 3*MaxBulkBytes {
				t.Errorf("%.60q: holds %d bytes", c.input, cap(s.chunk))
			}
			if next, err := feed(s, []byte("*1\r\n"+long(1)), piece); err != nil || next[0] != `["a"]` || s.tooLong != 0 {
				t.Errorf("%.60q: then %q, %d bytes too long, %v", c.input, next, s.tooLong, err)
			}
		}
	}
}

func TestAnnouncedLengthsReserveNothing(t *testing.T) {
	s := newScanner()
	if _, err := feed(s, []byte("*60000\r\n$16777216\r\nabc"), 1<<20); err != nil {
		t.Fatal(err)
	}
	if room := s.room(); cap(s.chunk) > 2*minChunkBytes || cap(s.args) > 16 || len(room) == 0 {
		t.Errorf("holds %d bytes and %d arguments for a command of 23 bytes", cap(s.chunk), cap(s.args))
	}
}

func TestArgumentsStayWhatTheyAre(t *testing.T) {
	s := newScanner()
	var kept [][]byte
	for i := range 10_000 {
		s.filled(copy(s.room(), fmt.Sprintf("*1\r\n$5\r\n%05d\r\n", i)))
		args, err := s.next()
		if err != nil || len(args) != 1 {
			t.Fatal(args, err)
		}
		kept = append(kept, args[0])
	}
	for i, arg := range kept {
		if string(arg) != fmt.Sprintf("%05d", i) {
			t.Fatalf("argument %d became %q", i, arg)
		}
		if cap(arg) != len(arg) {
			t.Fatalf("appending to argument %d would write into the next", i)
		}
	}
}

func TestSteadyTrafficAllocatesChunksOnly(t *testing.T) {
	s := newScanner()
	input := []byte("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n")
	allocs := testing.AllocsPerRun(10_000, func() {
		s.filled(copy(s.room(), input))
		if args, err := s.next(); err != nil || len(args) != 3 {
			t.Fatal(args, err)
		}
	})
	if allocs > 0.1 {
		t.Errorf("%v allocations for a command", allocs)
	}
}

func FuzzScanner(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"), 3)
	f.Add([]byte("set 'a b' \"\\x41\"\r\n"), 1)
	f.Add([]byte("*1\r\n$-1\r\n"), 100)
	f.Fuzz(func(t *testing.T, input []byte, piece int) {
		if piece < 1 {
			return
		}
		whole, wholeErr := feed(newScanner(), input, len(input)+1)
		parts, partsErr := feed(newScanner(), input, piece)
		if !slices.Equal(whole, parts) || fmt.Sprint(wholeErr) != fmt.Sprint(partsErr) {
			t.Errorf("whole %v %v, in pieces of %d %v %v", whole, wholeErr, piece, parts, partsErr)
		}
	})
}

// FuzzCommands checks that what is encoded as an array is read as it was meant.
func FuzzCommands(f *testing.F) {
	f.Add([]byte("GET\x00key"))
	f.Fuzz(func(t *testing.T, joined []byte) {
		args := bytes.Split(joined, []byte{0})
		if len(args) > MaxArguments {
			return
		}
		w := writer{}
		w.array(len(args))
		for _, arg := range args {
			w.bulk(arg)
		}
		got, err := feed(newScanner(), w.buf, 13)
		if err != nil || len(got) != 1 || got[0] != fmt.Sprintf("%q", args) {
			t.Errorf("%q came back as %v, %v", args, got, err)
		}
	})
}
