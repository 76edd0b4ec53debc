package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/actors/tcp"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/kv/wire"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/raft/snapshot"
	"github.com/understudy-kv/understudy/ring"
)

// pinned holds every message that leaves a process, with its bytes: whoever changes
// them breaks the upgrade of a running cluster.
var pinned = []struct {
	message actors.Message
	hex     string
}{
	{
		raft.Message{
			Kind: raft.AppendEntries, From: 1, To: 2, Term: 300, Index: 4, LogTerm: 5, Hint: 6, Commit: 7, Round: 8,
			Entries: []raft.Entry{{Index: 5, Term: 300, Stamp: 9, Kind: raft.Command, Data: []byte("x")}},
		},
		"01" + "0807" + "1001" + "1802" + "20ac02" + "2804" + "3005" + "3806" + "4007" + "4808" +
			"520c" + "0805" + "10ac02" + "1809" + "2001" + "2a0178",
	},
	{
		peer.Request{ID: 1, Read: true, Seen: 300, Body: []byte("ab")},
		"02" + "0801" + "1001" + "18ac02" + "22026162",
	},
	{
		peer.Response{ID: 1, Outcome: peer.Unknown, Leader: 2, Body: []byte("ab"), Stamp: 300, Position: 4},
		"03" + "0801" + "1003" + "1802" + "22026162" + "28ac02" + "3004",
	},
	{peer.StatusRequest{}, "04"},
	{
		peer.Status{
			Group: 1,
			Raft: raft.Status{
				ID: 2, Role: raft.Leader, Vote: raft.Vote{Term: 3, For: 2}, Leader: 2,
				Commit: 5, Delivered: 6, Durable: 7, Last: 8, Refused: 10,
				Snapshot: 3, First: 4, LogBytes: 300, Configured: 2, Transferring: 1, Damaged: true,
				Configuration: raft.Configuration{Voters: []raft.ID{1, 2}},
			},
			Summary: peer.Summary{Items: 9, Hash: 300},
			Stopped: "s",
		},
		"05" + "0801" + "1002" + "1804" + "2003" + "2802" + "3002" + "3805" + "4006" + "4807" + "5008" +
			"5809" + "60ac02" + "680a" + "7003" + "7804" + "8001ac02" + "8a0104" + "08010802" +
			"900102" + "980101" + "a2010173" + "a80101",
	},
	{node.MapRequest{}, "06"},
	{
		node.ClusterMap{
			Map: ring.Map{
				Cluster: 1, Epoch: 2,
				Members: []ring.Member{{ID: 1, Zone: "z", Address: "a", Redis: "r"}},
				Owners:  [][]ring.NodeID{{1}, {1}},
			},
			Leaders: []ring.NodeID{0, 1},
			Stamp:   300,
		},
		"07" + "0a1b" + "0801" + "1002" + "1a0b" + "0801" + "12017a" + "1a0161" + "220172" +
			"2203" + "0a0101" + "2203" + "0a0101" + "12020001" + "18ac02",
	},
	{node.StatusRequest{}, "08"},
	{
		node.NodeStatus{
			ID: 1, Recovered: true,
			Replicas: []peer.Status{{Group: 1, Raft: raft.Status{ID: 1}}},
			Waiting:  true, Damaged: true, Leaving: true, Stuck: true,
			Hearings:  []node.Hearing{{Node: 2, Silent: true, Late: [...]uint64{300, 3, 2, 1, 0}, Forgotten: true}},
			Forgetful: true,
		},
		"09" + "0801" + "1001" + "1a04" + "0801" + "1001" + "2001" + "2801" + "3001" +
			"3a0e" + "0802" + "1001" + "1a06" + "ac0203020100" + "2001" + "4001" + "4801",
	},
	{node.Beat{Birth: 300, Life: 2, Knows: 3, Blank: true, Number: 5}, "0a" + "08ac02" + "1002" + "1803" + "2001" + "2805"},
	{
		snapshot.AskPiece{Group: 300, Index: 2, Term: 3, Number: 4, Copy: 5, Done: true},
		"0b" + "08ac02" + "1002" + "1803" + "2004" + "2805" + "3001",
	},
	{
		snapshot.Piece{Group: 300, Index: 2, Term: 3, Number: 4, Copy: 5, Answer: snapshot.Gone, Pieces: 6, Data: []byte("ab")},
		"0c" + "08ac02" + "1002" + "1803" + "2004" + "2805" + "3001" + "3806" + "42026162",
	},
	{
		peer.ChangeRequest{ID: 300, Voters: []raft.ID{1, 2}, Learners: []raft.ID{3}},
		"0d" + "08ac02" + "1001" + "1002" + "1803",
	},
	{peer.TransferRequest{ID: 300, To: 2}, "0e" + "08ac02" + "1002"},
	{peer.Checksum{Index: 300, Hash: 1}, "0f" + "08ac02" + "1001"},
}

