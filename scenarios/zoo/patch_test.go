package zoo

import (
	"strings"
	"testing"
)

const onePatch = `--- a/raft/read.go
+++ b/raft/read.go
@@ -3,3 +3,3 @@
 three
-four
+4
 five
`

func TestAPatchIsAppliedWhereItsLinesAre(t *testing.T) {
	p, err := ParsePatch("x.patch", onePatch)
	if err != nil {
		t.Fatal(err)
	}
	if len(p) != 1 || p[0].Path != "raft/read.go" {
		t.Fatalf("it changes %+v", p)
	}
	for before, after := range map[string]string{ // any order: each stands alone
		"three\nfour\nfive\n":                 "three\n4\nfive\n",
		"one\ntwo\nmore\nthree\nfour\nfive\n": "one\ntwo\nmore\nthree\n4\nfive\n",
		"three\nfour\nfive\nthree\n":          "three\n4\nfive\nthree\n",
	} {
		if got, err := p[0].Apply(before); err != nil || got != after {
			t.Errorf("%q became %q, %v; want %q", before, got, err, after)
		}
	}
}

func TestAPatchWithoutOnePlaceIsRefused(t *testing.T) {
	p, err := ParsePatch("x.patch", onePatch)
	if err != nil {
		t.Fatal(err)
	}
	for text, times := range map[string]string{ // any order: each stands alone
		"":                                       "there 0 times",
		"three\nfour\n":                          "there 0 times",
		"three\nvier\nfive\n":                    "there 0 times",
		"three\nfour\nfive":                      "there 0 times",
		"\tthree\nfour\nfive\n":                  "there 0 times",
		"three\nfour\nfive\nthree\nfour\nfive\n": "there 2 times",
	} {
		if got, err := p[0].Apply(text); err == nil || !strings.Contains(err.Error(), times) {
			t.Errorf("%q became %q, %v; want it %s", text, got, err, times)
		}
	}
}

func TestHunksAndFilesOfAPatchStandAlone(t *testing.T) {
	p, err := ParsePatch("x.patch", "--- a/a.go\n+++ b/a.go\n@@ -1 +1 @@\n-one\n+1\n@@ -9 +9,2 @@\n nine\n+ten\n--- a/b.go\n+++ b/b.go\n@@ -1,2 +1 @@\n-x\n y\n")
	if err != nil || len(p) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	if got, err := p[0].Apply("nine\none\n"); err != nil || got != "nine\nten\n1\n" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := p[1].Apply("x\ny\n"); err != nil || got != "y\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWhatIsNoPatchIsRefusedWithItsLine(t *testing.T) {
	for text, want := range map[string]string{ // any order: each stands alone
		"":                                 "x.patch: it changes no file",
		"hello\n":                          "x.patch:1:",
		"+++ b/a.go\n":                     "x.patch: it changes nothing in a.go",
		"+++ b/a.go\n+one\n":               "x.patch:2:",
		"+++ b/a.go\n@@ -1 +1 @@\nhello\n": "x.patch:3:",
		"+++ b/../a.go\n@@ -1 +1 @@\n+x\n": "x.patch:1:",
	} {
		if _, err := ParsePatch("x.patch", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
