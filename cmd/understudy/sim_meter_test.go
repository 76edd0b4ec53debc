package main

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/understudy-kv/understudy/sim/campaign"
)

// halfway is a gauge of a campaign that has done 3 of 6 runs in a minute.
func halfway() gauge {
	sum := campaign.NewSummary(campaign.Work{})
	sum.Runs, sum.Simulated, sum.Answered = 3, 6000, 123456
	sum.Verdicts["pass"], sum.Verdicts["violation"] = 1, 2
	return gauge{total: 6, elapsed: time.Minute, sum: sum}
}

func TestAGaugeFitsIntoTheTerminal(t *testing.T) {
	for width := 16; width < 200; width++ {
		line := halfway().line(width)
		if n := utf8.RuneCountInString(line); n > width {
			t.Errorf("%d characters do not fit into %d: %q", n, width, line)
		}
		if !strings.HasPrefix(line, " 50% █████") {
			t.Errorf("half is drawn as %q", line)
		}
	}
}

func TestAGaugeSaysWhatMatters(t *testing.T) {
	const want = "3 of 6 runs; 2 violation; 1m0s left; 100 simulated seconds a second; 123456 operations"
	if got := strings.Join(halfway().words(), "; "); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWhatIsLeftIsThatOfTheFirstLimit(t *testing.T) {
	g := halfway()
	for _, c := range []struct {
		total  int
		budget time.Duration
		want   string
	}{
		{6, 0, "1m0s left"},
		{6, 10 * time.Minute, "1m0s left"},
		{6, 90 * time.Second, "30s left"},
		{math.MaxInt, 90 * time.Second, "30s left"},
		{6, 30 * time.Second, "0s left"}, // what was begun is finished
	} {
		g.total, g.budget = c.total, c.budget
		if got := g.left(); got != c.want {
			t.Errorf("of %d runs in %v: %q, want %q", c.total, c.budget, got, c.want)
		}
	}
}

func TestALogIsToldInWholeLines(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(&out, 6, 0)
	m.show(halfway().sum, false)
	m.clear()
	m.show(halfway().sum, true)
	m.clear()
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 3 || strings.ContainsAny(out.String(), "\r\x1b█") || !strings.Contains(lines[1], "; stopping;") {
		t.Errorf("a log says %q", out.String())
	}
}