func TestEncodingsAreThoseInTheSpec(t *testing.T) {
	for _, c := range pinned {
		got, err := wire.Append(nil, c.message)
		if err != nil {
			t.Errorf("%T: %v", c.message, err)
		}
		if hex.EncodeToString(got) != c.hex {
			t.Errorf("%T is encoded as\n%x, not as\n%s", c.message, got, c.hex)
		}
	}
}

func TestDecodeIsTheInverseOfAppend(t *testing.T) {
	for _, c := range pinned {
		b, _ := wire.Append(nil, c.message)
		got, err := wire.Decode(b)
		if err != nil {
			t.Errorf("%T: %v", c.message, err)
		}
		if !reflect.DeepEqual(got, c.message) {
			t.Errorf("%T came back as\n%+v, not as\n%+v", c.message, got, c.message)
		}
	}
}

func TestAppendKeepsWhatIsInTheBuffer(t *testing.T) {
	for _, c := range pinned {
		alone, _ := wire.Append(nil, c.message)
		after, _ := wire.Append([]byte("before"), c.message)
		if !bytes.Equal(after, append([]byte("before"), alone...)) {
			t.Errorf("%T appended to a buffer gives %q", c.message, after)
		}
	}
}

func TestEveryPrefixIsDecodedOrRefused(t *testing.T) {
	for _, c := range pinned {
		b, _ := wire.Append(nil, c.message)
		for n := range b {
			if m, err := wire.Decode(b[:n]); (m == nil) != (err != nil) {
				t.Errorf("%d bytes of %T gave %v and error %v", n, c.message, m, err)
			}
		}
	}
}

func TestAnUnknownFieldIsSkipped(t *testing.T) {
	const field = "fa010474657374" // number 31, four bytes
	extra, _ := hex.DecodeString(field)
	for _, c := range pinned {
		b, _ := wire.Append(nil, c.message)
		got, err := wire.Decode(append(b, extra...))
		if err != nil || !reflect.DeepEqual(got, c.message) {
			t.Errorf("%T with a field of the future came back as %+v, error %v", c.message, got, err)
		}
	}
}

func TestWhatIsNotInTheTableIsAnError(t *testing.T) {
	for _, b := range [][]byte{nil, {0}, {255, 1, 2}} {
		if m, err := wire.Decode(b); !errors.Is(err, wire.ErrUnknown) {
			t.Errorf("%v was decoded to %v, error %v", b, m, err)
		}
	}
	b, err := wire.Append([]byte("kept"), actors.Started{})
	if !errors.Is(err, wire.ErrUnknown) || string(b) != "kept" {
		t.Errorf("a message that never leaves a process gave %q, error %v", b, err)
	}
}

// Who does not know a tag closes the connection, again and again: two programs that
// know different ones must refuse each other in words.
func TestNewTagsTakeANewVersion(t *testing.T) {
	last := map[uint16]byte{1: 9, 2: 15, 3: 15}[tcp.Version] // in docs/wire.md, too
	if _, err := wire.Decode([]byte{last}); last == 0 || errors.Is(err, wire.ErrUnknown) {
		t.Errorf("tag %d of version %d: %v", last, tcp.Version, err)
	}
	for tag := int(last) + 1; tag < 256; tag++ {
		if _, err := wire.Decode([]byte{byte(tag)}); !errors.Is(err, wire.ErrUnknown) {
			t.Errorf("tag %d is none of version %d; raise the version", tag, tcp.Version)
		}
	}
}

func TestAFieldOfAnotherTypeIsAnError(t *testing.T) {
	for _, text := range []string{
		"02" + "0a0101",        // a request whose id is bytes
		"03" + "10ff02",        // an outcome above 255
		"03" + "2001",          // a body that is a number
		"05" + "188002",        // a role above 255
		"07" + "0a00" + "1200", // a map without partitions
		"07" + "12020001",      // leaders without a map
		"09" + "1a02" + "1880", // a torn status within a status
		"0a" + "0801",          // a beat without a life
		"0a" + "1001",          // a beat without a birth
		"02" + "07",            // a field number zero
	} {
		b, _ := hex.DecodeString(text)
		if m, err := wire.Decode(b); err == nil {
			t.Errorf("%s was decoded to %+v", text, m)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, c := range pinned {
		b, _ := wire.Append(nil, c.message)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.Decode(b)
		if err != nil {
			return
		}
		once, err := wire.Append(nil, m)
		if err != nil {
			t.Fatalf("%#v was decoded but cannot be encoded: %v", m, err)
		}
		again, err := wire.Decode(once)
		if err != nil || !reflect.DeepEqual(again, m) && !bytes.Equal(once, mustAppend(t, again)) {
			t.Fatalf("%#v became %#v, error %v", m, again, err)
		}
	})
}

func mustAppend(t *testing.T, m actors.Message) []byte {
	b, err := wire.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
