package resp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// A row is a command typed by hand and its reply in both versions of the protocol;
// three is empty where they are equal.
type row struct{ command, two, three string }

// play types the commands on one connection in each version.
func play(t *testing.T, rows []row) {
	t.Helper()
	for _, resp3 := range []bool{false, true} {
		_, address := start(t, Config{})
		playOn(t, address, resp3, rows)
	}
}

func playOn(t *testing.T, address string, resp3 bool, rows []row) {
	t.Helper()
	socket := dial(t, address)
	client := talk{t: t, socket: socket}
	if resp3 {
		client.say("HELLO 3")
	}
	for _, r := range rows {
		want := r.two
		if resp3 && r.three != "" {
			want = r.three
		}
		if got := client.say(r.command); got != want {
			t.Errorf("resp3=%v: %s: %q, want %q", resp3, r.command, got, want)
		}
	}
}

func TestStrings(t *testing.T) {
	play(t, []row{
		{"GET a", "$-1\r\n", "_\r\n"},
		{"SET a 1", "+OK\r\n", ""},
		{"get a", "$1\r\n1\r\n", ""},
		{"SET a 2 NX", "$-1\r\n", "_\r\n"},
		{"SET a 2 xx KEEPTTL", "+OK\r\n", ""},
		{"SET b 2 XX", "$-1\r\n", "_\r\n"},
		{"SET a 3 GET", "$1\r\n2\r\n", ""},
		{"SET a 4 NX GET", "$1\r\n3\r\n", ""},
		{"SET c 4 NX GET", "$-1\r\n", "_\r\n"},
		{"SET d 4 XX GET", "$-1\r\n", "_\r\n"},
		{"GET a", "$1\r\n3\r\n", ""},
		{"SET a 5 NX XX", "-ERR syntax error\r\n", ""},
		{"SET a 5 NX NX", "-ERR syntax error\r\n", ""},
		{"SET a 5 SOON", "-ERR syntax error\r\n", ""},
		{"SET a 5 EX 10", "-ERR keys do not expire yet: SET without EX\r\n", ""},
		{"SET a 5 pxat 10", "-ERR keys do not expire yet: SET without pxat\r\n", ""},
		{"SETNX a 6", ":0\r\n", ""},
		{"SETNX e 6", ":1\r\n", ""},
		{"GETSET e 7", "$1\r\n6\r\n", ""},
		{"GETSET f 7", "$-1\r\n", "_\r\n"},
		{"GETDEL f", "$1\r\n7\r\n", ""},
		{"GETDEL f", "$-1\r\n", "_\r\n"},
		{"CAS e 6 8", ":0\r\n", ""},
		{"CAS e 7 8", ":1\r\n", ""},
		{"CAS none '' 8", ":0\r\n", ""},
		{"APPEND e 9", ":2\r\n", ""},
		{"APPEND g ''", ":0\r\n", ""},
		{"GET g", "$0\r\n\r\n", ""},
		{"STRLEN e", ":2\r\n", ""},
		{"STRLEN none", ":0\r\n", ""},
		{"SETRANGE r 3 xyz", ":6\r\n", ""},
		{"GET r", "$6\r\n\x00\x00\x00xyz\r\n", ""},
		{"SETRANGE r 1 ab", ":6\r\n", ""},
		{"GETRANGE r 1 3", "$3\r\nabx\r\n", ""},
		{"GETRANGE r -3 -2", "$2\r\nxy\r\n", ""},
		{"GETRANGE r 3 -1", "$3\r\nxyz\r\n", ""},
		{"GETRANGE r 4 9223372036854775807", "$2\r\nyz\r\n", ""},
		{"GETRANGE r 4 2", "$0\r\n\r\n", ""},
		{"GETRANGE none 0 -1", "$0\r\n\r\n", ""},
		{"GETRANGE r 0 x", "-ERR value is not an integer or out of range\r\n", ""},
		{"GETRANGE r x 0", "-ERR value is not an integer or out of range\r\n", ""},
		{"SETRANGE r 2 ''", ":6\r\n", ""},
		{"SETRANGE none 2 ''", ":0\r\n", ""},
		{"EXISTS none", ":0\r\n", ""},
		{"SETRANGE r -1 x", "-ERR offset is out of range\r\n", ""},
		{"SETRANGE r x x", "-ERR value is not an integer or out of range\r\n", ""},
		{"SETRANGE r 536870912 x", "-ERR string exceeds maximum allowed size: values may have 536870912 bytes, " +
			"and one command fills gaps of up to 8388608\r\n", ""},
		{"MSET {t}a 1 {t}b 2", "+OK\r\n", ""},
		{"MGET {t}a {t}x {t}b", "*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n2\r\n", "*3\r\n$1\r\n1\r\n_\r\n$1\r\n2\r\n"},
		{"MGET a b", "-CROSSSLOT Keys in request don't hash to the same slot\r\n", ""},
		{"MSET a 1 b 2", "-CROSSSLOT Keys in request don't hash to the same slot\r\n", ""},
		{"MSET a 1 a", "-ERR wrong number of arguments for 'mset' command\r\n", ""},
	})
}

