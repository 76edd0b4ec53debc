package zoo

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// A Patch changes some files. It is read from a unified diff, as git and diff -u print
// it, without new, removed or renamed files.
type Patch []FileChange

// A FileChange is what a patch does to one file.
type FileChange struct {
	Path  string // below the root of the module
	hunks []hunk
}

// A hunk replaces some lines of a file, each with its newline, by others.
type hunk struct {
	line     int // of the patch, for errors
	old, new []string
}

// ParsePatch reads a patch; name is for errors. Line numbers in it are not looked at,
// see [FileChange.Apply].
func ParsePatch(name, text string) (Patch, error) {
	var p Patch
	for i, line := range strings.SplitAfter(text, "\n") {
		if err := p.add(i+1, line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
		}
	}
	if len(p) == 0 {
		return nil, fmt.Errorf("%s: it changes no file", name)
	}
	for _, f := range p {
		if len(f.hunks) == 0 {
			return nil, fmt.Errorf("%s: it changes nothing in %s", name, f.Path)
		}
	}
	return p, nil
}

// add reads one line. What begins a file or a hunk is told from what is removed or
// added by its place: within a hunk "--- " and "+++ " do not come in our patches.
func (p *Patch) add(number int, line string) error {
	if line == "" || strings.HasPrefix(line, "--- a/") {
		return nil
	}
	if path, is := strings.CutPrefix(line, "+++ b/"); is {
		path, _, _ = strings.Cut(strings.TrimSuffix(path, "\n"), "\t")
		if !filepath.IsLocal(path) {
			return fmt.Errorf("%q is no path below the root of the source tree", path)
		}
		*p = append(*p, FileChange{Path: path})
		return nil
	}
	if len(*p) == 0 {
		return fmt.Errorf("%q is before the first file, which begins with +++ b/PATH", strings.TrimSpace(line))
	}
	f := &(*p)[len(*p)-1]
	if strings.HasPrefix(line, "@@ ") {
		f.hunks = append(f.hunks, hunk{line: number})
		return nil
	}
	if len(f.hunks) == 0 {
		return fmt.Errorf("%q is before the first hunk, which begins with @@", strings.TrimSpace(line))
	}
	return f.hunks[len(f.hunks)-1].add(line)
}

func (h *hunk) add(line string) error {
	body := line[1:]
	switch line[0] {
	case ' ':
		h.old, h.new = append(h.old, body), append(h.new, body)
	case '-':
		h.old = append(h.old, body)
	case '+':
		h.new = append(h.new, body)
	default:
		return fmt.Errorf("%q begins with none of ' ', '-' and '+'", strings.TrimSpace(line))
	}
	return nil
}

// Apply returns the text of the file after the change. A hunk is found by what it
// replaces, and that must be there exactly once: lines that come or go elsewhere in the
// file do not matter, and a hunk that could mean two places is refused.
func (c FileChange) Apply(text string) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	for _, h := range c.hunks {
		places := h.places(lines)
		if len(places) != 1 {
			return "", fmt.Errorf("%s: what the hunk of line %d replaces is there %d times, and has to be there once",
				c.Path, h.line, len(places))
		}
		lines = slices.Replace(lines, places[0], places[0]+len(h.old), h.new...)
	}
	return strings.Join(lines, ""), nil
}

// places returns where in lines a hunk fits.
func (h hunk) places(lines []string) (places []int) {
	for i := 0; i+len(h.old) <= len(lines); i++ {
		if slices.Equal(lines[i:i+len(h.old)], h.old) {
			places = append(places, i)
		}
	}
	return places
}
