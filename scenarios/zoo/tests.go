package zoo

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// HuntByTests runs the mutant's tests with an overlay, one after the other, until one
// fails.
func (m Mutant) HuntByTests(ctx context.Context, overlay string) (f Find, err error) {
	for _, test := range m.Tests {
		pkg, name, _ := strings.Cut(test, ".")
		out, cpu, err := m.goTool(ctx, "test", "-trimpath", "-vet=off", "-timeout=2m", "-overlay", overlay,
			"-v", "-run", "^"+name+"$", "./"+pkg)
		f.Seconds += cpu.Seconds()
		switch {
		case ctx.Err() != nil:
			return f, ctx.Err()
		case !bytes.Contains(out, []byte("=== RUN   "+name)):
			return f, fmt.Errorf("mutant %s: test %s cannot be run: %w\n%s", m.ID, test, err, out)
		case err != nil:
			f.Caught, f.Oracle, f.Signature = true, "test", test
			return f, nil
		}
	}
	return f, nil
}
