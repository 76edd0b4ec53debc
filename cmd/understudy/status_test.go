package main

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/ring"
)

func TestStatusShowsWhoLeadsThoughANodeIsDown(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts processes")
	}
	t.Setenv("UNDERSTUDY_TEST_PROCESS", "1")
	p, err := startNodes(t.Context(), 3, t.TempDir(), "--partitions", "4")
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop()
	p.end(1, syscall.SIGKILL)
	member, err := parseMember(p.members[0])
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
		s := statusOf(t, member.Address)
		if allLed(s) && s.Nodes[0].State == "up" && s.Nodes[1].State == "no answer" && s.Nodes[2].State == "up" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("status is %+v", s)
		}
	}
	_, out, _ := understudy(t, "status", "--addr", member.Address)
	if !strings.Contains(out, "no answer") || !strings.Contains(out, "3:leader@") && !strings.Contains(out, "1:leader@") {
		t.Errorf("the table is\n%s", out)
	}
}

func statusOf(t *testing.T, address string) (s clusterStatus) {
	t.Helper()
	code, out, errs := understudy(t, "status", "--json", "--addr", address)
	if code != exitOK {
		t.Fatalf("status: exit code %d, %s", code, errs)
	}
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func allLed(s clusterStatus) bool {
	for _, p := range s.Partitions {
		if p.Leader == 0 || p.Leader == 2 {
			return false
		}
	}
	return len(s.Partitions) == 4
}

func TestStatusTellsFirstWhatNeedsAttention(t *testing.T) {
	replica := replicaStatus{Node: 2, Role: "follower", Applied: 5, Snapshot: 3, LogBytes: 400, Damaged: true}
	s := clusterStatus{Nodes: []nodeStatus{{ID: 1, State: "waiting"}, {ID: 2, State: "up", Damaged: true, Stuck: true},
		{ID: 4, State: "up", Forgetful: true, Forgotten: []uint64{1, 3}}, {ID: 5, State: "up", Forgetful: true}}}
	for p := range 4 {
		s.Partitions = append(s.Partitions, partitionStatus{Partition: p, Leader: 1, Replicas: []replicaStatus{replica}})
	}
	s.Partitions[2].Leader = 0
	s.Partitions[2].Replicas[0] = replicaStatus{Node: 3, Role: "stopped", Stopped: "it has gone astray"}
	s.Warnings = s.warnings()
	want := []string{
		"node 1 waits until enough other nodes",
		"node 2 started with a damaged journal",
		"node 2, partitions 0-1,3: damaged: it votes for nobody",
		"node 2: its disk does not answer",
		"node 3, partition 2: takes no part in its group: it has gone astray",
		"node 4: its notes of the disks of others are damaged: it would not notice if nodes 1,3 came back with another one",
		"node 5: its notes of the disks of others are damaged, and all that matters can still be read",
		"partition 2: no replica that answers leads",
	}
	var out strings.Builder
	if err := s.print(&out, true); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	for i, text := range want {
		if !strings.HasPrefix(lines[i], "WARNING  "+text) {
			t.Errorf("line %d is %q, not about %q", i+1, lines[i], text)
		}
	}
	for _, row := range []string{"2:follower@5(damaged)", "2     follower", "damaged", "it has gone astray"} {
		if !strings.Contains(out.String(), row) {
			t.Errorf("the tables lack %q:\n%s", row, out.String())
		}
	}
}

func TestStatusOfAHealthyClusterWarnsOfNothing(t *testing.T) {
	s := clusterStatus{Nodes: []nodeStatus{{ID: 1, State: "up"}}, Partitions: []partitionStatus{{Leader: 1}}}
	if got := s.warnings(); got == nil || len(got) > 0 {
		t.Errorf("warnings are %#v", got)
	}
}

func TestMembersAreToldOnlyWhereTheMapNamesOthers(t *testing.T) {
	owners := []ring.NodeID{3, 1, 2}
	for _, c := range []struct {
		members raft.Configuration
		want    string
	}{
		{raft.Configuration{}, ""},
		{raft.Configuration{Voters: []raft.ID{1, 2, 3}}, ""},
		{raft.Configuration{Voters: []raft.ID{1, 2, 4}}, "{1 2 4}"},
		{raft.Configuration{Voters: []raft.ID{1, 2, 3}, Learners: []raft.ID{4}}, "{1 2 3 | learners 4}"},
	} {
		if got := strangers(c.members, owners); got != c.want {
			t.Errorf("%v is told as %q, want %q", c.members, got, c.want)
		}
	}
}

func TestNumbersInARowAreToldAsRanges(t *testing.T) {
	if got := ranges([]int{0, 1, 2, 5, 7, 8}); got != "0-2,5,7-8" {
		t.Error(got)
	}
}
