package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/term"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
)

// stepHelp says what a stepper understands.
const stepHelp = "enter: next event; n: next on this node; a number: so many further; q: no more"

// A stepper shows events and asks after each how to go on. The world stands still
// meanwhile.
type stepper struct {
	in   *bufio.Scanner
	out  io.Writer
	over bool
	skip int           // how many events are not shown
	node actors.NodeID // on which the next one must be, unless zero
}

// newStepper returns a stepper for people at a terminal, or an error if in is none.
func newStepper(in io.Reader, out io.Writer) (*stepper, error) {
	if file, ok := in.(*os.File); !ok || !term.IsTerminal(int(file.Fd())) {
		return nil, errNoTerminal
	}
	fmt.Fprintln(out, stepHelp)
	return &stepper{in: bufio.NewScanner(in), out: out}, nil
}

// see takes the next event.
func (s *stepper) see(e *sim.Event) {
	switch {
	case s.over, s.node != 0 && e.Node != s.node:
		return
	case s.skip > 0:
		s.skip--
		return
	}
	s.node = 0
	fmt.Fprint(s.out, e, " ")
	for !s.ask(e) {
		fmt.Fprint(s.out, stepHelp, " ")
	}
}

// ask reads how to go on after e, and reports whether it understood.
func (s *stepper) ask(e *sim.Event) bool {
	if !s.in.Scan() {
		s.over = true
		return true
	}
	switch answer := strings.TrimSpace(s.in.Text()); answer {
	case "":
	case "n":
		s.node = e.Node
	case "q":
		s.over = true
	default:
		n, err := strconv.Atoi(answer)
		if err != nil || n < 1 {
			return false
		}
		s.skip = n - 1
	}
	return true
}
