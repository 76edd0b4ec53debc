package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/actors"
)

const fileName = "snapshot-1-2-3"

// write writes a piece of a file.
func (c *client) write(file, piece string) actors.FileWritten {
	c.t.Helper()
	c.disk.WriteFile(file, []byte(piece))
	return c.answer().(actors.FileWritten)
}

func (c *client) seal(file string) actors.FileSealed {
	c.t.Helper()
	c.disk.SealFile(file)
	return c.answer().(actors.FileSealed)
}

func (c *client) read(file string, piece int) actors.FileRead {
	c.t.Helper()
	c.disk.ReadFile(file, piece)
	return c.answer().(actors.FileRead)
}

func (c *client) removeFile(file string) error {
	c.t.Helper()
	c.disk.RemoveFile(file)
	return c.answer().(actors.FileRemoved).Err
}

func (c *client) listFiles() []string {
	c.t.Helper()
	c.disk.ListFiles()
	listed := c.answer().(actors.FilesListed)
	if listed.Err != nil {
		c.t.Fatal(listed.Err)
	}
	return listed.Files
}

// store writes and seals a file.
func (c *client) storeFile(file string, pieces ...string) {
	c.t.Helper()
	for _, piece := range pieces {
		if written := c.write(file, piece); written.Err != nil {
			c.t.Fatal(written.Err)
		}
	}
	if sealed := c.seal(file); sealed.Err != nil || sealed.Pieces != len(pieces) {
		c.t.Fatalf("sealed %+v", sealed)
	}
}

func filePath(dir, name string) string { return filepath.Join(dir, filesDirectory, name) }

// shelved returns a store with one file, and the content of that.
func shelved(t *testing.T, pieces ...string) (*client, []byte) {
	t.Helper()
	c := start(t, fastDirectory(t), segmentBytes)
	c.storeFile(fileName, pieces...)
	return c, read(t, filePath(c.store.dir, fileName))
}

var threePieces = []string{"one", "a second piece", "3"}

func TestFilesAreEncodedAsInTheSpec(t *testing.T) {
	x := index{salt: 0x1122334455667788}
	x.add([]byte("one"))
	x.add([]byte("two!"))
	got := x.appendTo([]byte("onetwo!"), "snapshot-1")
	want := []byte{
		'o', 'n', 'e', 't', 'w', 'o', '!',
		3, 0, 0, 0, 0x12, 0xd5, 0xaa, 0xd2,
		4, 0, 0, 0, 0x74, 0xee, 0x8c, 0x6a,
		'u', 's', 'f', 'i', 'l', 'e', '0', '1',
		0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
		2, 0, 0, 0,
		0x7e, 0xdb, 0x67, 0xfd,
	}
	if !bytes.Equal(got, want) {
		t.Errorf("file is\n%#v, want\n%#v", got, want)
	}
}

// TestEveryFlippedByteOfAFileIsSeen flips each byte in turn: a piece is as it was
// written, or said to be corrupt; and damage to one piece leaves the others.
func TestEveryFlippedByteOfAFileIsSeen(t *testing.T) {
	c, content := shelved(t, threePieces...)
	ends := []int{3, 17, 18}
	for at := range content {
		overwrite(t, filePath(c.store.dir, fileName), flipped(content, at))
		c.store.cabinet.forget(fileName)
		hit := slices.IndexFunc(ends, func(end int) bool { return at < end })
		for i, want := range threePieces {
			got := c.read(fileName, i)
			damaged := hit == i || hit < 0
			if damaged && (!errors.Is(got.Err, actors.ErrCorrupt) || got.Data != nil) {
				t.Errorf("byte %d flipped: piece %d reads as %q, %v", at, i, got.Data, got.Err)
			}
			if !damaged && (got.Err != nil || string(got.Data) != want || got.Pieces != 3) {
				t.Errorf("byte %d flipped: piece %d reads as %q of %d, %v", at, i, got.Data, got.Pieces, got.Err)
			}
		}
	}
}

// forget closes the handle of a file, as if it had not been read for long.
func (c *cabinet) forget(name string) { c.reads.do(func() { c.handles.drop(name) }) }

