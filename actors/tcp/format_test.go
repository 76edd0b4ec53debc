package tcp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

// The bytes of the examples in docs/wire.md.
var (
	specHello = []byte{
		0x55, 0x53, 0x54, 0x59, 3, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
		3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xd4, 0xc3, 0xb2, 0xa1, 0x77, 0x37, 0x3e, 0x28,
	}
	specAnswer = []byte{
		0x55, 0x53, 0x54, 0x59, 3, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x3e, 0x80, 0x3d, 0xf7,
	}
	specFrame = []byte{
		0x0f, 0, 0, 0, 0x2e, 0xa2, 0x1d, 0x8d,
		6, 'p', 'e', 'e', 'r', '/', '3', 4, 'n', 'o', 'd', 'e', 2, 'h', 'i',
	}
)

func TestHandshakeIsTheOneInTheSpec(t *testing.T) {
	question := hello{Identity: Identity{Node: 2, Cluster: 7, Incarnation: 3, Directory: 0xa1b2c3d4}, version: Version, class: small, peer: 1}
	answer := hello{Identity: Identity{Node: 1, Cluster: 7, Incarnation: 1}, version: Version, class: small, peer: 2}
	for _, test := range []struct {
		hello hello
		bytes []byte
	}{{question, specHello}, {answer, specAnswer}} {
		if got := test.hello.append(nil); !bytes.Equal(got, test.bytes) {
			t.Errorf("got  % x\nwant % x", got, test.bytes)
		}
		got, err := decodeHello(test.bytes)
		if err != nil || got != test.hello {
			t.Errorf("decoded %+v, %v", got, err)
		}
	}
}

func TestFrameIsTheOneInTheSpec(t *testing.T) {
	var b batch
	b.add(appendPacketHead(nil, "peer/3", "node", 2), []byte("hi"))
	if got := b.next(); !bytes.Equal(got, specFrame) {
		t.Errorf("got  % x\nwant % x", got, specFrame)
	}
	body, rest, _, err := cutFrame(specFrame)
	if err != nil || len(rest) != 0 {
		t.Fatalf("rest % x, %v", rest, err)
	}
	p, rest, err := cutPacket(body)
	if err != nil || len(rest) != 0 || string(p.to) != "peer/3" || string(p.from) != "node" || string(p.message) != "hi" {
		t.Errorf("decoded %q, rest % x, %v", p, rest, err)
	}
}

