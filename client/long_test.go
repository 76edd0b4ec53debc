package client_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/understudy-kv/understudy/client"
)

// long is no repetition: a piece in the wrong place would show.
func long(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i>>16) ^ byte(i>>8)*3 ^ byte(i)
	}
	return b
}

func TestValuesOfAnyLengthGoUpAndDown(t *testing.T) {
	c, _ := user(t, 1)
	ctx := soon(t)
	for _, size := range []int{0, 1, 4 << 20, 4<<20 + 1, 20 << 20} {
		want := long(size)
		if n, err := c.Upload(ctx, "k", bytes.NewReader(want)); n != int64(size) || err != nil {
			t.Fatalf("uploaded %d bytes of %d: %v", n, size, err)
		}
		var got bytes.Buffer
		if n, found, err := c.Download(ctx, "k", &got); n != int64(size) || !found || err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("downloaded %d bytes of %d: %v, %v", n, size, found, err)
		}
	}
	if _, _, err := c.Get(ctx, "k"); !errors.Is(err, client.ErrLong) || !errors.Is(err, client.ErrInvalid) {
		t.Errorf("Get of a long value: %v", err)
	}
	if _, found, err := c.Download(ctx, "none", io.Discard); found || err != nil {
		t.Errorf("Download of nothing: %v, %v", found, err)
	}
	for e, err := range c.Scan(ctx, client.Range{Values: true}) {
		if e.Key != "k" || e.Value != nil || e.Long != 20<<20 || err != nil {
			t.Errorf("Scan found %q with %d bytes, long %d: %v", e.Key, len(e.Value), e.Long, err)
		}
	}
}

// meddler does something between two pieces.
type meddler struct {
	io.Reader
	io.Writer
	calls  int
	meddle func()
}

func (m *meddler) Read(b []byte) (int, error) {
	m.step()
	return m.Reader.Read(b)
}

func (m *meddler) Write(b []byte) (int, error) {
	m.step()
	return m.Writer.Write(b)
}

func (m *meddler) step() {
	if m.calls++; m.calls == 2 {
		m.meddle()
	}
}

func TestWhatOthersWriteMeanwhileEndsATransfer(t *testing.T) {
	c, _ := user(t, 1)
	ctx := soon(t)
	value := long(10 << 20)
	put := func() { c.Put(ctx, "k", []byte("mine")) }
	remove := func() { c.Delete(ctx, "k") }
	for _, meddle := range []func(){put, remove} {
		up := &meddler{Reader: bytes.NewReader(value), meddle: meddle}
		if n, err := c.Upload(ctx, "k", up); !errors.Is(err, client.ErrChanged) || !errors.Is(err, client.ErrUnknown) || n != 4<<20 {
			t.Errorf("uploaded %d bytes: %v", n, err)
		}
		if _, err := c.Upload(ctx, "k", bytes.NewReader(value)); err != nil {
			t.Fatal(err)
		}
		down := &meddler{Writer: io.Discard, meddle: meddle}
		if _, _, err := c.Download(ctx, "k", down); !errors.Is(err, client.ErrChanged) || !errors.Is(err, client.ErrUnavailable) {
			t.Errorf("downloaded: %v", err)
		}
	}
}

func TestATransferEndsWithItsOtherEnd(t *testing.T) {
	c, _ := user(t, 1)
	ctx := soon(t)
	broken := errors.New("broken")
	source := io.MultiReader(bytes.NewReader(long(5<<20)), failing{broken})
	if n, err := c.Upload(ctx, "k", source); err != broken || n != 4<<20 {
		t.Errorf("uploaded %d bytes: %v", n, err)
	}
	reader, writer := io.Pipe()
	reader.CloseWithError(broken)
	if _, _, err := c.Download(ctx, "k", writer); err != broken {
		t.Errorf("downloaded: %v", err)
	}
}

type failing struct{ error }

func (e failing) Read([]byte) (int, error) { return 0, e.error }
