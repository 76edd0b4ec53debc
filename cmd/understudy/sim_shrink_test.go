package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFailureShrinksAndFailsOn(t *testing.T) {
	dir := t.TempDir()
	path, minimal := filepath.Join(dir, "hopeless.yaml"), filepath.Join(dir, "minimal.yaml")
	if err := os.WriteFile(path, []byte(hopeless), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := understudy(t, "sim", "shrink", path, "--out", minimal, "--json")
	var r shrinkResult
	if err := json.Unmarshal([]byte(out), &r); code != exitOK || err != nil {
		t.Fatalf("exit code %d, %v: %s", code, err, errs)
	}
	if !r.Complete || r.Runs == 0 || r.Minimal.Duration >= r.Original.Duration || r.Minimal.Operations >= r.Original.Operations {
		t.Errorf("it went from %v to %v in %d runs", r.Original, r.Minimal, r.Runs)
	}
	if text, err := os.ReadFile(minimal); err != nil || !strings.HasPrefix(string(text), "# What was left of seed 1 of hopeless:\n# Seed ") || !strings.Contains(r.Story[len(r.Story)-1], "BROKEN") {
		t.Errorf("the minimal plan has no story: %v, %q\n%s", err, r.Story, text)
	}
	code, out, _ = understudy(t, "sim", "replay", minimal, "--story")
	if !strings.Contains(out, r.Story[len(r.Story)-1]) {
		t.Errorf("the story of the minimal plan is another one: %q, now\n%s", r.Story, out)
	}
	if code != exitFailure || !strings.Contains(out, "violation: "+r.Violation) {
		t.Errorf("the minimal plan: exit code %d\n%s", code, out)
	}
	if code, _, errs := understudy(t, "sim", "shrink", minimal, "--seed", "3"); code != exitUsage || !strings.Contains(errs, "has its seed") {
		t.Errorf("a plan with a seed: exit code %d, %s", code, errs)
	}
}

func TestWhatPassesIsNotShrunk(t *testing.T) {
	code, _, errs := understudy(t, "sim", "shrink", "calm", "--seed", "1")
	if code != exitUsage || !strings.Contains(errs, "there is nothing to shrink") {
		t.Errorf("exit code %d, %s", code, errs)
	}
}

func TestShrinkingRefusesWrongUse(t *testing.T) {
	for _, flag := range []string{"--for=-1s", "--workers=0"} {
		code, _, errs := understudy(t, "sim", "shrink", "calm", flag)
		if code != exitUsage || !strings.Contains(errs, "choose") {
			t.Errorf("%s: exit code %d, %s", flag, code, errs)
		}
	}
}