func TestWhatIsNoHelloIsNamed(t *testing.T) {
	damaged := slices.Clone(specHello)
	damaged[9]++
	later := slices.Clone(specHello[:prefixBytes])
	later[4] = Version + 1
	tests := []struct {
		name  string
		bytes []byte
		want  error
	}{
		{"http", []byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n............."), errForeign},
		{"redis", []byte("PING\r\n"), errForeign},
		{"tls", []byte{0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3}, errSecured},
		{"another version", later, errVersion},
		{"wrong checksum", damaged, errChecksum},
		{"half a prefix", specHello[:5], errForeign},
		{"half a hello", specHello[:20], io.ErrUnexpectedEOF},
		{"nothing", nil, io.EOF},
	}
	for _, test := range tests {
		if _, err := readHello(bytes.NewReader(test.bytes)); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

func TestAForeignHelloIsQuoted(t *testing.T) {
	_, err := readHello(strings.NewReader("GET / HTTP/1.1\r\n"))
	if err == nil || !strings.Contains(err.Error(), `"GET / HT"`) {
		t.Errorf("got %v", err)
	}
}

func TestAFlippedBitIsNoticed(t *testing.T) {
	for bit := range len(specFrame) * 8 {
		frame := slices.Clone(specFrame)
		frame[bit/8] ^= 1 << (bit % 8)
		if body, _, _, err := cutFrame(frame); err == nil && body != nil {
			t.Errorf("bit %d flipped, and the frame was taken", bit)
		}
	}
	for bit := prefixBytes * 8; bit < len(specHello)*8; bit++ {
		h := slices.Clone(specHello)
		h[bit/8] ^= 1 << (bit % 8)
		if _, err := decodeHello(h); err == nil {
			t.Errorf("bit %d flipped, and the hello was taken", bit)
		}
	}
}

func TestALengthIsCapped(t *testing.T) {
	for _, n := range []uint32{0, maxFrameBytes + 1, 1 << 31, 1<<32 - 1} {
		header := binary.LittleEndian.AppendUint32(nil, n)
		if _, _, _, err := cutFrame(append(header, 0, 0, 0, 0)); !errors.Is(err, errFrame) {
			t.Errorf("length %d: %v", n, err)
		}
	}
	tests := map[string][]byte{
		"name beyond its limit":   append(binary.AppendUvarint(nil, 256), make([]byte, 300)...),
		"name beyond the body":    {5, 'a'},
		"no length":               {0},
		"endless length":          bytes.Repeat([]byte{0xff}, 12),
		"message beyond the body": {0, 0, 1},
		"message of 2^63 bytes":   append([]byte{0, 0}, binary.AppendUvarint(nil, 1<<63)...),
	}
	// any order: each case stands alone
	for name, body := range tests {
		if _, _, err := cutPacket(body); !errors.Is(err, errFrame) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A peer that claims a long frame gets memory only for what it has sent of it.
func TestMemoryFollowsBytesNotClaims(t *testing.T) {
	r := reader{buf: make([]byte, readBytes)}
	n := copy(r.space(), binary.LittleEndian.AppendUint32(nil, maxFrameBytes))
	for sent := n; sent < 8*readBytes; sent += n {
		if err := r.filled(n, text{}); err != nil {
			t.Fatal(err)
		}
		if len(r.buf) > max(readBytes, 4*sent) {
			t.Fatalf("%d bytes set aside for %d", len(r.buf), sent)
		}
		n = min(1000, len(r.space()))
	}
}

// frames returns messages as a connection would carry them.
func frames(messages ...string) []byte {
	var b batch
	for _, m := range messages {
		b.add(appendPacketHead(nil, "to", "from", len(m)), []byte(m))
	}
	var out []byte
	for frame := b.next(); frame != nil; frame = b.next() {
		out = append(out, frame...)
	}
	return out
}

// readAll feeds input to a reader, step bytes at a time, and returns the messages
// before the first error.
func readAll(input []byte, step int) (messages []actors.Message, err error) {
	r := reader{buf: make([]byte, readBytes)}
	for len(input) > 0 && err == nil {
		n := copy(r.space(), input[:min(step, len(input))])
		input = input[n:]
		err = r.filled(n, text{})
	}
	for _, a := range r.arrived {
		messages = append(messages, a.message)
	}
	return messages, err
}

func TestFramesSurviveAnySplit(t *testing.T) {
	var messages []string
	for i := range 40 {
		messages = append(messages, strings.Repeat("x", i*i*200))
	}
	input := frames(messages...)
	for _, step := range []int{999, readBytes, 3 * readBytes, len(input)} {
		got, err := readAll(input, step)
		if err != nil || len(got) != len(messages) {
			t.Fatalf("in steps of %d: %d messages, %v", step, len(got), err)
		}
		for i, m := range got {
			if m != messages[i] {
				t.Errorf("in steps of %d: message %d differs", step, i)
			}
		}
	}
}

func TestALongBufferIsGivenBack(t *testing.T) {
	r := reader{buf: make([]byte, readBytes)}
	input := frames(strings.Repeat("x", 4*keepBytes))
	for len(input) > 0 {
		n := copy(r.space(), input)
		input = input[n:]
		if err := r.filled(n, text{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.arrived) != 1 || len(r.buf) != readBytes {
		t.Errorf("%d messages, %d bytes kept", len(r.arrived), len(r.buf))
	}
}

// bytesCodec decodes to the very bytes it is given, as a codec may.
type bytesCodec struct{ text }

func (bytesCodec) Decode(b []byte) (actors.Message, error) { return b, nil }

func TestMessagesOutliveTheBuffer(t *testing.T) {
	r := reader{buf: make([]byte, readBytes)}
	for i := range 3 {
		n := copy(r.space(), frames(strings.Repeat(string(rune('a'+i)), 1000)))
		if err := r.filled(n, bytesCodec{}); err != nil {
			t.Fatal(err)
		}
	}
	for i, a := range r.arrived {
		if want := bytes.Repeat([]byte{'a' + byte(i)}, 1000); !bytes.Equal(a.message.([]byte), want) {
			t.Errorf("message %d was overwritten: %.10q", i, a.message)
		}
	}
}

func FuzzHello(f *testing.F) {
	f.Add(specHello)
	f.Add(specAnswer)
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := readHello(bytes.NewReader(b))
		_ = refusal(Identity{Node: 1, Cluster: 7}.judge(h, 0, Identity{Incarnation: 3}), h, h).Error()
		if err != nil {
			return
		}
		again, err := decodeHello(h.append(nil))
		if err != nil || again != h {
			t.Errorf("%+v became %+v, %v", h, again, err)
		}
	})
}

func FuzzFrames(f *testing.F) {
	f.Add(specFrame, 1)
	f.Add(frames("a", "", strings.Repeat("b", 300)), 7)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1}, 3)
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		step = max(1, step%512)
		whole, err := readAll(b, len(b))
		parts, errParts := readAll(b, step)
		if !slices.Equal(whole, parts) || (err == nil) != (errParts == nil) {
			t.Errorf("at once %v, %v; in parts %v, %v", whole, err, parts, errParts)
		}
	})
}

// FuzzBody puts a right header before any body, which chance would not find.
func FuzzBody(f *testing.F) {
	f.Add(specFrame[headerBytes:])
	f.Add([]byte{0, 0, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Fuzz(func(t *testing.T, body []byte) {
		frame := append(make([]byte, headerBytes), body...)
		seal(frame)
		if _, err := readAll(frame, len(frame)); err != nil && !errors.Is(err, errFrame) {
			t.Errorf("the error is not about the frame: %v", err)
		}
	})
}
