package resp

import (
	"errors"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
)

// failing returns a verdict that fails the calls that begin with an operation.
func failing(kind kv.Kind, code client.Code) func(*client.Call) error {
	return func(c *client.Call) error {
		if c.Ops[0].Kind != kind {
			return nil
		}
		return &client.Error{Code: code, Op: "op", Key: string(c.Ops[0].Key), Err: errors.New("cause")}
	}
}

func TestErrorsSayWhatTheCallerMayDo(t *testing.T) {
	for _, row := range []struct {
		code client.Code
		want string
	}{
		{client.Unavailable, "-CLUSTERDOWN put \"k\": cause; nothing happened, so it may be tried again\r\n"},
		{client.Overloaded, "-OVERLOADED put \"k\": cause; overloaded: nothing happened, so it may be tried again, later and more slowly\r\n"},
		{client.Unknown, "-UNKNOWN put \"k\": cause; it may or may not take effect, so look before trying again\r\n"},
		{client.Invalid, "-ERR put \"k\": cause; it can never take effect as it is\r\n"},
	} {
		f := newFake()
		f.verdict = failing(kv.Put, row.code)
		_, address := start(t, Config{Store: f})
		if got := exchange(t, address, "SET k v\r\n"); got != row.want {
			t.Errorf("%v: %q, want %q", row.code, got, row.want)
		}
	}
}

// retried are the beginnings of the errors after which libraries try again.
var retried = []string{"LOADING ", "READONLY ", "CLUSTERDOWN ", "TRYAGAIN ", "MASTERDOWN ", "NOREPLICAS ",
	"MOVED ", "ASK ", "ERR max number of clients reached", "BUSY", "NOSCRIPT"}

// Of an overloaded cluster it would ask for more of what it has too much of.
func TestAnUnknownOutcomeAndAnOverloadAreNeverRetriable(t *testing.T) {
	for i := range 4 {
		r := request{alone: i%2 == 0}
		code := []client.Code{client.Unknown, client.Overloaded}[i/2]
		text := r.explain(&client.Error{Code: code, Op: "put", Err: errors.New("timeout")})
		for _, prefix := range retried {
			if strings.HasPrefix(text, prefix) || strings.HasPrefix(text, "ERR "+prefix) {
				t.Errorf("%q begins with %q", text, prefix)
			}
		}
	}
}

func TestAFailureAheadOfOtherCommandsIsNotRetriable(t *testing.T) {
	f := newFake()
	f.verdict = failing(kv.Put, client.Unavailable)
	_, address := start(t, Config{Store: f})
	got := exchange(t, address, "SET k v\r\nINCR n\r\n")
	if want := "-ERR put \"k\": cause; nothing happened, so it may be tried again\r\n:1\r\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestLimitsOfTheStoreCostAnErrorAndNotTheConnection(t *testing.T) {
	_, address := start(t, Config{})
	for name, row := range map[string]struct{ request, want string }{
		"long key":     {"*2\r\n$3\r\nGET\r\n$16385\r\n" + strings.Repeat("k", 16385) + "\r\n", "key of 16385 bytes"},
		"long value":   {"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8388609\r\n" + strings.Repeat("v", 8388609) + "\r\n", "value of 8388609 bytes"},
		"many keys":    {"*4098\r\n$3\r\nDEL\r\n" + strings.Repeat("$1\r\nk\r\n", 4097), "4097 keys in one command, 4096 are allowed"},
		"many pairs":   {"*8195\r\n$4\r\nMSET\r\n" + strings.Repeat("$1\r\nk\r\n", 8194), "4097 keys in one command, 4096 are allowed"},
		"long pattern": {"SCAN 0 MATCH " + strings.Repeat("p", 1025) + "\r\n", "pattern of 1025 bytes"},
		"far longer":   {"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20000000\r\n" + strings.Repeat("v", 20000000) + "\r\n", "an argument of 20000000 bytes is too long"},
		"gap":          {"SETRANGE k 8388609 x\r\n", "string exceeds maximum allowed size: values may have 536870912 bytes"},
	} {
		got := exchange(t, address, row.request+"PING\r\n")
		if !strings.Contains(got, row.want) || !strings.HasSuffix(got, "+PONG\r\n") {
			t.Errorf("%s: %.200q", name, got)
		}
	}
}

func TestValuesThatDoNotFitOneReplyAreRefusedTogether(t *testing.T) {
	_, address := start(t, Config{})
	request := "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8388608\r\n" + strings.Repeat("v", 8388608) + "\r\nMGET k k k\r\n"
	if got := exchange(t, address, request); !strings.HasPrefix(got, "+OK\r\n-ERR string exceeds maximum allowed size") {
		t.Errorf("%.200q", got)
	}
}

func TestWithoutAMapNothingPretendsToKnowTheCluster(t *testing.T) {
	f := newFake()
	f.nodes.Owners, f.nodes.Leaders, f.nodes.Members = nil, nil, nil
	_, address := start(t, Config{Store: f})
	for _, command := range []string{"DBSIZE", "SCAN 0", "KEYS *", "CLUSTER SLOTS", "CLUSTER SHARDS", "CLUSTER NODES"} {
		if got := exchange(t, address, command+"\r\n"); got != "-"+noMap+"\r\n" {
			t.Errorf("%s: %q", command, got)
		}
	}
	if got := exchange(t, address, "CLUSTER INFO\r\n"); !strings.Contains(got, "cluster_state:fail") {
		t.Errorf("CLUSTER INFO: %q", got)
	}
	if got := exchange(t, address, "INFO keyspace\r\nWAIT 1 0\r\n"); got != "$12\r\n# Keyspace\r\n\r\n:0\r\n" {
		t.Errorf("%q", got)
	}
}
