package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/check"
)

// How often a campaign shows how far it is.
const (
	drawEvery = 200 * time.Millisecond // on a terminal, where it moves
	sayEvery  = 10 * time.Second       // elsewhere, where each time is a line of a log
)

// A meter shows how far a campaign is: with a bar on a terminal, with a line now and
// then elsewhere.
type meter struct {
	out      io.Writer
	terminal *os.File // nil if out is none
	total    int
	budget   time.Duration
	began    time.Time
	drawn    bool
}

func newMeter(out io.Writer, total int, budget time.Duration) *meter {
	m := &meter{out: out, total: total, budget: budget, began: time.Now()}
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		m.terminal = file
	}
	return m
}

func (m *meter) elapsed() time.Duration { return time.Since(m.began) }

// every returns how often show is worth calling.
func (m *meter) every() time.Duration {
	if m.terminal != nil {
		return drawEvery
	}
	return sayEvery
}

// show says how far the campaign is. Stopping is after an interrupt, when runs that were
// begun are being finished.
func (m *meter) show(s *campaign.Summary, stopping bool) {
	g := gauge{total: m.total, budget: m.budget, elapsed: m.elapsed(), sum: s, stopping: stopping}
	if m.terminal == nil {
		fmt.Fprintf(m.out, "understudy: %s\n", strings.Join(g.words(), "; "))
		return
	}
	width, _, err := term.GetSize(int(m.terminal.Fd()))
	if err != nil || width < 20 {
		width = 80
	}
	fmt.Fprintf(m.out, "\r\x1b[K%s", g.line(width-1))
	m.drawn = true
}

// clear makes room for something that is to stay.
func (m *meter) clear() {
	if m.drawn {
		fmt.Fprint(m.out, "\r\x1b[K")
		m.drawn = false
	}
}

// A gauge is how far a campaign is at one time.
type gauge struct {
	total    int
	budget   time.Duration
	elapsed  time.Duration
	sum      *campaign.Summary
	stopping bool
}

// done returns which share of the campaign is over: of its runs or of its time, whichever
// ends it first.
func (g gauge) done() float64 {
	share := float64(g.sum.Runs) / float64(g.total)
	if g.budget > 0 {
		share = max(share, g.elapsed.Seconds()/g.budget.Seconds())
	}
	return min(share, 1)
}

// left says how much longer it takes if it goes on like this.
func (g gauge) left() string {
	if g.stopping {
		return "stopping"
	}
	done := g.done()
	if done == 0 {
		return "just begun"
	}
	left := time.Duration(g.elapsed.Seconds() * (1 - done) / done * float64(time.Second))
	return fmt.Sprintf("%v left", left.Round(time.Second))
}

// words lists what is known, first what matters most.
func (g gauge) words() []string {
	runs := fmt.Sprintf("%d runs", g.sum.Runs)
	if g.total < math.MaxInt {
		runs = fmt.Sprintf("%d of %d runs", g.sum.Runs, g.total)
	}
	speed := g.sum.Simulated / max(g.elapsed.Seconds(), 0.001)
	return []string{
		runs, g.failures(), g.left(),
		fmt.Sprintf("%.0f simulated seconds a second", speed),
		fmt.Sprintf("%d operations", g.sum.Operations()),
	}
}

// failures counts what did not pass, by verdict.
func (g gauge) failures() string {
	var parts []string
	for _, kind := range campaign.Kinds() {
		if n := g.sum.Verdicts[kind]; n > 0 && kind != check.Pass.String() {
			parts = append(parts, fmt.Sprintf("%d %s", n, kind))
		}
	}
	if len(parts) == 0 {
		return "no failures"
	}
	return strings.Join(parts, ", ")
}

// The width of a bar, in characters.
const (
	barMin = 10
	barMax = 30
)

// line draws the gauge into one line of at most width characters: as many words as there
// is room for, in front of them a bar.
func (g gauge) line(width int) string {
	head := fmt.Sprintf("%3.0f%% ", 100*g.done())
	room := width - len(head) - barMin
	var tail string
	for _, word := range g.words() {
		if len(tail)+len("  ")+len(word) > room {
			break
		}
		tail += "  " + word
	}
	return head + bar(g.done(), min(barMax, width-len(head)-len(tail))) + tail
}

// bar draws a share in eighths of a character.
func bar(share float64, width int) string {
	eighths := int(share * float64(8*width))
	full := strings.Repeat("█", eighths/8)
	if rest := eighths % 8; rest > 0 {
		full += string([]rune("▏▎▍▌▋▊▉")[rest-1])
	}
	return full + strings.Repeat("░", width-len([]rune(full)))
}
