package check_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/sim/check"
)

func TestOneCauseHasOneSignature(t *testing.T) {
	alike := [][2]check.Violation{
		{
			{Oracle: check.Progress, At: time.Second, Text: "3 of 4 partitions accepted a write within 20s of healing"},
			{Oracle: check.Progress, At: time.Minute, Text: "1 of 16 partitions accepted a write within 1m20.5s of healing"},
		}, {
			{Oracle: check.Linearizability, Text: `no order of the operations on "key-1" explains what clients saw`},
			{Oracle: check.Linearizability, Text: `no order of the operations on "key-12-3" explains what clients saw`},
		}, {
			{Oracle: check.NoPanic, Text: "1/peer/2: raft: broken [1 2]\ngoroutine 1"},
			{Oracle: check.NoPanic, Text: "2/peer/1: raft: broken [3]\ngoroutine 77"},
		},
	}
	for _, a := range alike {
		if a[0].Signature() != a[1].Signature() {
			t.Errorf("%q and %q", a[0].Signature(), a[1].Signature())
		}
	}
	a, b := check.Violation{Oracle: check.NoPanic, Text: "x"}, check.Violation{Oracle: check.NoPanic, Text: "y"}
	if c := (check.Violation{Oracle: check.Recovery, Text: "x"}); a.Signature() == b.Signature() || a.Signature() == c.Signature() {
		t.Error("different causes have one signature")
	}
}
