package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/client"
)

func TestValuesOfAnyLengthGoInAndOut(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	value := bytes.Repeat([]byte("0123456789abcde\n"), 9<<16) // 9 MiB
	if err := os.WriteFile(in, value, 0o600); err != nil {
		t.Fatal(err)
	}
	err := devClusterAt(t, t.TempDir(), func(_ *client.Client, address string) {
		do := func(want int, args ...string) (out, errs string) {
			t.Helper()
			code, out, errs := understudy(t, append(args, "--addr", address, "--timeout", "60s")...)
			if code != want {
				t.Errorf("%q: exit code %d, %s", args, code, errs)
			}
			return out, errs
		}
		do(exitOK, "put", "k", "short")
		if text, _ := do(exitOK, "get", "k"); text != "short\n" {
			t.Errorf("got %q", text)
		}
		do(exitOK, "put", "k", "--file", in)
		do(exitOK, "get", "k", "--file", out)
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, value) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
		if text, _ := do(exitOK, "get", "k"); text != string(value)+"\n" {
			t.Errorf("got %d bytes", len(text))
		}
		do(exitFailure, "get", "none", "--file", out)
		if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, value) {
			t.Errorf("what was there is %d bytes now, %v", len(got), err)
		}
		if files, _ := os.ReadDir(dir); len(files) != 2 {
			t.Errorf("left behind: %v", files)
		}
		do(exitUsage, "put", "k", "v", "--file", in)
		if _, errs := do(exitFailure, "put", "k", "--file", out+"none"); !strings.Contains(errs, "no such file") {
			t.Errorf("said %q", errs)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