func TestCounters(t *testing.T) {
	play(t, []row{
		{"INCR n", ":1\r\n", ""},
		{"DECR n", ":0\r\n", ""},
		{"INCRBY n 10", ":10\r\n", ""},
		{"DECRBY n 3", ":7\r\n", ""},
		{"INCRBY n x", "-ERR value is not an integer or out of range\r\n", ""},
		{"DECRBY n 1.5", "-ERR value is not an integer or out of range\r\n", ""},
		{"DECRBY n -9223372036854775808", "-ERR decrement would overflow\r\n", ""},
		{"SET n 9223372036854775807", "+OK\r\n", ""},
		{"INCR n", "-ERR increment or decrement would overflow\r\n", ""},
		{"SET n ten", "+OK\r\n", ""},
		{"INCR n", "-ERR value is not an integer or out of range\r\n", ""},
	})
}

func TestKeys(t *testing.T) {
	play(t, []row{
		{"DBSIZE", ":0\r\n", ""},
		{"MSET {t}a 1 {t}b 2", "+OK\r\n", ""},
		{"SET other 1", "+OK\r\n", ""},
		{"EXISTS {t}a {t}a {t}x", ":2\r\n", ""},
		{"EXISTS {t}a other", "-CROSSSLOT Keys in request don't hash to the same slot\r\n", ""},
		{"TYPE other", "+string\r\n", ""},
		{"TYPE none", "+none\r\n", ""},
		{"DBSIZE", ":3\r\n", ""},
		{"KEYS {t}*", "*2\r\n$4\r\n{t}a\r\n$4\r\n{t}b\r\n", ""},
		{"DEL {t}a {t}x", ":1\r\n", ""},
		{"UNLINK {t}b", ":1\r\n", ""},
		{"DEL {t}a other", "-CROSSSLOT Keys in request don't hash to the same slot\r\n", ""},
		{"DBSIZE", ":1\r\n", ""},
		{"WAIT 2 100", ":1\r\n", ""},
		{"WAIT x 100", "-ERR value is not an integer or out of range\r\n", ""},
		{"WAIT 1 x", "-ERR timeout is not an integer or out of range\r\n", ""},
		{"WAIT 1 -1", "-ERR timeout is negative\r\n", ""},
	})
}

