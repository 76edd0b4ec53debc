package check_test

import (
	"testing"
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
)

// A dealing is what a client asked of one group, what it was told, and what was decided.
type dealing struct {
	*check.Contract
	last  raft.Index
	found []check.Violation
}

func newDealing() *dealing {
	d := &dealing{}
	d.Contract = check.NewContract(
		func() time.Duration { return time.Second },
		func(v check.Violation) { d.found = append(d.found, v) })
	return d
}

func written(at uint64) []kv.Result { return []kv.Result{{Code: kv.OK, Version: at}} }

// numbered is a command of session 7.
func numbered(serial, acked uint64, op kv.Op) []byte {
	return kv.Command{Session: kv.Session{ID: 7, Serial: serial, Acked: acked}, Ops: []kv.Op{op}}.AppendTo(nil)
}

// ask has client 1 send a put as the first command of its session.
func (d *dealing) ask(value string, serial uint64) *check.Operation {
	o := d.Begin(1, []kv.Op{put(value)})
	d.Sent(1, 1, numbered(serial, 0, put(value)))
	return o
}

// decide has the next index hold a command, of which something came.
func (d *dealing) decide(command []byte, v kv.Verdict, results ...kv.Result) {
	d.last++
	d.Decided(1, raft.Entry{Index: d.last, Kind: raft.Command, Stamp: raft.Stamp(10 * d.last), Data: command},
		kv.Reply{Verdict: v, Results: results}.AppendTo(nil))
}

func TestEachPromiseToAClientCanBeBroken(t *testing.T) {
	a, b := numbered(1, 0, put("a")), numbered(1, 0, put("b"))
	dealings := map[string]struct {
		oracle string
		tell   func(d *dealing)
	}{
		"a command runs twice": {check.ExactlyOnce, func(d *dealing) {
			d.decide(a, kv.Applied, written(10)...)
			d.decide(a, kv.Applied, written(20)...)
		}},
		"two commands have one number": {check.ExactlyOnce, func(d *dealing) {
			d.decide(a, kv.Applied, written(10)...)
			d.decide(b, kv.Applied, written(10)...)
		}},
		"a command is remembered that never ran": {check.ExactlyOnce, func(d *dealing) { d.decide(a, kv.Forgotten) }},
		"a command runs after it was refused for good": {check.ExactlyOnce, func(d *dealing) {
			d.decide(a, kv.SessionExpired)
			d.decide(a, kv.Applied, written(20)...)
		}},
		"a command runs that its client thinks done with": {check.SessionOrder, func(d *dealing) {
			d.decide(numbered(2, 1, put("b")), kv.Applied, written(10)...)
			d.decide(a, kv.Applied, written(20)...)
		}},
		"a write is older than what its client knew": {check.SessionOrder, func(d *dealing) {
			d.Begin(1, []kv.Op{{Kind: kv.Get, Key: []byte("x")}}).Answered(written(11))
			o := d.ask("a", 1)
			d.decide(a, kv.Applied, written(10)...)
			o.Answered(written(10))
		}},
		"a write that failed for certain runs": {check.DefiniteFailure, func(d *dealing) {
			d.ask("a", 1).Failed()
			d.decide(a, kv.Applied, written(10)...)
		}},
		"a write that ran failed for certain": {check.DefiniteFailure, func(d *dealing) {
			o := d.ask("a", 1)
			d.decide(a, kv.Applied, written(10)...)
			o.Failed()
		}},
		"a write is acknowledged that was never decided": {check.AcknowledgedDecided, func(d *dealing) {
			d.ask("a", 1).Answered(written(10))
		}},
		"a write is acknowledged that was refused": {check.AcknowledgedDecided, func(d *dealing) {
			o := d.ask("a", 1)
			d.decide(a, kv.StaleSerial)
			o.Answered(written(10))
		}},
		"a client is told of another outcome": {check.AcknowledgedDecided, func(d *dealing) {
			o := d.ask("a", 1)
			d.decide(a, kv.Applied, kv.Result{Code: kv.Mismatch, Version: 3})
			o.Answered(written(10))
		}},
	}
	for name, c := range dealings {
		d := newDealing()
		c.tell(d)
		if len(d.found) != 1 || d.found[0].Oracle != c.oracle {
			t.Errorf("%s: %v, want one violation of %s", name, d.found, c.oracle)
		}
	}
}

func TestWhatTheContractAllowsIsNoViolation(t *testing.T) {
	a := numbered(1, 0, put("a"))
	dealings := map[string]func(d *dealing){
		"a repeated command is answered as before": func(d *dealing) {
			o := d.ask("a", 1)
			d.decide(a, kv.Applied, written(10)...)
			d.decide(a, kv.Applied, written(10)...)
			d.decide(a, kv.Forgotten)
			d.decide(a, kv.StaleSerial)
			o.Answered(written(10))
		},
		"a write of unknown outcome runs late": func(d *dealing) {
			d.ask("a", 1).Lost()
			d.decide(a, kv.Applied, written(10)...)
		},
		"a write that was never sent fails for certain": func(d *dealing) {
			d.Begin(1, []kv.Op{put("a")}).Failed()
		},
		"a write whose session had expired runs under another name": func(d *dealing) {
			o := d.ask("a", 1)
			d.decide(a, kv.SessionExpired)
			d.Sent(1, 1, numbered(2, 1, put("a")))
			d.decide(numbered(2, 1, put("a")), kv.Applied, written(20)...)
			o.Answered(written(20))
		},
		"two that ask for the same are not told apart": func(d *dealing) {
			first, second := d.ask("a", 1), d.ask("a", 2)
			d.decide(numbered(2, 0, put("a")), kv.Applied, written(10)...)
			first.Failed()
			second.Answered(written(10))
		},
		"a client that restarted knows nothing": func(d *dealing) {
			d.Begin(1, []kv.Op{{Kind: kv.Get, Key: []byte("x")}}).Answered(written(11))
			d.Restarted(1)
			o := d.ask("a", 1)
			d.decide(a, kv.Applied, written(10)...)
			o.Answered(written(10))
		},
		"what is not a command is left to others": func(d *dealing) {
			d.decide([]byte("nonsense"), kv.Invalid)
			d.Decided(1, raft.Entry{Index: 2, Kind: raft.Barrier}, nil)
		},
	}
	for name, tell := range dealings {
		d := newDealing()
		if tell(d); len(d.found) > 0 {
			t.Errorf("%s: %v", name, d.found)
		}
	}
}
