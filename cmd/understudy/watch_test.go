package main

import (
	"testing"

	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// view is a status in which the replicas of groups 1, 2, ... are in the terms given.
func view(late [len(node.Lateness)]uint64, terms ...raft.Term) node.NodeStatus {
	s := node.NodeStatus{Hearings: []node.Hearing{{Node: 9, Late: late}}}
	for i, term := range terms {
		s.Replicas = append(s.Replicas, peer.Status{Group: node.Group(i), Raft: raft.Status{Vote: raft.Vote{Term: term}}})
	}
	return s
}

type beats = [len(node.Lateness)]uint64

func TestElectionsAreTheTermsThatBegan(t *testing.T) {
	before := views{0: view(beats{}, 3, 5), 1: view(beats{}, 3, 4)}
	after := views{0: view(beats{}, 3, 5), 1: view(beats{}, 4, 7)}
	if n := after.elections(before); n != 3 {
		t.Errorf("group 1 went from term 3 to 4 and group 2 from 5 to 7, which is called %d elections", n)
	}
	if n := (views{0: view(beats{}, 3, 5)}).elections(before); n != 0 {
		t.Errorf("a node that does not answer is called %d elections", n)
	}
}

func TestLateBeatsAreCountedFromTheBeginningOfAPhase(t *testing.T) {
	before := views{0: view(beats{5, 1}), 1: view(beats{9, 9})}
	after := views{0: view(beats{7, 2, 1}), 1: view(beats{1}), 2: view(beats{1})} // node 1 is another process
	if got := after.late(before); got != (beats{4, 1, 1}) {
		t.Errorf("counted %v", got)
	}
	for want, late := range map[string]beats{"<2": {}, "<5": {4, 1}, ">=20": {1, 1, 1, 1, 1}} {
		if got := (phase{Late: late}).gap(); got != want {
			t.Errorf("%v is printed as %s, not as %s", late, got, want)
		}
	}
}
