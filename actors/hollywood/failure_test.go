package hollywood_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/hollywood"
)

func TestAPanicTellsWhoDiedOfWhat(t *testing.T) {
	accused := make(chan hollywood.Panic, 1)
	e := engine(t, hollywood.Config{Panic: func(p hollywood.Panic) { accused <- p }})
	e.Spawn("victim", script(func(_ actors.Context, _ actors.Ref, m actors.Message) {
		if m == "poison" {
			panic("two leaders")
		}
	}))
	e.Spawn("poisoner", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		ctx.Send(ref("victim"), "poison")
	}))
	p := <-accused
	if p.Actor != ref("victim") || p.From != ref("poisoner") || p.Message != "poison" || p.Value != "two leaders" {
		t.Errorf("got %v", p)
	}
	if !strings.Contains(string(p.Stack), "TestAPanicTellsWhoDiedOfWhat") {
		t.Errorf("the stack does not show where it happened:\n%s", p.Stack)
	}
	for _, want := range []string{"actor 7/victim panicked: two leaders", `string poison from 7/poisoner`} {
		if !strings.Contains(p.String(), want) {
			t.Errorf("%q is not in\n%v", want, p)
		}
	}
}

func TestAPanicInFlushHasNoMessage(t *testing.T) {
	accused := make(chan hollywood.Panic, 1)
	e := engine(t, hollywood.Config{Panic: func(p hollywood.Panic) { accused <- p }})
	e.Spawn("victim", scriptWithFlush{
		script: func(actors.Context, actors.Ref, actors.Message) {},
		flush:  func(actors.Context) { panic("too late") },
	})
	if p := <-accused; p.Message != nil || !strings.Contains(p.String(), "in Flush") {
		t.Errorf("got %v", p)
	}
}

func TestAPanickedActorIsNotCalledAgain(t *testing.T) {
	accused := make(chan bool, 1)
	e := engine(t, hollywood.Config{Panic: func(hollywood.Panic) { accused <- true }})
	started, release := make(chan bool), make(chan bool)
	calls := 0
	e.Spawn("victim", script(func(actors.Context, actors.Ref, actors.Message) {
		if calls++; calls == 1 {
			started <- true
			<-release
			panic("once is enough")
		}
	}))
	<-started
	e.Send(ref("victim"), 1)
	release <- true
	<-accused
	e.Send(ref("victim"), 2)
	e.Stop()
	if calls != 1 {
		t.Errorf("the actor was called %d times", calls)
	}
}

func TestHaltSilencesTheNode(t *testing.T) {
	post := make(postOffice, 10)
	halted := make(chan error, 1)
	e := engine(t, hollywood.Config{Transport: post, Halt: func(err error) { halted <- err }})
	neighbour, received := collector()
	e.Spawn("neighbour", neighbour)
	e.Spawn("halter", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		ctx.Halt(errDisk)
		ctx.Send(actors.Ref{Node: 9, Name: "there"}, "a promise that is not durable")
		ctx.Send(ref("neighbour"), "likewise")
		ctx.Halt(errors.New("a second reason"))
	}))
	if err := <-halted; !errors.Is(err, errDisk) {
		t.Errorf("halted because of %v", err)
	}
	e.Stop()
	if len(post) > 0 || len(received) > 0 || len(halted) > 0 {
		t.Errorf("after Halt: %d messages left, %d arrived, %d more halts", len(post), len(received), len(halted))
	}
}

// TestProcessEnds runs itself in a process of its own, since the defaults end it.
func TestProcessEnds(t *testing.T) {
	if how := os.Getenv("HOLLYWOOD_TEST_END"); how != "" {
		endProcess(how)
		select {}
	}
	tests := []struct {
		how  string
		code int
		want []string
	}{
		{"panic", 2, []string{"actor 7/a panicked: broken", "on actors.Started", "endProcess"}},
		{"halt", 1, []string{"this node cannot go on", "disk full"}},
	}
	for _, test := range tests {
		t.Run(test.how, func(t *testing.T) {
			c := exec.Command(os.Args[0], "-test.run=^TestProcessEnds$")
			c.Env = append(os.Environ(), "HOLLYWOOD_TEST_END="+test.how)
			out, err := c.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != test.code {
				t.Errorf("ended with %v, want code %d", err, test.code)
			}
			for _, want := range test.want {
				if !strings.Contains(string(out), want) {
					t.Errorf("%q is not in the output:\n%s", want, out)
				}
			}
		})
	}
}

func endProcess(how string) {
	e, err := hollywood.New(hollywood.Config{Node: node})
	if err != nil {
		panic(err)
	}
	e.Spawn("a", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		if how == "panic" {
			panic("broken")
		}
		ctx.Halt(errDisk)
	}))
}
