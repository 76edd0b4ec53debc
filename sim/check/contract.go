package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/raft"
)

// A Contract holds the oracles of what clients are promised. It joins what a client was
// told of an operation with what became of the commands that it sent: they have the same
// operations in them, and the name under which a store runs a command once.
type Contract struct {
	now      func() time.Duration
	report   func(Violation)
	commands map[name]*command
	sessions map[session]uint64 // up to which serial their clients acknowledged
	clients  map[uint64]*asker
	seen     map[Group]raft.Index // the newest entry that anybody applied
	scratch  []byte               // holds what is being hashed
}

// A session belongs to one client and one group.
type session struct {
	group    Group
	id, born uint64
}

// A name is what a command is known by, however often it is sent.
type name struct {
	session
	serial uint64
}

// A command is what was seen of the commands of one name.
type command struct {
	ops    uint64     // their hash
	ran    raft.Index // of the entry at which it ran, or zero
	stamp  raft.Stamp // of that entry
	reply  uint64     // the hash of what it came to
	over   kv.Verdict // it was refused for good, or zero
	failed bool       // its client was told that it will never run
}

// An asker is a client that runs.
type asker struct {
	open []*Operation
	told raft.Stamp // the newest that an answer told it of
}

// An Operation is what a client was asked to do, in one command.
type Operation struct {
	contract *Contract
	asker    *asker
	write    bool
	ops      uint64
	sent     []name // the commands that left the client for it
	twin     bool   // another one asks for the same, so that commands tell nothing
	told     raft.Stamp
}

// NewContract returns oracles that know nothing yet. Now is simulated time; report
// receives every violation.
func NewContract(now func() time.Duration, report func(Violation)) *Contract {
	return &Contract{
		now: now, report: report, commands: map[name]*command{}, sessions: map[session]uint64{},
		clients: map[uint64]*asker{}, seen: map[Group]raft.Index{},
	}
}

// Begin is told when a client was asked to do ops.
func (c *Contract) Begin(client uint64, ops []kv.Op) *Operation {
	a := c.clients[client]
	if a == nil {
		a = &asker{}
		c.clients[client] = a
	}
	command := kv.Command{Ops: ops}
	o := &Operation{contract: c, asker: a, write: command.IsWrite(), ops: c.hashOps(ops), told: a.told}
	for _, other := range a.open {
		if other.ops == o.ops {
			o.twin, other.twin = true, true
		}
	}
	a.open = append(a.open, o)
	return o
}

// Restarted is told when a client begins a new life, in which it knows nothing of what
// it was told or asked.
func (c *Contract) Restarted(client uint64) { delete(c.clients, client) }

// Sent is told when an encoded command left a client for a group.
func (c *Contract) Sent(client uint64, g Group, body []byte) {
	sent, err := kv.DecodeCommand(body)
	a := c.clients[client]
	if err != nil || a == nil || sent.Session.ID == 0 {
		return
	}
	ops, n := c.hashOps(sent.Ops), nameOf(g, sent.Session)
	for _, o := range a.open {
		if o.ops == ops && !slices.Contains(o.sent, n) {
			o.sent = append(o.sent, n)
		}
	}
}

// Decided is told when e was applied for the first time, and reply came of it. It also
// takes later applications, and ignores them.
func (c *Contract) Decided(g Group, e raft.Entry, reply []byte) {
	if e.Index <= c.seen[g] {
		return
	}
	c.seen[g] = e.Index
	if e.Kind != raft.Command {
		return
	}
	run, err := kv.DecodeCommand(e.Data)
	answer, unreadable := kv.DecodeReply(reply)
	if err != nil || unreadable != nil || run.Session.ID == 0 {
		return
	}
	n := nameOf(g, run.Session)
	at := c.command(n)
	if ops := c.hashOps(run.Ops); at.ops == 0 {
		at.ops = ops
	} else if at.ops != ops {
		c.violate(ExactlyOnce, g, "index %d holds command %v, which was another one before", e.Index, n)
	}
	c.judge(n, at, e, answer)
	if answer.Verdict == kv.Applied {
		c.sessions[n.session] = max(c.sessions[n.session], run.Session.Acked)
	}
}

