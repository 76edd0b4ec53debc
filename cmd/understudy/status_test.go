package main

import (
	"encoding/json"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestStatusShowsWhoLeadsThoughANodeIsDown(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts processes")
	}
	t.Setenv("UNDERSTUDY_TEST_PROCESS", "1")
	p, err := startProcesses(t.Context(), t.TempDir(), "--partitions", "4")
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
