package campaign_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/campaign"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

const small = `
name: small
duration: 300ms
cluster: {nodes: 3, partitions: 1, replication: 3}
workload: {clients: 1, keys: 2, pause: 10ms, reads: 0.5}
network: {latency: 1ms}
disk: {sync: 1ms}
faults: [{kind: pause, target: any, every: 100ms, for: 20ms}]
`

func smallPlan(t *testing.T) plan.Plan {
	t.Helper()
	s, err := plan.ParseScenario("small.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	p := plan.Draw(s, 1)
	if len(p.Strikes) == 0 {
		t.Fatal("the plan has no strike")
	}
	return p
}

func traceOf(t *testing.T, p plan.Plan) *bytes.Buffer {
	t.Helper()
	var out bytes.Buffer
	if err := campaign.WriteTrace(&out, cluster.Stage{}, p); err != nil {
		t.Fatal(err)
	}
	return &out
}

func TestTwoRunsOfOnePlanDoNotPart(t *testing.T) {
	p := smallPlan(t)
	if found, err := campaign.Diverge(cluster.Stage{}, p, traceOf(t, p)); found != nil || err != nil {
		t.Errorf("a run parts from itself: %v, %v", found, err)
	}
}

func TestTheFirstDifferenceIsFound(t *testing.T) {
	p := smallPlan(t)
	later := p
	later.Strikes = append([]plan.Strike(nil), p.Strikes...)
	later.Strikes[0].At += time.Millisecond
	var first *sim.Event // that only p has
	cluster.Run(p, func(e *sim.Event) {
		if first == nil && e.Kind == sim.Paused {
			copied := *e
			first = &copied
		}
	})
	found, err := campaign.Diverge(cluster.Stage{}, p, traceOf(t, later))
	if err != nil || found == nil {
		t.Fatalf("a strike that comes later makes no difference: %v", err)
	}
	if found.At > p.Strikes[0].At+time.Millisecond || found.At < p.Strikes[0].At-time.Millisecond {
		t.Errorf("they part at %v, the strike is at %v", found.At, p.Strikes[0].At)
	}
	if number := fmt.Sprintf("part at event %d, ", first.Seq); !strings.Contains(found.Text, number) {
		t.Errorf("it says %q, want %q: %v", found.Text, number, first)
	}
}

// What an actor writes is in the hash of the trace, and not in its words.
func TestADifferenceThatHasNoWordsIsTold(t *testing.T) {
	p := smallPlan(t)
	lines := strings.SplitAfter(traceOf(t, p).String(), "\n")
	_, words, _ := strings.Cut(lines[6], " ")
	lines[6] = "0123456789abcdef " + words
	found, err := campaign.Diverge(cluster.Stage{}, p, strings.NewReader(strings.Join(lines, "")))
	if err != nil || found == nil || !strings.Contains(found.Text, "part at event 7,") || !strings.Contains(found.Text, "of which its words do not tell") {
		t.Errorf("%v, %v", found, err)
	}
}

func TestATraceThatEndsEarlyOrLateIsAnotherOne(t *testing.T) {
	p := smallPlan(t)
	whole := traceOf(t, p).String()
	events := strings.Count(whole, "\n")
	lines := strings.SplitAfter(whole, "\n")
	for name, c := range map[string]struct {
		trace string
		want  string
	}{
		"early":   {strings.Join(lines[:events-1], ""), fmt.Sprintf("event %d,", events)},
		"late":    {whole + "0123456789abcdef 9 1s 1 send\n", fmt.Sprintf("event %d, the end in one process and send in another", events+1)},
		"none":    {"", "event 1,"},
		"foreign": {"what is this\n" + whole, "event 1,"},
	} {
		found, err := campaign.Diverge(cluster.Stage{}, p, strings.NewReader(c.trace))
		if err != nil || found == nil || !strings.Contains(found.Text, c.want) {
			t.Errorf("%s: %v, %v; want %q", name, found, err, c.want)
		}
	}
}
