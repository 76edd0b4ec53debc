package story_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
	"github.com/understudy-kv/understudy/sim/story"
)

var rewrite = flag.Bool("rewrite", false, "write the golden stories anew")

// times differ with every change of what a replica does, and are not what is told here.
var times = regexp.MustCompile(`[0-9]+\.[0-9]{3} s`)

func TestTheStoriesOfSmallPlans(t *testing.T) {
	for _, name := range []string{"crash", "hopeless"} {
		file := filepath.Join("testdata", name+".yaml")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p, err := plan.Parse(file, text)
		if err != nil {
			t.Fatal(err)
		}
		teller := story.New()
		told := times.ReplaceAllString(teller.Tell(cluster.Run(p, teller.Observe)), "# s")
		golden := filepath.Join("testdata", name+".txt")
		if *rewrite {
			if err := os.WriteFile(golden, []byte(told), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want, err := os.ReadFile(golden); err != nil || told != string(want) {
			t.Errorf("%s: %v\ntold:\n%s\nwant:\n%s", name, err, told, want)
		}
	}
}

// A world in which what a story knows how to tell happens, one thing a second.
type world struct {
	teller *story.Teller
	now    time.Duration
}

func (w *world) see(e sim.Event) {
	w.now += time.Second
	e.At = w.now
	w.teller.Observe(&e)
}

func (w *world) raft(kind sim.Kind, m raft.Message) {
	to := actors.Ref{Node: actors.NodeID(m.To), Name: "peer/1"}
	w.see(sim.Event{Kind: kind, Node: actors.NodeID(m.From), To: to, Message: m})
}

func TestAStoryTellsWhoVotedWhatWasLostAndWhatWasSaidLast(t *testing.T) {
	w := &world{teller: story.New()}
	w.see(sim.Event{Kind: sim.Appended, Node: 1, Log: "log", Record: []byte("a")})
	w.see(sim.Event{Kind: sim.Crashed, Node: 1})
	w.see(sim.Event{Kind: sim.Restarted, Node: 1, Mark: 2})
	w.see(sim.Event{Kind: sim.OpenDone, Node: 1, Log: "log", Message: actors.LogOpened{}})
	w.raft(sim.Delivered, raft.Message{Kind: raft.GrantVote, From: 2, To: 3, Term: 4})
	w.raft(sim.Sent, raft.Message{Kind: raft.Heartbeat, From: 3, To: 2, Term: 4})
	c := raft.Configuration{Voters: []raft.ID{2, 3}}
	w.see(sim.Event{Kind: sim.Shown, Node: 3, Message: cluster.Applied{Group: 1, Entry: raft.Entry{
		Index: 1, Term: 4, Kind: raft.Membership, Data: c.AppendTo(nil)}}})
	told := w.teller.Tell(cluster.Report{
		Plan: plan.Plan{Strikes: []plan.Strike{{At: time.Second, Kind: plan.CutLink, To: 2, Struck: 1}, {Kind: plan.Clog}}},
		Violations: []check.Violation{
			{Oracle: check.OneVote, At: w.now, Text: "partition 0: node 2 voted twice\nand so on"},
			{Oracle: check.Progress, At: w.now, Text: "late"},
		},
	})
	for _, want := range []string{
		"At 1.000 s packets from node 1 to 2 were lost",
		"At 2.000 s node 1 crashed; what it found of log afterwards lacked 1 record.",
		"At 3.000 s node 1 started again.",
		"At 6.000 s node 3 led partition 0 in term 4, with the votes of itself and 2.",
		"At 6.000 s in partition 0 went 3→2 Heartbeat term=4",
		"At 7.000 s the members of partition 0 became",
		"At 7.000 s one-vote-per-term was seen BROKEN: partition 0: node 2 voted twice.",
		"After that 1 more broken promise came to light.",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("the story lacks %q:\n%s", want, told)
		}
	}
	if strings.Contains(told, "held") {
		t.Errorf("a strike that struck nobody is told:\n%s", told)
	}
}

func TestAStoryIsShortAndEndsWhereAPromiseIsBroken(t *testing.T) {
	w := &world{teller: story.New()}
	for range 100 {
		w.see(sim.Event{Kind: sim.Paused, Node: 1})
	}
	broken := w.now
	w.see(sim.Event{Kind: sim.Panicked, Node: 1, Text: "later"})
	told := w.teller.Tell(cluster.Report{Violations: []check.Violation{{Oracle: check.Progress, At: broken, Text: "late"}}})
	lines := strings.Split(strings.TrimSpace(told), "\n")
	if len(lines) != 41 || !strings.Contains(lines[1], "62 more things") || !strings.HasSuffix(lines[40], "BROKEN: late.") {
		t.Errorf("%d lines:\n%s", len(lines), told)
	}
}