func TestConnectionCommands(t *testing.T) {
	play(t, []row{
		{"PING", "+PONG\r\n", ""},
		{"PING hi", "$2\r\nhi\r\n", ""},
		{"PING a b", "-ERR wrong number of arguments for 'ping' command\r\n", ""},
		{"ECHO hi", "$2\r\nhi\r\n", ""},
		{"SELECT 0", "+OK\r\n", ""},
		{"SELECT 1", "-ERR SELECT is not allowed in cluster mode\r\n", ""},
		{"SELECT x", "-ERR value is not an integer or out of range\r\n", ""},
		{"AUTH pass", "-" + noPassword + "\r\n", ""},
		{"AUTH user pass", "-" + noPassword + "\r\n", ""},
		{"HELLO 4", "-NOPROTO unsupported protocol version\r\n", ""},
		{"HELLO x", "-ERR Protocol version is not an integer or out of range\r\n", ""},
		{"HELLO 3 AUTH default x", "-" + noPassword + "\r\n", ""},
		{"HELLO 3 SETNAME 'a b'", "-ERR Client names cannot contain spaces, newlines or special characters.\r\n", ""},
		{"HELLO 3 PLEASE", "-ERR Syntax error in HELLO option 'PLEASE'\r\n", ""},
		{"CLIENT GETNAME", "$-1\r\n", "_\r\n"},
		{"CLIENT SETNAME me", "+OK\r\n", ""},
		{"CLIENT GETNAME", "$2\r\nme\r\n", ""},
		{"CLIENT SETNAME 'a b'", "-ERR Client names cannot contain spaces, newlines or special characters.\r\n", ""},
		{"CLIENT ID", ":1\r\n", ""},
		{"CLIENT SETINFO LIB-NAME lib", "+OK\r\n", ""},
		{"CLIENT SETINFO LIB-VER 'a b'", "-ERR lib-ver cannot contain spaces, newlines or special characters.\r\n", ""},
		{"CLIENT SETINFO LIB-SIZE 1", "-ERR Unrecognized option 'LIB-SIZE'\r\n", ""},
		{"CLIENT NO-EVICT on", "+OK\r\n", ""},
		{"CLIENT NO-TOUCH maybe", "-ERR syntax error\r\n", ""},
		{"CLIENT LIST TYPE pubsub", "$0\r\n\r\n", "=4\r\ntxt:\r\n"},
		{"CLIENT LIST ID 99", "$0\r\n\r\n", "=4\r\ntxt:\r\n"},
		{"CLIENT LIST ID x", "-ERR Invalid client ID\r\n", ""},
		{"CLIENT LIST WHAT", "-ERR syntax error\r\n", ""},
		{"CLIENT REPLY maybe", "-ERR syntax error\r\n", ""},
		{"CLIENT KILL 1", "-ERR unknown subcommand 'KILL'. Try CLIENT HELP.\r\n", ""},
		{"CLIENT", "-ERR wrong number of arguments for 'client' command\r\n", ""},
		{"CLIENT SETNAME", "-ERR wrong number of arguments for 'client|setname' command\r\n", ""},
		{"READONLY", "+OK\r\n", ""},
		{"READWRITE", "+OK\r\n", ""},
		{"ASKING", "+OK\r\n", ""},
		{"RESET", "+RESET\r\n", ""},
		{"CLIENT GETNAME", "$-1\r\n", ""},
	})
}

func TestUnknownCommandsAndWrongAritiesAreToldInTheWordsOfRedis(t *testing.T) {
	play(t, []row{
		{"FOO", "-ERR unknown command 'FOO', with args beginning with: \r\n", ""},
		{"FOO bar 'b z'", "-ERR unknown command 'FOO', with args beginning with: 'bar' 'b z' \r\n", ""},
		{"FOO \"a\\r\\nb\"", "-ERR unknown command 'FOO', with args beginning with: 'a  b' \r\n", ""},
		{"'' ''", "-ERR unknown command '', with args beginning with: '' \r\n", ""},
		{strings.Repeat("x", 200), "-ERR unknown command '" + strings.Repeat("x", 128) + "', with args beginning with: \r\n", ""},
		{"FOO " + strings.Repeat("y", 200) + " z", "-ERR unknown command 'FOO', with args beginning with: '" +
			strings.Repeat("y", 128) + "' \r\n", ""},
		{"%2", "-ERR unknown command '%2', with args beginning with: \r\n", ""},
		{"GET", "-ERR wrong number of arguments for 'get' command\r\n", ""},
		{"get a b", "-ERR wrong number of arguments for 'get' command\r\n", ""},
		{"SET a", "-ERR wrong number of arguments for 'set' command\r\n", ""},
		{"CLUSTER what", "-ERR unknown subcommand 'what'. Try CLUSTER HELP.\r\n", ""},
	})
}