// judge takes what came of a command, for the first time or again.
func (c *Contract) judge(n name, at *command, e raft.Entry, answer kv.Reply) {
	switch answer.Verdict {
	case kv.Applied:
		if at.ran == 0 {
			c.ran(n, at, e, c.hashReply(answer.Results))
		} else if reply := c.hashReply(answer.Results); reply != at.reply {
			c.violate(ExactlyOnce, n.group, "command %v ran at index %d and again at %d", n, at.ran, e.Index)
		}
	case kv.Forgotten:
		if at.ran == 0 {
			c.violate(ExactlyOnce, n.group, "command %v was answered at index %d as if it had run before; it had not", n, e.Index)
		}
	case kv.SessionExpired, kv.StaleSerial:
		at.over = answer.Verdict
	}
}

// ran takes the first time that a command has an effect.
func (c *Contract) ran(n name, at *command, e raft.Entry, reply uint64) {
	at.ran, at.stamp, at.reply = e.Index, e.Stamp, reply
	if at.over != 0 {
		c.violate(ExactlyOnce, n.group, "command %v ran at index %d; it had been refused for good: %v", n, e.Index, at.over)
	}
	if acked := c.sessions[n.session]; n.serial <= acked {
		c.violate(SessionOrder, n.group, "command %v ran at index %d; its client had acknowledged all up to %d", n, e.Index, acked)
	}
	if at.failed {
		c.violate(DefiniteFailure, n.group, "command %v ran at index %d; its client had been told that it never will", n, e.Index)
	}
}

// Answered is told when the client was told what came of the operation.
func (o *Operation) Answered(results []kv.Result) {
	o.close()
	for _, r := range results {
		o.asker.told = max(o.asker.told, raft.Stamp(r.Version))
	}
	if o.write && !o.twin {
		o.mustHaveRun(results)
	}
}

// mustHaveRun demands that a write that was acknowledged is decided, to the answer that
// was given, and after all that its client knew when it asked.
func (o *Operation) mustHaveRun(results []kv.Result) {
	c, reply := o.contract, o.contract.hashReply(results)
	var found *command
	for _, n := range o.sent {
		if at := c.commands[n]; at != nil && at.ran != 0 && (found == nil || at.reply == reply) {
			found = at
		}
	}
	switch {
	case found == nil:
		o.violate(AcknowledgedDecided, "a client was told that its write is done; none of %v has run", o.sent)
		return
	case found.reply != reply:
		o.violate(AcknowledgedDecided, "a client was told something else of its write than came of it at index %d", found.ran)
	case found.stamp <= o.told:
		o.violate(SessionOrder, "a write has the stamp %d; its client knew of %d before it asked", found.stamp, o.told)
	}
	o.asker.told = max(o.asker.told, found.stamp)
}

// Failed is told when the client was told that the operation had no effect and never
// will.
func (o *Operation) Failed() {
	o.close()
	if !o.write || o.twin {
		return
	}
	for _, n := range o.sent {
		at := o.contract.command(n)
		if at.failed = true; at.ran != 0 {
			o.violate(DefiniteFailure, "a client was told that nothing will come of command %v; it ran at index %d", n, at.ran)
		}
	}
}

// Lost is told when the client was told that nobody knows.
func (o *Operation) Lost() { o.close() }

func (o *Operation) close() {
	o.asker.open = slices.DeleteFunc(o.asker.open, func(other *Operation) bool { return other == o })
}

func (c *Contract) command(n name) *command {
	if c.commands[n] == nil {
		c.commands[n] = &command{}
	}
	return c.commands[n]
}

func (c *Contract) violate(oracle string, g Group, format string, args ...any) {
	c.report(Violation{Oracle: oracle, At: c.now(), Text: fmt.Sprintf("%v: "+format, append([]any{g}, args...)...)})
}

func (o *Operation) violate(oracle, format string, args ...any) {
	c := o.contract
	c.report(Violation{Oracle: oracle, At: c.now(), Text: fmt.Sprintf(format, args...)})
}

func nameOf(g Group, s kv.Session) name { return name{session{g, s.ID, s.Born}, s.Serial} }

// String prints the serial of a command and its session.
func (n name) String() string { return fmt.Sprintf("#%d of session %d", n.serial, n.id) }

// hashOps and hashReply tell operations, and answers, apart.
func (c *Contract) hashOps(ops []kv.Op) uint64 {
	c.scratch = kv.Command{Ops: ops}.AppendTo(c.scratch[:0])
	return hashBytes(c.scratch)
}

func (c *Contract) hashReply(results []kv.Result) uint64 {
	c.scratch = kv.Reply{Verdict: kv.Applied, Results: results}.AppendTo(c.scratch[:0])
	return hashBytes(c.scratch)
}

func hashBytes(b []byte) uint64 { return extend(0, raft.Entry{Data: b}) }
