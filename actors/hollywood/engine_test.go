package hollywood_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/hollywood"
)

// A script is an actor made of a function.
type script func(ctx actors.Context, from actors.Ref, m actors.Message)

func (s script) Receive(ctx actors.Context, from actors.Ref, m actors.Message) { s(ctx, from, m) }

// A scriptWithFlush is a script that counts its flushes.
type scriptWithFlush struct {
	script
	flush func(ctx actors.Context)
}

func (s scriptWithFlush) Flush(ctx actors.Context) { s.flush(ctx) }

// An envelope is what a transport was asked to carry, or what an actor received.
type envelope struct {
	from, to actors.Ref
	m        actors.Message
}

// A post office is a transport that keeps everything.
type postOffice chan envelope

func (p postOffice) Send(from, to actors.Ref, m actors.Message) { p <- envelope{from, to, m} }

const node = actors.NodeID(7)

func ref(name string) actors.Ref { return actors.Ref{Node: node, Name: name} }

// engine returns an engine whose failures fail the test, unless c says otherwise.
func engine(t testing.TB, c hollywood.Config) *hollywood.Engine {
	t.Helper()
	c.Node = node
	if c.Halt == nil {
		c.Halt = func(err error) { t.Errorf("halted: %v", err) }
	}
	if c.Panic == nil {
		c.Panic = func(p hollywood.Panic) { t.Errorf("%v", p) }
	}
	e, err := hollywood.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	return e
}

// collector returns an actor that passes on what it receives, except Started.
func collector() (actors.Actor, chan envelope) {
	received := make(chan envelope, 1<<16)
	return script(func(ctx actors.Context, from actors.Ref, m actors.Message) {
		if _, ok := m.(actors.Started); !ok {
			received <- envelope{from, ctx.Self(), m}
		}
	}), received
}

func TestNodeZeroIsRefused(t *testing.T) {
	if _, err := hollywood.New(hollywood.Config{}); err == nil {
		t.Error("an engine of node 0 was made")
	}
}

func TestMessagesToOtherNodesGoToTheTransport(t *testing.T) {
	post := make(postOffice, 10)
	e := engine(t, hollywood.Config{})
	e.SetTransport(post)
	there := actors.Ref{Node: 9, Name: "there"}
	e.Spawn("here", script(func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		ctx.Send(there, "hello")
	}))
	if got, want := <-post, (envelope{ref("here"), there, "hello"}); got != want {
		t.Errorf("the transport got %v, want %v", got, want)
	}
	e.Send(there, "from outside")
	if got, want := <-post, (envelope{actors.Ref{}, there, "from outside"}); got != want {
		t.Errorf("the transport got %v, want %v", got, want)
	}
}

func TestMessagesToNobodyAskNobody(t *testing.T) {
	post := make(postOffice, 10)
	var log bytes.Buffer
	e := engine(t, hollywood.Config{Transport: post, Log: slog.New(slog.NewTextHandler(&log, nil))})
	e.Send(actors.Ref{}, 1)
	e.Send(ref("ghost"), 2)
	e.Deliver(actors.Ref{Node: 9, Name: "there"}, ref("ghost"), 3)
	e.Deliver(actors.Ref{Node: 9, Name: "there"}, actors.Ref{Node: 8, Name: "there"}, 4)
	e.Stop()
	if len(post) > 0 || log.Len() > 0 {
		t.Errorf("transport got %d messages, the log %q", len(post), log.String())
	}
}

