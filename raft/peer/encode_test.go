package peer_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
)

// What these messages look like is pinned in kv/wire, and in docs/wire.md.

type encoder interface{ AppendTo(b []byte) []byte }

// fuzz holds that a decoder panics at nothing, and that what it accepts it would accept
// again, and take for the same.
func fuzz[M encoder](f *testing.F, decode func([]byte) (M, error), seeds ...M) {
	for _, m := range seeds {
		f.Add(m.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err != nil {
			if !errors.Is(err, peer.ErrMalformed) {
				t.Fatalf("the error %v", err)
			}
			return
		}
		once := m.AppendTo(nil)
		if again, err := decode(once); err != nil || !bytes.Equal(again.AppendTo(nil), once) {
			t.Fatalf("%+v became %+v, error %v", m, again, err)
		}
	})
}

func FuzzDecodeRequest(f *testing.F) {
	fuzz(f, peer.DecodeRequest, peer.Request{ID: 1, Read: true, Seen: 300, Body: []byte("ab")})
}

func FuzzDecodeResponse(f *testing.F) {
	fuzz(f, peer.DecodeResponse, peer.Response{ID: 1, Outcome: peer.Done, Leader: 2, Body: []byte("ab"), Stamp: 300, Position: 4})
}

func FuzzDecodeStatus(f *testing.F) { fuzz(f, peer.DecodeStatus, fullStatus()) }

func FuzzDecodeChangeRequest(f *testing.F) {
	fuzz(f, peer.DecodeChangeRequest, peer.ChangeRequest{ID: 300, Voters: []raft.ID{1, 2}, Learners: []raft.ID{3}})
}

func FuzzDecodeTransferRequest(f *testing.F) {
	fuzz(f, peer.DecodeTransferRequest, peer.TransferRequest{ID: 300, To: 2}, peer.TransferRequest{To: raft.Anyone})
}

func FuzzDecodeChecksum(f *testing.F) {
	fuzz(f, peer.DecodeChecksum, peer.Checksum{Index: 300, Hash: 1 << 63})
}

// fullStatus is a status in which no field is zero.
func fullStatus() peer.Status {
	return peer.Status{
		Group: 1,
		Raft: raft.Status{
			ID: 2, Role: raft.Leader, Vote: raft.Vote{Term: 3, For: 4}, Leader: 5, Commit: 6, Delivered: 7, Durable: 8,
			Last: 9, Snapshot: 10, First: 11, LogBytes: 12,
			Configuration: raft.Configuration{Voters: []raft.ID{1, 2}, Learners: []raft.ID{3}},
			Configured:    13, Transferring: 14, Damaged: true, Resting: true, Refused: 15,
		},
		Summary: peer.Summary{Items: 16, Hash: 17},
		Stopped: "why",
	}
}

func TestAStatusTellsEverything(t *testing.T) {
	s := fullStatus()
	if got, err := peer.DecodeStatus(s.AppendTo(nil)); err != nil || !reflect.DeepEqual(got, s) {
		t.Errorf("%+v came back as %+v, error %v", s, got, err)
	}
}

func TestARequestNamesNoMoreMembersThanAGroupMayHave(t *testing.T) {
	q := peer.ChangeRequest{Voters: slices.Repeat([]raft.ID{1}, 64), Learners: slices.Repeat([]raft.ID{2}, 64)}
	if got, err := peer.DecodeChangeRequest(q.AppendTo(nil)); err != nil || !reflect.DeepEqual(got, q) {
		t.Errorf("64 of each came back as %d and %d, error %v", len(got.Voters), len(got.Learners), err)
	}
	for _, q := range []peer.ChangeRequest{
		{Voters: slices.Repeat([]raft.ID{1}, 65)}, {Learners: slices.Repeat([]raft.ID{1}, 65)},
	} {
		if _, err := peer.DecodeChangeRequest(q.AppendTo(nil)); !errors.Is(err, peer.ErrMalformed) {
			t.Errorf("%d and %d were taken, error %v", len(q.Voters), len(q.Learners), err)
		}
	}
}

func TestAStatusOfNoPossibleGroupIsMalformed(t *testing.T) {
	s := fullStatus()
	s.Raft.Configuration.Voters = []raft.ID{2, 1}
	if _, err := peer.DecodeStatus(s.AppendTo(nil)); !errors.Is(err, peer.ErrMalformed) {
		t.Errorf("error %v", err)
	}
}
