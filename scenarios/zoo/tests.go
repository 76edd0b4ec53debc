package zoo

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// byTest is the oracle of a find that is a test's.
const byTest = "test"

// HuntByTests runs the mutant's tests with an overlay, one after the other, until one
// fails. What was found before is in f.
func (m Mutant) HuntByTests(ctx context.Context, overlay string, f *Find) error {
	for _, test := range m.Tests {
		pkg, name, _ := strings.Cut(test, ".")
		out, cpu, err := m.goTool(ctx, "test", "-trimpath", "-vet=off", "-timeout=2m", "-overlay", overlay,
			"-v", "-run", "^"+strings.ReplaceAll(name, "/", "$/^")+"$", "./"+pkg)
		f.Seconds += cpu.Seconds()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case !bytes.Contains(out, []byte("=== RUN   "+name+"\n")):
			return fmt.Errorf("mutant %s: test %s cannot be run: %w\n%s", m.ID, test, err, out)
		case err != nil:
			f.Caught, f.Oracle, f.Signature = true, byTest, test
			return nil
		}
	}
	return nil
}