func TestDeliveredMessagesKeepTheirSender(t *testing.T) {
	e := engine(t, hollywood.Config{})
	a, received := collector()
	e.Spawn("a", a)
	there := actors.Ref{Node: 9, Name: "there"}
	e.Deliver(there, ref("a"), "hello")
	if got, want := <-received, (envelope{there, ref("a"), "hello"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWhatWaitsIsFlushedOnce(t *testing.T) {
	const messages = 100
	e := engine(t, hollywood.Config{})
	started, release, done := make(chan bool), make(chan bool), make(chan bool)
	var received, flushes, after int
	e.Spawn("busy", scriptWithFlush{
		script: func(_ actors.Context, _ actors.Ref, m actors.Message) {
			if _, ok := m.(actors.Started); ok {
				started <- true
				<-release
				return
			}
			received++
		},
		flush: func(actors.Context) {
			flushes++
			if received == messages {
				after = flushes
				close(done)
			}
		},
	})
	<-started
	for i := range messages {
		e.Send(ref("busy"), i)
	}
	release <- true
	<-done
	if after != 2 {
		t.Errorf("%d flushes for Started and a full mailbox, want 2", after)
	}
}

func TestMoreThanABatchArrivesInOrder(t *testing.T) {
	const messages = 20_000
	e := engine(t, hollywood.Config{})
	a, received := collector()
	e.Spawn("a", a)
	e.Spawn("sender", script(func(ctx actors.Context, _ actors.Ref, m actors.Message) {
		for i := range messages {
			ctx.Send(ref("a"), i)
		}
	}))
	for i := range messages {
		if got := <-received; got.m != i {
			t.Fatalf("message %d is %v", i, got.m)
		}
	}
}

func TestAnActorThatStopsInABatchReceivesNoMoreOfIt(t *testing.T) {
	e := engine(t, hollywood.Config{})
	started, release := make(chan bool), make(chan bool)
	var received []actors.Message
	var flushes atomic.Int64
	e.Spawn("mortal", scriptWithFlush{
		script: func(ctx actors.Context, _ actors.Ref, m actors.Message) {
			received = append(received, m)
			switch m {
			case actors.Started{}:
				started <- true
				<-release
			case "stop":
				ctx.Stop(ctx.Self())
				release <- true
			}
		},
		flush: func(actors.Context) { flushes.Add(1) },
	})
	<-started
	e.Send(ref("mortal"), "stop")
	e.Send(ref("mortal"), "too late")
	release <- true
	<-release
	e.Stop()
	if len(received) != 2 || flushes.Load() != 1 {
		t.Errorf("received %v and %d flushes, want Started, a flush and stop", received, flushes.Load())
	}
}

func TestAnActorStopsOnlyThoseOfItsNode(t *testing.T) {
	e := engine(t, hollywood.Config{})
	a, received := collector()
	e.Spawn("a", a)
	e.Spawn("stopper", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		ctx.Stop(actors.Ref{Node: 9, Name: "a"})
		ctx.Stop(ref("ghost"))
		ctx.Send(ref("a"), "still here")
	}))
	if got := <-received; got.m != "still here" {
		t.Errorf("got %v", got)
	}
}

func TestStopWaitsForRunningActors(t *testing.T) {
	e := engine(t, hollywood.Config{})
	running, release := make(chan bool), make(chan bool)
	var finished atomic.Bool
	e.Spawn("slow", script(func(actors.Context, actors.Ref, actors.Message) {
		running <- true
		<-release
		finished.Store(true)
	}))
	<-running
	stopped := make(chan bool)
	go func() {
		e.Stop()
		stopped <- finished.Load()
	}()
	time.Sleep(time.Millisecond) // gives a Stop that does not wait the time to return
	release <- true
	if !<-stopped {
		t.Error("Stop returned while an actor was running")
	}
}

func TestAStoppedEngineIsDeafAndMute(t *testing.T) {
	post := make(postOffice, 10)
	e := engine(t, hollywood.Config{Transport: post})
	a, received := collector()
	e.Spawn("a", a)
	e.Stop()
	e.Send(ref("a"), 1)
	e.Deliver(actors.Ref{Node: 9, Name: "there"}, ref("a"), 2)
	e.Send(actors.Ref{Node: 9, Name: "there"}, 3)
	if got := e.Spawn("b", a); got != ref("b") {
		t.Errorf("Spawn returned %v", got)
	}
	e.Send(ref("b"), 4)
	e.Stop()
	if len(received) > 0 || len(post) > 0 {
		t.Errorf("%d messages arrived and %d left after Stop", len(received), len(post))
	}
}

func TestATakenNamePanics(t *testing.T) {
	e := engine(t, hollywood.Config{})
	a, _ := collector()
	e.Spawn("a", a)
	defer func() {
		if v, ok := recover().(string); !ok || !strings.Contains(v, "7/a exists already") {
			t.Errorf("recovered %q", v)
		}
	}()
	e.Spawn("a", a)
}

func TestEachActorDrawsItsOwnNumbers(t *testing.T) {
	e := engine(t, hollywood.Config{})
	draws := make(chan uint64, 2)
	draw := script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) { draws <- ctx.Rand() })
	e.Spawn("a", draw)
	e.Spawn("b", draw)
	if a, b := <-draws, <-draws; a == b {
		t.Errorf("two actors drew %d", a)
	}
}

// A cabinet is a storage that remembers who asked.
type cabinet struct {
	owners []actors.Ref
	post   func(actors.Message)
}

func (c *cabinet) For(owner actors.Ref, post func(actors.Message)) actors.Disk {
	c.owners, c.post = append(c.owners, owner), post
	return drawer{cabinet: c}
}

type drawer struct {
	actors.Disk // nil: what is not below is not asked for
	cabinet     *cabinet
}

func (d drawer) OpenLog(log string)           { d.cabinet.post(actors.LogOpened{Log: log}) }
func (drawer) AppendLog(string, []byte)       {}
func (d drawer) SyncLog(log string, m uint64) { d.cabinet.post(actors.LogSynced{Log: log, Mark: m}) }

func TestTheDiskAnswersItsOwner(t *testing.T) {
	storage := &cabinet{}
	e := engine(t, hollywood.Config{Storage: storage})
	done := make(chan envelope)
	e.Spawn("a", script(func(ctx actors.Context, from actors.Ref, m actors.Message) {
		switch m := m.(type) {
		case actors.Started:
			ctx.Disk().OpenLog("x")
		case actors.LogOpened:
			ctx.Disk().SyncLog(m.Log, 5)
		case actors.LogSynced:
			done <- envelope{from, ctx.Self(), m}
		}
	}))
	want := envelope{actors.Ref{}, ref("a"), actors.LogSynced{Log: "x", Mark: 5}}
	if got := <-done; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	e.Stop()
	storage.post(actors.LogSynced{}) // a late completion finds nobody
	if len(storage.owners) != 1 || storage.owners[0] != ref("a") {
		t.Errorf("the disk was opened for %v", storage.owners)
	}
}

func TestANodeWithoutStorageHasNoDisk(t *testing.T) {
	accused := make(chan hollywood.Panic, 1)
	e := engine(t, hollywood.Config{Panic: func(p hollywood.Panic) { accused <- p }})
	e.Spawn("a", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) { ctx.Disk() }))
	if p := <-accused; p.Value != "hollywood: this node has no storage" {
		t.Errorf("panicked with %v", p.Value)
	}
}

func TestLogLinesNameTheActor(t *testing.T) {
	var log bytes.Buffer
	e := engine(t, hollywood.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	logged := make(chan bool)
	e.Spawn("a", script(func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		ctx.Log().Info("hello")
		close(logged)
	}))
	<-logged
	if !strings.Contains(log.String(), "actor=7/a") {
		t.Errorf("the log says %q", log.String())
	}
}

var errDisk = errors.New("disk full")