func TestEveryMissingEndOfAFileIsSeen(t *testing.T) {
	c, content := shelved(t, threePieces...)
	for size := range content {
		overwrite(t, filePath(c.store.dir, fileName), content[:size])
		c.store.cabinet.forget(fileName)
		if got := c.read(fileName, 0); !errors.Is(got.Err, actors.ErrCorrupt) {
			t.Errorf("the first %d bytes read as %q, %v", size, got.Data, got.Err)
		}
	}
	overwrite(t, filePath(c.store.dir, fileName), append([]byte{0}, content...))
	c.store.cabinet.forget(fileName)
	if got := c.read(fileName, 0); !errors.Is(got.Err, actors.ErrCorrupt) {
		t.Errorf("with a byte before it the file reads as %q, %v", got.Data, got.Err)
	}
}

// TestMisplacedPiecesAreSeen puts intact bytes where they do not belong.
func TestMisplacedPiecesAreSeen(t *testing.T) {
	c, content := shelved(t, "aaaa", "bbbb")
	dir := c.store.dir
	c.storeFile("other", "aaaa", "bbbb")
	overwrite(t, filePath(dir, "swapped"), slices.Concat(content[4:8], content[:4], content[8:]))
	overwrite(t, filePath(dir, "renamed"), content)
	overwrite(t, filePath(dir, fileName), slices.Concat([]byte("bbbb"), content[4:]))
	other := read(t, filePath(dir, "other"))
	overwrite(t, filePath(dir, "other"), slices.Concat(other[:8], content[8:16], other[16:]))
	for _, name := range []string{"swapped", "renamed", fileName, "other"} {
		c.store.cabinet.forget(name)
		if got := c.read(name, 0); !errors.Is(got.Err, actors.ErrCorrupt) {
			t.Errorf("%s reads as %q, %v", name, got.Data, got.Err)
		}
	}
}

func TestAFileThatLiesAboutItselfIsRefused(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	long := index{entries: []entry{{length: actors.MaxPieceBytes + 1}}, size: actors.MaxPieceBytes + 1}
	empty := index{entries: []entry{{}}}
	many := (&index{}).appendTo(nil, fileName)
	copy(many[16:], []byte{0xff, 0xff, 0xff, 0xff})
	for name, content := range map[string][]byte{
		"long piece":  long.appendTo(make([]byte, long.size), fileName),
		"empty piece": empty.appendTo(nil, fileName),
		"too many":    many,
		"no piece":    append([]byte("x"), (&index{}).appendTo(nil, fileName)...),
	} {
		overwrite(t, filePath(c.store.dir, fileName), content)
		c.store.cabinet.forget(fileName)
		if got := c.read(fileName, 0); !errors.Is(got.Err, actors.ErrCorrupt) {
			t.Errorf("%s: read %d bytes, %v", name, len(got.Data), got.Err)
		}
	}
}

func FuzzDecodeIndex(f *testing.F) {
	x := index{salt: 7}
	f.Add(x.appendTo(nil, fileName))
	x.add([]byte("one"))
	x.add([]byte("two"))
	f.Add(x.appendTo(nil, fileName))
	f.Fuzz(func(t *testing.T, b []byte) {
		if x, ok := decodeIndex(b, fileName); ok && !bytes.Equal(x.appendTo(nil, fileName), b) {
			t.Errorf("%x decodes as %+v", b, x)
		}
	})
}

