// Package scenarios holds the rehearsals that come with Understudy and reads others
// from files.
package scenarios

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/understudy-kv/understudy/sim/cluster"
)

//go:embed *.yaml
var embedded embed.FS

// order is how the scenarios are listed: from the simplest to the harshest.
var order = []string{
	"calm", "lossy-network", "leader-crash", "rolling-crash", "rolling-restart", "partitioned", "torn-disks",
	"small-windows", "moving-members", "damaged-disks", "idle-groups", "everything",
}

// All returns the scenarios that come with the program, in reading order.
func All() []cluster.Scenario {
	all := make([]cluster.Scenario, len(order))
	for i, name := range order {
		text, err := embedded.ReadFile(name + ".yaml")
		if err != nil {
			panic(err) // the list and the folder disagree; a test compares them
		}
		if all[i], err = Parse(name+".yaml", text); err != nil {
			panic(err) // a test parses each
		}
	}
	return all
}

// maxFileBytes is more than any scenario needs; a wrong path may name a disk image.
const maxFileBytes = 1 << 20

// Find returns the scenario of that name, or reads it from a file if the name looks
// like a path: if it holds a slash or ends in .yaml or .yml.
func Find(name string) (cluster.Scenario, error) {
	if strings.ContainsRune(name, '/') || strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		return read(name)
	}
	if !slices.Contains(order, name) {
		return cluster.Scenario{}, fmt.Errorf(
			"no scenario %q: the built-in ones are %s; a file is named with a slash or .yaml, such as ./%s.yaml",
			name, strings.Join(order, ", "), name)
	}
	text, err := embedded.ReadFile(name + ".yaml")
	if err != nil {
		return cluster.Scenario{}, err
	}
	return Parse(name+".yaml", text)
}

func read(path string) (cluster.Scenario, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return cluster.Scenario{}, fmt.Errorf("no scenario file %s", path)
	case err != nil:
		return cluster.Scenario{}, err
	case !info.Mode().IsRegular() || info.Size() > maxFileBytes:
		return cluster.Scenario{}, fmt.Errorf("%s is not a scenario file of at most %d bytes", path, maxFileBytes)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return cluster.Scenario{}, err
	}
	return Parse(path, text)
}
