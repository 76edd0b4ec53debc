package resp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/ring"
)

// keyOf returns a key of a partition of the test map.
func keyOf(partition int) string {
	m := testMap()
	for i := 0; ; i++ {
		if key := fmt.Sprintf("k%d", i); m.Locate([]byte(key)) == partition {
			return key
		}
	}
}

func TestMovedIsSaidOnlyToThoseWhoKnowTheCluster(t *testing.T) {
	key := keyOf(2)
	slot := ring.Slot([]byte(key))
	moved := fmt.Sprintf("-MOVED %d 10.0.0.2:7000\r\n", slot)
	for name, row := range map[string]struct{ first, want string }{
		"single library":     {"PING", "$-1\r\n"},
		"asked slots":        {"CLUSTER SLOTS", moved},
		"asked shards":       {"CLUSTER SHARDS", moved},
		"asked nodes":        {"CLUSTER NODES", moved},
		"asked other things": {"CLUSTER INFO", "$-1\r\n"},
		"said so":            {"CLIENT CAPA redirect", moved},
		"other capability":   {"CLIENT CAPA other", "$-1\r\n"},
	} {
		_, address := start(t, Config{})
		client := talk{t: t, socket: dial(t, address)}
		client.say(row.first)
		if got := client.say("GET " + key); got != row.want {
			t.Errorf("%s: %q, want %q", name, got, row.want)
		}
		if got := client.say("GET " + keyOf(1)); got != "$-1\r\n" {
			t.Errorf("%s: %q for a key that this node leads", name, got)
		}
	}
}

func TestReadonlyAndAskingKeepCommandsHere(t *testing.T) {
	key := keyOf(2)
	moved := fmt.Sprintf("-MOVED %d 10.0.0.2:7000\r\n", ring.Slot([]byte(key)))
	play(t, []row{
		{"CLIENT CAPA redirect", "+OK\r\n", ""},
		{"READONLY", "+OK\r\n", ""},
		{"GET " + key, "$-1\r\n", "_\r\n"},
		{"SET " + key + " 1", moved, ""},
		{"READWRITE", "+OK\r\n", ""},
		{"GET " + key, moved, ""},
		{"ASKING", "+OK\r\n", ""},
		{"GET " + key, "$-1\r\n", "_\r\n"},
		{"GET " + key, moved, ""},
		{"RESET", "+RESET\r\n", ""},
		{"GET " + key, "$-1\r\n", ""},
	})
}

func TestNobodyIsSentWhereNobodyCanGo(t *testing.T) {
	key := keyOf(2)
	for name, change := range map[string]func(*fake){
		"no leader":      func(f *fake) { f.nodes.Leaders[2] = 0 },
		"no leaders":     func(f *fake) { f.nodes.Leaders = nil },
		"unknown leader": func(f *fake) { f.nodes.Leaders[2] = 9 },
		"no Redis there": func(f *fake) { f.nodes.Members[1].Redis = "" },
	} {
		f := newFake()
		change(f)
		_, address := start(t, Config{Store: f})
		if got := exchange(t, address, "CLIENT CAPA redirect\r\nGET "+key+"\r\n"); got != "+OK\r\n$-1\r\n" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestClusterSlotsListsTheLeaderFirst(t *testing.T) {
	f := newFake()
	f.nodes.Leaders[2] = 1
	_, address := start(t, Config{Store: f})
	node := func(id int) string {
		return fmt.Sprintf("*4\r\n$8\r\n10.0.0.%d\r\n:7000\r\n$40\r\n%040x\r\n*0\r\n", id, id)
	}
	want := "*3\r\n" +
		"*5\r\n:0\r\n:8191\r\n" + node(1) + node(2) + node(3) +
		"*5\r\n:8192\r\n:12287\r\n" + node(1) + node(2) + node(3) +
		"*5\r\n:12288\r\n:16383\r\n" + node(3) + node(1) + node(2)
	// The first two runs have the same holders in the same order, once the leader stands first.
	want = strings.Replace(want, "*3\r\n*5\r\n:0\r\n:8191\r\n"+node(1)+node(2)+node(3)+"*5\r\n:8192\r\n:12287\r\n",
		"*2\r\n*5\r\n:0\r\n:12287\r\n", 1)
	if got := exchange(t, address, "CLUSTER SLOTS\r\n"); got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestClusterCommands(t *testing.T) {
	_, address := start(t, Config{})
	nodes := exchange(t, address, "CLUSTER NODES\r\n")
	for _, line := range []string{
		fmt.Sprintf("%040x 10.0.0.1:7000@17000 myself,master - 0 0 3 connected 0-8191\n", 1),
		fmt.Sprintf("%040x 10.0.0.2:7000@17000 master - 0 0 3 connected 8192-12287\n", 2),
		fmt.Sprintf("%040x 10.0.0.3:7000@17000 master - 0 0 3 connected 12288-16383\n", 3),
	} {
		if !strings.Contains(nodes, line) {
			t.Errorf("no %q in %q", line, nodes)
		}
	}
	shards := exchange(t, address, "HELLO 3\r\nCLUSTER SHARDS\r\n")
	first := fmt.Sprintf("*3\r\n%%2\r\n$5\r\nslots\r\n*2\r\n:0\r\n:8191\r\n$5\r\nnodes\r\n*3\r\n"+
		"%%7\r\n$2\r\nid\r\n$40\r\n%040x\r\n$4\r\nport\r\n:7000\r\n$2\r\nip\r\n$8\r\n10.0.0.1\r\n$8\r\nendpoint\r\n$8\r\n10.0.0.1\r\n"+
		"$4\r\nrole\r\n$6\r\nmaster\r\n$18\r\nreplication-offset\r\n:0\r\n$6\r\nhealth\r\n$6\r\nonline\r\n", 1)
	if !strings.Contains(shards, first) || strings.Count(shards, "$7\r\nreplica\r\n") != 6 {
		t.Errorf("CLUSTER SHARDS: %q", shards)
	}
	info := exchange(t, address, "CLUSTER INFO\r\n")
	for _, line := range []string{"cluster_state:ok\r\n", "cluster_slots_assigned:16384\r\n", "cluster_slots_ok:16384\r\n",
		"cluster_known_nodes:3\r\n", "cluster_size:3\r\n", "cluster_current_epoch:3\r\n"} {
		if !strings.Contains(info, line) {
			t.Errorf("no %q in %q", line, info)
		}
	}
	play(t, []row{
		{"CLUSTER KEYSLOT foo{bar}baz", ":5061\r\n", ""},
		{"CLUSTER MYID", fmt.Sprintf("$40\r\n%040x\r\n", 1), ""},
	})
}

func TestANodeThatListensEverywhereIsWhereTheClientFoundIt(t *testing.T) {
	f := newFake()
	f.nodes.Members[0].Redis = "0.0.0.0:7000"
	f.nodes.Members[1].Redis = ":7001"
	f.nodes.Members[2].Redis = "nonsense"
	_, address := start(t, Config{Store: f})
	got := exchange(t, address, "CLUSTER NODES\r\n")
	for _, part := range []string{" 127.0.0.1:7000@17000 ", " :7001@17000 ", " nonsense:0@17000 "} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in %q", part, got)
		}
	}
}
