package zoo

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Sources returns the text of every file that the mutant changes, by its path below the
// root of the source tree. Nothing is written.
func (m Mutant) Sources() (map[string]string, error) {
	text, err := os.ReadFile(filepath.Join(m.root, m.PatchFile()))
	if err != nil {
		return nil, err
	}
	patch, err := ParsePatch(m.PatchFile(), string(text))
	if err != nil {
		return nil, err
	}
	changed := map[string]string{}
	for _, c := range patch {
		before, err := os.ReadFile(filepath.Join(m.root, c.Path))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.PatchFile(), err)
		}
		if changed[c.Path], err = c.Apply(string(before)); err != nil {
			return nil, fmt.Errorf("%s: %w", m.PatchFile(), err)
		}
	}
	return changed, nil
}

// Plant writes the changed files into dir, and an overlay that lets the go command read
// them in place of ours. It returns the path of the overlay.
func (m Mutant) Plant(dir string) (overlay string, err error) {
	changed, err := m.Sources()
	if err != nil {
		return "", err
	}
	replace := map[string]string{}
	for path, text := range changed { // any order: each is written by itself
		file := filepath.Join(dir, strings.ReplaceAll(path, "/", "_"))
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			return "", err
		}
		replace[filepath.Join(m.root, path)] = file
	}
	text, err := json.Marshal(struct{ Replace map[string]string }{replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o644)
}

// Build builds the program with an overlay.
func (m Mutant) Build(ctx context.Context, overlay, program string) error {
	out, _, err := m.goTool(ctx, "build", "-trimpath", "-ldflags=-s -w", "-overlay", overlay, "-o", program, "./cmd/understudy")
	if err != nil {
		return fmt.Errorf("go build of mutant %s: %w\n%s", m.ID, err, out)
	}
	return nil
}

// goTool runs the go command in the source tree.
func (m Mutant) goTool(ctx context.Context, args ...string) (out []byte, cpu time.Duration, err error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = m.root
	out, err = cmd.CombinedOutput()
	return out, cpuTime(cmd), err
}

// cpuTime returns how much time of processors a command has taken that has ended, with
// all that it started and waited for.
func cpuTime(cmd *exec.Cmd) time.Duration {
	if cmd.ProcessState == nil {
		return 0
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
