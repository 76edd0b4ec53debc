package disk

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// A tree is a directory as a file system is believed to keep it: of each file and each
// directory it knows what is visible and what survives any crash.
type tree struct {
	names   map[string]any // *tree or *blob, by name; what is visible
	durable map[string]any
	pending []map[string]any // names after each change since they were synced
}

// A blob is the content of a file.
type blob struct {
	content []byte // what is visible
	synced  []byte // what the last sync left
	shared  bool   // the two begin in the same memory
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
		dir.names[name].(*blob).write(c.at, c.data)
	case cuts:
		b := dir.names[name].(*blob)
		b.content = slices.Clip(b.content[:c.at])
	case syncs:
		b := dir.names[name].(*blob)
		b.synced, b.shared = slices.Clip(b.content), true
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

// write puts data at a place.
func (b *blob) write(at int, data []byte) {
	if b.shared && at < len(b.synced) {
		b.content, b.shared = bytes.Clone(b.content), false
	}
	whole := len(b.content)
	b.content = append(b.content[:at], data...)
	if len(b.content) < whole {
		b.content = b.content[:whole]
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
	// content returns what a file holds.
	content(b *blob) []byte
}

// crash returns what a crash leaves of t, all of which is durable.
func (t *tree) crash(f fate) *tree {
	names := t.durable
	if kept := f.names(len(t.pending)); kept > 0 {
		names = t.pending[kept-1]
	}
	left := newTree()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		switch n := names[name].(type) {
		case *tree:
			left.names[name] = n.crash(f)
		case *blob:
			content := f.content(n)
			left.names[name] = &blob{content: content, synced: slices.Clip(content), shared: true}
		}
	}
	left.durable = left.names
	return left
}

// store puts what is visible of t into the directory path.
func (t *tree) store(path string) error {
	if err := os.MkdirAll(path, directoryMode); err != nil {
		return err
	}
	for name, n := range t.names {
		var err error
		below := filepath.Join(path, name)
		switch n := n.(type) {
		case *tree:
			err = n.store(below)
		case *blob:
			err = os.WriteFile(below, n.content, fileMode)
		}
		if err != nil {
			return err
		}
	}
	return nil
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
func (nothing) content(b *blob) []byte    { return b.synced }

// Dice are where a crash takes its chance from: IntN returns a number in [0, n); n is above
// 0.
type Dice = interface{ IntN(n int) int }

// Chance draws what is left: any number of the changes to each directory, in order; of
// each file any subset of the sectors that were written, with what was there before, or
// garbage, for the others, and perhaps a torn one at the end.
type chance struct{ Dice }

// sector is small so that there are many of them in short files.
const sector = 16

func (c chance) names(pending int) int { return c.IntN(pending + 1) }

func (c chance) content(b *blob) []byte {
	from, to := difference(b.synced, b.content)
	if from == to {
		return b.content
	}
	whole := max(len(b.synced), len(b.content))
	before, left := stretched(b.synced, whole), stretched(b.content, whole)
	switch c.IntN(6) {
	case 0:
		return b.content
	case 1:
		return b.synced
	case 2: // a beginning of it
		end := from + c.IntN(to-from+1)
		copy(left[end:], before[end:])
		return left[:max(end, len(b.synced))]
	case 3: // as long as it was, or longer, but never written
		at := from + c.IntN(to-from)
		copy(left[at:], before[at:])
		return append(left, make([]byte, c.IntN(2*sector))...)
	}
	for at := from; at < to; {
		next := min(at-at%sector+sector, to) // sectors lie where the file system has them
		switch c.IntN(4) {
		case 0:
			copy(left[at:next], before[at:next])
		case 1:
			for i := at; i < next; i++ {
				left[i] = byte(c.IntN(1 << 8))
			}
		}
		at = next
	}
	return left[:whole-c.IntN(2)*c.IntN(whole-min(len(b.synced), whole-1))]
}

// difference returns where two contents begin and cease to be different, as if the
// shorter one went on with zeros. They are equal from the second place on.
func difference(a, b []byte) (from, to int) {
	if len(a) > len(b) {
		a, b = b, a
	}
	for from < len(a) && a[from] == b[from] {
		from++
	}
	if from == len(b) {
		return from, from
	}
	to = len(b)
	if len(a) == len(b) {
		for to > from && a[to-1] == b[to-1] {
			to--
		}
	}
	return from, to
}

// stretched returns a copy of b of that length, with zeros at its end.
func stretched(b []byte, length int) []byte {
	return append(append(make([]byte, 0, length), b...), make([]byte, length-len(b))...)
}
