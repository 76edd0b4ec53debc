package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv/node"
)

// TestANodeThatIsToldToEndHandsOverFirst ends a node that leads while clients write. That
// its last words count all that it led says that others had been elected while it still
// ran, and the terms that nobody tried in vain. Elections take so long here that a machine
// that leaves a process without CPU for a second begins none of its own.
func TestANodeThatIsToldToEndHandsOverFirst(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts processes")
	}
	t.Setenv("UNDERSTUDY_TEST_PROCESS", "1")
	said := filepath.Join(t.TempDir(), "said")
	output, err := os.Create(said)
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	p := &processes{data: t.TempDir(), flags: []string{"--partitions", "8", "--election-timeout", "5s"}, output: output, errors: os.Stderr}
	defer p.stop()
	if err := p.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := startWriters(t, p, 4)
	w.waitFor(t, 50)
	before := waitUntil(t, p, "all partitions are led", everyPartitionIsLed)
	victim := before.Partitions[0].Leader
	led := 0
	for _, p := range before.Partitions {
		if p.Leader == victim {
			led++
		}
	}
	p.end(int(victim-1), syscall.SIGTERM)
	w.waitFor(t, 50)
	words, err := os.ReadFile(said)
	if want := fmt.Sprintf("others lead the %d partitions that this node led\n", led); !strings.Contains(string(words), want) {
		t.Errorf("of %d partitions, the nodes said (%v)\n%s", led, err, words)
	}
	after := waitUntil(t, p, "all partitions are led", everyPartitionIsLed)
	for i, p := range after.Partitions {
		was := before.Partitions[i]
		if was.Leader == victim && (p.Leader == victim || p.Term != was.Term+1) || was.Leader != victim && p.Term != was.Term {
			t.Errorf("partition %d was led by %d in term %d, and then by %d in term %d",
				i, was.Leader, was.Term, p.Leader, p.Term)
		}
	}
	w.stop()
	w.readBack(t)
}

func everyPartitionIsLed(s clusterStatus) bool {
	for _, p := range s.Partitions {
		if p.Leader == 0 {
			return false
		}
	}
	return len(s.Partitions) > 0
}

// waitUntil returns the first status, told by any node that runs, of which something is true.
func waitUntil(t *testing.T, p *processes, what string, is func(clusterStatus) bool) clusterStatus {
	t.Helper()
	var s clusterStatus
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if s = statusOf(t, p.running(t)); is(s) {
			return s
		}
	}
	t.Fatalf("waited in vain until %s: %+v", what, s)
	return s
}

// running is the address of some node that runs.
func (p *processes) running(t *testing.T) string {
	t.Helper()
	for i, cmd := range p.commands {
		if cmd != nil {
			member, err := parseMember(p.members[i])
			if err != nil {
				t.Fatal(err)
			}
			return member.Address
		}
	}
	t.Fatal("no node runs")
	return ""
}

func TestTheEndOfANodeThatNobodyFollowsIsDescribed(t *testing.T) {
	if got := describeLeft(node.Left{Moved: 2, Kept: 3}); !strings.HasPrefix(got, "others lead 2 of the 5 partitions") {
		t.Error(got)
	}
}