func TestCommandDescribesTheTable(t *testing.T) {
	play(t, []row{
		{"COMMAND COUNT", fmt.Sprintf(":%d\r\n", len(table)), ""},
		{"COMMAND INFO mset nothing",
			"*2\r\n*10\r\n$4\r\nmset\r\n:-3\r\n*2\r\n+write\r\n+denyoom\r\n:1\r\n:-1\r\n:2\r\n" +
				"*3\r\n+@string\r\n+@write\r\n+@slow\r\n*0\r\n" +
				"*1\r\n*6\r\n$5\r\nflags\r\n*1\r\n+RW\r\n" +
				"$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n" +
				"$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:-1\r\n" +
				"$7\r\nkeystep\r\n:2\r\n$5\r\nlimit\r\n:0\r\n*0\r\n$-1\r\n",
			"*2\r\n*10\r\n$4\r\nmset\r\n:-3\r\n~2\r\n+write\r\n+denyoom\r\n:1\r\n:-1\r\n:2\r\n" +
				"~3\r\n+@string\r\n+@write\r\n+@slow\r\n*0\r\n" +
				"*1\r\n%3\r\n$5\r\nflags\r\n~1\r\n+RW\r\n" +
				"$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n$5\r\nindex\r\n:1\r\n" +
				"$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:-1\r\n" +
				"$7\r\nkeystep\r\n:2\r\n$5\r\nlimit\r\n:0\r\n*0\r\n_\r\n"},
		{"COMMAND DOCS ping nothing",
			"*2\r\n$4\r\nping\r\n*6\r\n$7\r\nsummary\r\n$30\r\nReturns PONG, or its argument.\r\n$5\r\ngroup\r\n$10\r\nconnection\r\n" +
				"$9\r\narguments\r\n*1\r\n*6\r\n$4\r\nname\r\n$9\r\n[message]\r\n$4\r\ntype\r\n$6\r\nstring\r\n$12\r\ndisplay_text\r\n$9\r\n[message]\r\n",
			"%1\r\n$4\r\nping\r\n%3\r\n$7\r\nsummary\r\n$30\r\nReturns PONG, or its argument.\r\n$5\r\ngroup\r\n$10\r\nconnection\r\n" +
				"$9\r\narguments\r\n*1\r\n%3\r\n$4\r\nname\r\n$9\r\n[message]\r\n$4\r\ntype\r\n$6\r\nstring\r\n$12\r\ndisplay_text\r\n$9\r\n[message]\r\n"},
		{"COMMAND GETKEYS MSET a 1 b 2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n", ""},
		{"COMMAND GETKEYS GET", "-ERR Invalid number of arguments specified for command\r\n", ""},
		{"COMMAND GETKEYS PING", "-ERR The command has no key arguments\r\n", ""},
		{"COMMAND GETKEYS FOO", "-ERR Invalid command specified\r\n", ""},
		{"COMMAND WHAT", "-ERR unknown subcommand 'WHAT'. Try COMMAND HELP.\r\n", ""},
	})
}

func TestEveryCommandIsDescribedAndCanBeRun(t *testing.T) {
	_, address := start(t, Config{})
	for _, c := range table {
		if c.summary == "" || c.group == "" || c.run == nil || c.arity == 0 || len(c.name) > maxCommandName {
			t.Errorf("%s is incomplete", c.name)
		}
		if c.first > 0 && (c.step == 0 || c.flags&(write|readonly) == 0) {
			t.Errorf("%s has keys, but neither reads nor writes them", c.name)
		}
		least := c.arity
		if least < 0 {
			least = -least
		}
		request := c.name + strings.Repeat(" 1", least-1) + "\r\nPING\r\n"
		if got := exchange(t, address, request); !strings.HasSuffix(got, "+PONG\r\n") && c.name != "quit" {
			t.Errorf("%q: %q", request, got)
		}
	}
}

