package zoo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Results are what became of each mutant when it was hunted last, by its id.
type Results map[string]Find

// Results reads those of the last hunts. There are none if nobody has hunted yet.
func (x *Index) Results() (Results, error) {
	text, err := os.ReadFile(x.resultsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return Results{}, nil
	} else if err != nil {
		return nil, err
	}
	r := Results{}
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w; remove it, and hunt them all again", x.resultsFile(), err)
	}
	return r, nil
}

// Write keeps results, with those of earlier hunts for other mutants, and writes the
// page about all of them.
func (x *Index) Write(found Results) error {
	all, err := x.Results()
	if err != nil {
		return err
	}
	kept := Results{}
	for _, m := range x.Mutants() {
		if f, hunted := found[m.ID]; hunted {
			kept[m.ID] = f
		} else if f, hunted := all[m.ID]; hunted {
			kept[m.ID] = f
		}
	}
	text, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(x.resultsFile(), append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(x.root, PageFile), x.Page(kept), 0o644)
}

func (x *Index) resultsFile() string { return filepath.Join(x.root, Folder, "results.json") }
