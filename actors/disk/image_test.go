package disk

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A tree is a data directory as the tests believe that a file system keeps it: of each
// file and each directory it knows what was synced and what was not.
type tree struct {
	names   map[string]any // *tree or *blob, by name; what is visible
	durable map[string]any
	pending []map[string]any // names after each change since they were synced
}

// A blob is the content of a file. It only grows.
type blob struct {
	content []byte
	synced  int
}

func newTree() *tree { return &tree{names: map[string]any{}, durable: map[string]any{}} }

// apply does one change to the tree below t.
func (t *tree) apply(c change) {
	dir, name := t.find(c.path)
	switch c.kind {
	case makes:
		dir.set(func(names map[string]any) { names[name] = newTree() })
	case creates:
		dir.set(func(names map[string]any) { names[name] = &blob{} })
	case writes:
		b := dir.names[name].(*blob)
		b.content = append(b.content, c.data...)
	case syncs:
		b := dir.names[name].(*blob)
		b.synced = len(b.content)
	case renames: // within a directory
		to := filepath.Base(c.to)
		dir.set(func(names map[string]any) {
			names[to] = names[name]
			delete(names, name)
		})
	case removes:
		dir.set(func(names map[string]any) { delete(names, name) })
	case syncsNames:
		if name != "" {
			dir = dir.names[name].(*tree)
		}
		dir.durable, dir.pending = dir.names, nil
	}
}

// find returns the directory that a path names something in.
func (t *tree) find(path string) (dir *tree, name string) {
	parent, name := filepath.Split(path)
	if parent == "" {
		return t, name
	}
	dir, below := t.find(filepath.Clean(parent))
	return dir.names[below].(*tree), name
}

func (t *tree) set(change func(names map[string]any)) {
	t.names = maps.Clone(t.names)
	change(t.names)
	t.pending = append(t.pending, t.names)
}

// A fate decides what a crash leaves of what was not synced.
type fate interface {
	// names returns how many of so many changes to the names in a directory are kept.
	names(pending int) int
	// content returns what a file holds, of which a beginning was synced.
	content(b *blob) []byte
}

// write puts what a crash leaves of t into the directory path.
func (t *tree) write(tb testing.TB, path string, f fate) {
	tb.Helper()
	names := t.durable
	if kept := f.names(len(t.pending)); kept > 0 {
		names = t.pending[kept-1]
	}
	if err := os.MkdirAll(path, directoryMode); err != nil {
		tb.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		switch n := names[name].(type) {
		case *tree:
			n.write(tb, filepath.Join(path, name), f)
		case *blob:
			overwrite(tb, filepath.Join(path, name), f.content(n))
		}
	}
}

// Everything keeps all that was written, nothing only what was synced: the gentlest and
// the plainest of crashes.
type (
	everything struct{}
	nothing    struct{}
)

func (everything) names(pending int) int  { return pending }
func (everything) content(b *blob) []byte { return b.content }
func (nothing) names(int) int             { return 0 }
func (nothing) content(b *blob) []byte    { return b.content[:b.synced] }

// Chance draws what is left: any number of the changes to each directory, in order; of
// each file any subset of the sectors, with zeros or garbage for the others, and perhaps
// a torn one at the end.
type chance struct{ *rand.Rand }

// sector is small so that there are many of them in short files.
const sector = 16

func (c chance) names(pending int) int { return c.IntN(pending + 1) }

func (c chance) content(b *blob) []byte {
	left := bytes.Clone(b.content)
	unsynced := len(left) - b.synced
	if unsynced == 0 {
		return left
	}
	switch c.IntN(6) {
	case 0:
		return left
	case 1:
		return left[:b.synced]
	case 2:
		return left[:b.synced+c.IntN(unsynced+1)]
	case 3: // as long as it was, or longer, but never written
		clear(left[b.synced+c.IntN(unsynced):])
		return append(left, make([]byte, c.IntN(2*sector))...)
	}
	for at := b.synced; at < len(left); {
		next := min(at-at%sector+sector, len(left)) // sectors lie where the file system has them
		switch c.IntN(4) {
		case 0:
			clear(left[at:next])
		case 1:
			for i := at; i < next; i++ {
				left[i] = byte(c.Uint32())
			}
		}
		at = next
	}
	return left[:len(left)-c.IntN(2)*c.IntN(unsynced)]
}