func TestWhatACrashLeavesOfDraftsIsRemoved(t *testing.T) {
	c, _ := shelved(t, "one")
	c.write("draft", "piece")
	dir := crash(t, c.store.dir)
	if _, err := os.Stat(filePath(dir, "draft"+temporary)); err != nil {
		t.Fatal(err)
	}
	next := start(t, dir, segmentBytes)
	left, err := os.ReadDir(filepath.Join(dir, filesDirectory))
	if err != nil || len(left) != 1 || !slices.Equal(next.listFiles(), []string{fileName}) {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestForeignThingsAmongTheFilesAreNotListed(t *testing.T) {
	c, content := shelved(t, "one")
	overwriteIn(t, filePath(c.store.dir, "directory"), "x")
	overwrite(t, filePath(c.store.dir, "UPPER"), content)
	if got := c.listFiles(); !slices.Equal(got, []string{fileName}) {
		t.Errorf("the files are %q", got)
	}
}

func TestOpenHandlesAreBounded(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	name := func(i int) string { return fmt.Sprintf("file-%d", i) }
	for i := range 3 * openHandles {
		c.storeFile(name(i), name(i))
	}
	for i := range 3 * openHandles {
		if got := c.read(name(i), 0); string(got.Data) != name(i) {
			t.Errorf("%s reads as %q, %v", name(i), got.Data, got.Err)
		}
	}
	if got := c.openFiles(); len(got) != openHandles || got[0] != name(2*openHandles) {
		t.Errorf("open are %q, want the last %d", got, openHandles)
	}
	c.read(name(2*openHandles), 0) // now it is the one used last
	c.read(name(0), 0)
	if got := c.openFiles(); slices.Contains(got, name(2*openHandles+1)) || !slices.Contains(got, name(2*openHandles)) {
		t.Errorf("open are %q, want not the one used longest ago", got)
	}
}

// openFiles returns the names of the files that are open for reading.
func (c *client) openFiles() (names []string) {
	done := make(chan struct{})
	c.store.cabinet.reads.do(func() {
		for _, h := range c.store.cabinet.handles {
			names = append(names, h.name)
		}
		close(done)
	})
	<-done
	return names
}

func TestARemovedFileIsNotKeptOpen(t *testing.T) {
	c, _ := shelved(t, "one")
	c.read(fileName, 0)
	if err := c.removeFile(fileName); err != nil || len(c.openFiles()) != 0 {
		t.Errorf("removed with %v; open are %q", err, c.openFiles())
	}
}

func TestALostFileIsNotServedFromItsHandle(t *testing.T) {
	c, content := shelved(t, "one")
	c.read(fileName, 0)
	remove(t, filePath(c.store.dir, fileName))
	if got := c.read(fileName, 0); !errors.Is(got.Err, actors.ErrNoFile) {
		t.Errorf("a lost file reads as %q, %v", got.Data, got.Err)
	}
	overwrite(t, filePath(c.store.dir, fileName), content)
	if got := c.read(fileName, 0); string(got.Data) != "one" {
		t.Errorf("a file that came back reads as %q, %v", got.Data, got.Err)
	}
}

func TestAFileThatBecomesShorterIsCorrupt(t *testing.T) {
	c, content := shelved(t, threePieces...)
	c.read(fileName, 0)
	if err := os.Truncate(filePath(c.store.dir, fileName), 10); err != nil {
		t.Fatal(err)
	}
	if got := c.read(fileName, 1); !errors.Is(got.Err, actors.ErrCorrupt) {
		t.Errorf("a piece that was cut reads as %q, %v", got.Data, got.Err)
	}
	if got := c.read(fileName, 0); string(got.Data) != "one" {
		t.Errorf("a piece that is there, of a file of %d bytes, reads as %q, %v", len(content), got.Data, got.Err)
	}
}

func TestFileNamesAreChecked(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	for _, name := range []string{"", "../identity", "a/b", ".", "x.tmp"} {
		written, sealed, got := c.write(name, "x"), c.seal(name), c.read(name, 0)
		if err := c.removeFile(name); written.Err == nil || sealed.Err == nil || got.Err == nil || err == nil {
			t.Errorf("%q: %v, %v, %v, %v", name, written.Err, sealed.Err, got.Err, err)
		}
	}
}

func TestPiecesOfTheWrongSizeAreRefused(t *testing.T) {
	c := start(t, fastDirectory(t), segmentBytes)
	for _, size := range []int{0, actors.MaxPieceBytes + 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a piece of %d bytes was taken", size)
				}
			}()
			c.disk.WriteFile(fileName, make([]byte, size))
		}()
	}
}

func TestFilesTakeNothingAfterClose(t *testing.T) {
	c, _ := shelved(t, "one")
	c.write("draft", "piece")
	c.mustClose()
	written, sealed, got := c.write("x", "x"), c.seal("draft"), c.read(fileName, 0)
	c.disk.ListFiles()
	listed := c.answer().(actors.FilesListed)
	for _, err := range []error{written.Err, sealed.Err, got.Err, c.removeFile(fileName), listed.Err} {
		if !errors.Is(err, errClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
	if _, err := os.Stat(filePath(c.store.dir, "draft"+temporary)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Close left a draft: %v", err)
	}
}