func TestConfigGetAnswersWhatToolsAsk(t *testing.T) {
	play(t, []row{
		{"CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n", "%1\r\n$4\r\nsave\r\n$0\r\n\r\n"},
		{"CONFIG GET append* nothing [", "*4\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n",
			"%2\r\n$10\r\nappendonly\r\n$3\r\nyes\r\n$11\r\nappendfsync\r\n$6\r\nalways\r\n"},
		{"CONFIG SET save x", "-ERR unknown subcommand 'SET'. Try CONFIG HELP.\r\n", ""},
	})
}

func TestHelloTellsWhoIsThere(t *testing.T) {
	_, address := start(t, Config{})
	body := "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.0\r\n$5\r\nproto\r\n:%d\r\n$2\r\nid\r\n:%d\r\n" +
		"$4\r\nmode\r\n$7\r\ncluster\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
	want := fmt.Sprintf("*14\r\n"+body+"%%7\r\n"+body+"%%7\r\n"+body+"*14\r\n"+body, 2, 1, 3, 1, 3, 1, 2, 1)
	if got := exchange(t, address, "HELLO\r\nHELLO 3 SETNAME x\r\nHELLO\r\nHELLO 2\r\n"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClientsAreListed(t *testing.T) {
	_, address := start(t, Config{})
	other := talk{t: t, socket: dial(t, address)}
	other.say("HELLO 3 SETNAME other")
	other.say("CLIENT SETINFO LIB-NAME lib")
	got := exchange(t, address, "CLIENT LIST\r\n")
	for _, part := range []string{"id=1 addr=127.0.0.1:", "name=other ", "cmd=client|setinfo", "resp=3 lib-name=lib lib-ver=\n", "id=2 ", "cmd=client|list"} {
		if !strings.Contains(got, part) {
			t.Errorf("no %q in %q", part, got)
		}
	}
	if got := exchange(t, address, "CLIENT LIST ID 1\r\n"); strings.Count(got, "id=") != 1 {
		t.Errorf("CLIENT LIST ID 1: %q", got)
	}
}

func TestClientReplySilencesACommandOrAll(t *testing.T) {
	_, address := start(t, Config{})
	request := "ECHO 1\nCLIENT REPLY SKIP\nSET a 2\nECHO 3\nCLIENT REPLY OFF\nECHO 4\nFOO\nCLIENT REPLY ON\nGET a\n"
	want := "$1\r\n1\r\n$1\r\n3\r\n+OK\r\n$1\r\n2\r\n"
	if got := exchange(t, address, request); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestInfoHasTheSectionsAskedFor(t *testing.T) {
	_, address := start(t, Config{Version: "v9"})
	all := exchange(t, address, "SET a 1\r\nINFO\r\n")
	for _, part := range []string{"# Server\r\nredis_version:7.2.0\r\n", "understudy_version:v9\r\n", "\r\n\r\n# Clients\r\nconnected_clients:1\r\n",
		"loading:0\r\n", "total_commands_processed:", "# Cluster\r\ncluster_enabled:1\r\n", "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\n"} {
		if !strings.Contains(all, part) {
			t.Errorf("no %q in %q", part, all)
		}
	}
	if got, want := exchange(t, address, "INFO cluster\r\n"), "$30\r\n# Cluster\r\ncluster_enabled:1\r\n\r\n"; got != want {
		t.Errorf("INFO cluster: %q, want %q", got, want)
	}
	if got, want := exchange(t, address, "INFO nothing\r\n"), "$0\r\n\r\n"; got != want {
		t.Errorf("INFO nothing: %q, want %q", got, want)
	}
}

func TestInfoLeavesOutWhatItCannotCount(t *testing.T) {
	f := newFake()
	f.verdict = failing(kv.Size, client.Unavailable)
	_, address := start(t, Config{Store: f})
	if got, want := exchange(t, address, "INFO keyspace\r\n"), "$12\r\n# Keyspace\r\n\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
