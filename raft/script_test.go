package raft

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var rewrite = flag.Bool("rewrite", false, "record the traces in testdata; read the diff")

// TestScripts runs the scripts in testdata, and in testdata/literature those of what
// has been written about Raft. Each is named as the claim it shows. A step of a script
// is comments, commands, a line of dashes, and what is then seen; an empty line ends
// it. The commands are those of [story.commands].
func TestScripts(t *testing.T) {
	for _, pattern := range []string{"testdata/*.txt", "testdata/literature/*.txt"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no scripts %s: %v", pattern, err)
		}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".txt")
			t.Run(name, func(t *testing.T) { runScript(t, file) })
		}
	}
}

func runScript(t *testing.T, file string) {
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := tell(string(want))
	if *rewrite {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(want) {
		t.Errorf("%s\n%s", file, firstDifference(got, string(want)))
	}
}

// tell runs a script and returns it with what was seen.
func tell(script string) string {
	text, _ := tellMarks(script)
	return text
}

// tellMarks is tell that returns the marks, too.
func tellMarks(script string) (string, Marks) {
	var out strings.Builder
	s := &story{hosts: map[ID]*host{}, rands: map[ID]time.Duration{}, marks: map[ID]Snapshot{}}
	for step := range strings.SplitSeq(strings.TrimSpace(script), "\n\n") {
		head, _, _ := strings.Cut(step, "\n---")
		s.seen.Reset()
		for line := range strings.SplitSeq(head, "\n") {
			if !strings.HasPrefix(line, "#") {
				s.run(line)
			}
		}
		if s.seen.Len() == 0 {
			s.say("ok")
		}
		fmt.Fprintf(&out, "%s\n---\n%s\n", head, s.seen.String())
	}
	return strings.TrimSuffix(out.String(), "\n"), s.reached
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("got %d lines, want %d", len(g), len(w))
}

// A story is a group whose every move the script decides.
type story struct {
	now     time.Duration
	wall    Stamp
	config  Config
	hosts   map[ID]*host
	rands   map[ID]time.Duration
	marks   map[ID]Snapshot
	network []Message
	cut     map[ID]bool // those on one side of a cut
	seen    bytes.Buffer
	mute    bool
	reached Marks // by all, seen or not
}

func (s *story) say(format string, args ...any) {
	if !s.mute {
		fmt.Fprintf(&s.seen, format+"\n", args...)
	}
}

// run runs one command. A panic is something to see, too.
func (s *story) run(line string) {
	words := strings.Fields(line)
	defer func() {
		s.mute = false
		if p := recover(); p != nil {
			s.say("panic: %v", p)
		}
	}()
	if words[0] == "quietly" {
		s.mute, words = true, words[1:]
	}
	command, known := s.commands()[words[0]]
	if !known {
		panic("unknown command " + words[0])
	}
	command(arguments(words[1:]))
}

func (s *story) commands() map[string]func(args) {
	return map[string]func(args){
		"group":    s.group,    // voters=N spare=N and limits: start replicas 1 to N, and more that know no group
		"state":    s.state,    // N term= vote= snapshot= of= entries=1,1,2x3 damaged=1 floor=2@1: start N anew with this on its disk
		"wait":     s.wait,     // N: N milliseconds pass
		"wall":     s.setWall,  // N: the time of day is N
		"rand":     s.setRand,  // N MS: chance makes N wait so much longer
		"tick":     s.tick,     // N...: a turn in which nothing happens; not for those who left
		"propose":  s.propose,  // N DATA... [after=STAMP]
		"barrier":  s.barrier,  // N: ask it for an entry that changes nothing
		"read":     s.read,     // N NUMBER...
		"change":   s.change,   // N VOTER... [learners=4,5]: ask N for these members
		"transfer": s.transfer, // N TO, or N anyone: ask N to hand over
		"contact":  s.contact,  // N ABOUT [silent=1]: N is told of the process of ABOUT
		"members":  s.members,  // [N]: what each takes for the group
		"capture":  s.capture,  // N: its state is captured, and durable at once
		"mark":     s.mark,     // N: its state is captured, and durable when it says
		"marked":   s.marked,   // N
		"install":  s.install,  // N FROM, or N index= term= stamp=: the newest snapshot of FROM arrives
		"saved":    s.saved,    // N [COUNT]: its oldest Saves, or all, become durable
		"deliver":  s.deliver,  // messages, each in a turn of its own
		"copy":     s.copy,     // deliver and keep for later
		"drop":     s.drop,     // messages
		"cut":      s.cutOff,   // N...: what they and the others say to one another is lost; nobody: no more
		"network":  s.list,     // messages
		"send":     s.send,     // FROM TO KIND FIELD=...: a message that nobody sent
		"crash":    s.crash,    // N [COUNT]: so many of its pending Saves survive
		"restart":  s.restart,  // N
		"settle":   s.settle,   // deliver and save everything until nothing happens
		"elect":    s.elect,    // N: it stands, and everything settles
		"status":   s.status,   // [N]
		"stamps":   s.stamps,   // N: of all its entries
		"log":      s.log,      // N
	}
}

// Args are the arguments of a command: plain words, and names with values.
// Messages are chosen by #NUMBER, FROM TO, or KIND; the default is all.
type args struct {
	words []string
	named map[string]string
}

func arguments(words []string) args {
	a := args{named: map[string]string{}}
	for _, w := range words {
		if name, value, ok := strings.Cut(w, "="); ok {
			a.named[name] = value
		} else {
			a.words = append(a.words, w)
		}
	}
	return a
}

func number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		panic(err)
	}
	return n
}

func (a args) number(i int) int { return number(a.words[i]) }
func (a args) id(i int) ID      { return ID(a.number(i)) }

// named sets n to the value of that name, if there is one.
func (a args) set(name string, n *int) {
	if v, ok := a.named[name]; ok {
		*n = number(v)
	}
}

func (a args) get(name string) uint64 {
	n := 0
	a.set(name, &n)
	return uint64(n)
}

// entries reads terms, such as 1,1,2x3, as entries after index before. A term with a
// configuration, such as 2:2.3.4/1.2.3, is an entry that holds it.
func entries(text string, before Index) (list []Entry) {
	for run := range strings.SplitSeq(text, ",") {
		if run == "" {
			continue
		}
		run, members, changes := strings.Cut(run, ":")
		term, count, _ := strings.Cut(run, "x")
		for range number("0"+count) + 1 - min(1, len(count)) {
			i := before + Index(len(list)) + 1
			list = append(list, Entry{
				Index: i, Term: Term(number(term)), Kind: Command,
				Stamp: Stamp(1000*number(term)) + Stamp(i), Data: fmt.Appendf(nil, "%d@%s", i, term),
			})
		}
		if changes {
			e := &list[len(list)-1]
			e.Kind, e.Data = Membership, configurationOf(members).AppendTo(nil)
		}
	}
	return list
}

// configurationOf reads VOTERS/OUTGOING/LEARNERS/TARGET, each as 1.2.3.
func configurationOf(text string) (c Configuration) {
	lists := []*[]ID{&c.Voters, &c.Outgoing, &c.Learners, &c.Target}
	for i, part := range strings.Split(text, "/") {
		*lists[i] = ids(part, ".")
	}
	return c
}

func ids(text, separator string) (list []ID) {
	for word := range strings.SplitSeq(text, separator) {
		if word != "" {
			list = append(list, ID(number(word)))
		}
	}
	return list
}

func (s *story) group(a args) {
	s.config = Config{
		Election: testElection, Heartbeat: testHeartbeat, Drift: 0.1,
		BatchBytes: 1 << 20, InflightMessages: 100, InflightBytes: 1 << 20, UncommittedBytes: 1 << 20,
		Leases: a.get("leases") == 1, Rest: int(a.get("rest")),
	}
	a.set("batch", &s.config.BatchBytes)
	a.set("inflight", &s.config.InflightMessages)
	a.set("inflight-bytes", &s.config.InflightBytes)
	a.set("uncommitted", &s.config.UncommittedBytes)
	a.set("trailing", &s.config.Trailing)
	for id := range ID(a.get("voters")) {
		s.config.Voters = append(s.config.Voters, id+1)
	}
	for i := range a.get("voters") + a.get("spare") {
		id := ID(i + 1)
		s.rands[id] = time.Duration(i) * testHeartbeat
		s.hosts[id] = newHost(s.configOf(id, a.get("eager") == uint64(id)), s.now, s.rand(id))
	}
}

func (s *story) configOf(id ID, eager bool) Config {
	c := s.config
	c.ID, c.Eager = id, eager
	if !slices.Contains(c.Voters, id) {
		c.Voters = nil
	}
	return c
}

func (s *story) rand(id ID) func(int) int {
	return func(n int) int { return int(s.rands[id]) }
}

func (s *story) state(a args) {
	h := s.hosts[a.id(0)]
	h.disk = State{
		Vote:    Vote{Term(a.get("term")), ID(a.get("vote"))},
		Entries: entries(a.named["entries"], Index(a.get("snapshot"))),
	}
	h.disk.Damaged = a.get("damaged") == 1
	if index, of, ok := strings.Cut(a.named["floor"], "@"); ok {
		h.disk.Floor = Floor{Index(number(index)), Term(number(of))}
	}
	if i := Index(a.get("snapshot")); i > 0 {
		h.disk.Snapshot = s.snapshot(i, Term(a.get("of")))
	}
	h.start(s.now)
}

func (s *story) wait(a args) { s.now += time.Duration(a.number(0)) * time.Millisecond }

func (s *story) setWall(a args) { s.wall = Stamp(a.number(0)) }

func (s *story) setRand(a args) {
	s.rands[a.id(0)] = time.Duration(a.number(1)) * time.Millisecond
}

func (s *story) tick(a args) {
	for i := range a.words {
		if s.hosts[a.id(i)].grave == nil {
			s.step(a.id(i), Input{})
		}
	}
}

func (s *story) propose(a args) {
	in := Input{}
	for _, w := range a.words[1:] {
		p := Proposal{After: Stamp(a.get("after")), Data: []byte(w)}
		if letter, count, ok := strings.Cut(w, "*"); ok {
			p.Data = bytes.Repeat([]byte(letter), number(count))
		}
		in.Proposals = append(in.Proposals, p)
	}
	s.step(a.id(0), in)
}

func (s *story) barrier(a args) { s.step(a.id(0), Input{Barrier: true}) }

func (s *story) read(a args) {
	in := Input{}
	for i := range a.words[1:] {
		in.Reads = append(in.Reads, uint64(a.number(i+1)))
	}
	s.step(a.id(0), in)
}

func (s *story) change(a args) {
	c := &Change{Learners: ids(a.named["learners"], ",")}
	for i := range a.words[1:] {
		c.Voters = append(c.Voters, a.id(i+1))
	}
	s.step(a.id(0), Input{Change: c})
}

func (s *story) transfer(a args) {
	to := Anyone
	if a.words[1] != "anyone" {
		to = a.id(1)
	}
	s.step(a.id(0), Input{Transfer: to})
}

func (s *story) contact(a args) {
	s.step(a.id(0), Input{Contacts: []Contact{{ID: a.id(1), Silent: a.get("silent") == 1}}})
}

func (s *story) members(a args) {
	for _, id := range s.chosenHosts(a) {
		if r := s.hosts[id].replica; r != nil {
			s.say("%d is in %v since %d", id, r.Status().Configuration, r.Status().Configured)
		}
	}
}

func (s *story) saved(a args) {
	h := s.hosts[a.id(0)]
	count := len(h.queue)
	if len(a.words) > 1 {
		count = a.number(1)
	}
	h.sync(count)
	s.step(a.id(0), Input{})
}

func (s *story) crash(a args) {
	count := 0
	if len(a.words) > 1 {
		count = a.number(1)
	}
	s.hosts[a.id(0)].crash(count)
}

func (s *story) capture(a args) {
	s.mark(a)
	s.marked(a)
}

func (s *story) mark(a args) {
	s.marks[a.id(0)] = s.hosts[a.id(0)].replica.Mark()
	s.say("%d captures %v", a.id(0), s.marks[a.id(0)])
}

func (s *story) marked(a args) { s.step(a.id(0), Input{Captured: s.marks[a.id(0)]}) }

// snapshot is the one at i, where [entries] puts an entry of that term.
func (s *story) snapshot(i Index, term Term) Snapshot {
	return Snapshot{Index: i, Term: term, Stamp: Stamp(1000*term) + Stamp(i),
		Configuration: Configuration{Voters: s.config.Voters}}
}

func (s *story) install(a args) {
	installed := s.snapshot(Index(a.get("index")), Term(a.get("term")))
	if len(a.words) > 1 {
		installed = s.hosts[a.id(1)].replica.snapshot
	}
	if stamp := a.get("stamp"); stamp > 0 {
		installed.Stamp = Stamp(stamp)
	}
	s.step(a.id(0), Input{Installed: installed})
}

func (s *story) restart(a args) { s.hosts[a.id(0)].start(s.now) }

// chosen tells which messages of the network a names.
func (s *story) chosen(a args) func(i int, m Message) bool {
	return func(i int, m Message) bool {
		switch {
		case len(a.words) == 0:
			return true
		case strings.HasPrefix(a.words[0], "#"):
			return slices.Contains(a.words, fmt.Sprintf("#%d", i+1))
		case len(a.words) >= 2:
			return m.From == a.id(0) && m.To == a.id(1) &&
				(len(a.words) == 2 || a.words[2] == m.Kind.String())
		}
		return a.words[0] == m.Kind.String()
	}
}

// take returns the chosen messages, and removes them unless they stay.
func (s *story) take(a args, stay bool) (taken []Message) {
	var left []Message
	chosen := s.chosen(a)
	for i, m := range s.network {
		if chosen(i, m) {
			taken = append(taken, m)
		}
		if stay || !chosen(i, m) {
			left = append(left, m)
		}
	}
	s.network = left
	return taken
}

func (s *story) deliver(a args) { s.hand(s.take(a, false)) }
func (s *story) copy(a args)    { s.hand(s.take(a, true)) }

func (s *story) hand(messages []Message) {
	for _, m := range messages {
		switch h := s.hosts[m.To]; {
		case h.replica != nil:
			s.step(m.To, Input{Messages: []Message{m}})
		case h.grave != nil:
			s.haunt(h, m)
		}
	}
}

// haunt shows what the tombstone of h says to m.
func (s *story) haunt(h *host, m Message) {
	id := h.config.ID
	if state, ok := h.grave.Recall(id, m); ok {
		h.disk = state
		s.say("%d comes back", id)
		h.start(s.now)
		return
	}
	if answer, ok := h.grave.Answer(id, m); ok {
		s.say("%v", answer)
		if !s.isLost(answer) {
			s.network = append(s.network, answer)
		}
	}
}

func (s *story) drop(a args) {
	for _, m := range s.take(a, false) {
		s.say("lost %v", m)
	}
}

func (s *story) cutOff(a args) {
	s.cut = map[ID]bool{}
	for i := range a.words {
		s.cut[a.id(i)] = true
	}
}

// isLost reports whether a cut is between the two.
func (s *story) isLost(m Message) bool { return s.cut[m.From] != s.cut[m.To] }

func (s *story) list(a args) {
	chosen := s.chosen(a)
	for i, m := range s.network {
		if chosen(i, m) {
			s.say("#%d %v", i+1, m)
		}
	}
}

func (s *story) send(a args) {
	m := Message{From: a.id(0), To: a.id(1), Term: Term(a.get("term")), Index: Index(a.get("index")),
		LogTerm: Term(a.get("logterm")), Hint: Index(a.get("hint")), Commit: Index(a.get("commit")),
		Round: a.get("round"), Entries: entries(a.named["entries"], Index(a.get("first")+a.get("index")))}
	m.Forced, m.Abstains = a.get("forced") == 1, a.get("abstains") == 1
	m.Kind = MessageKind(max(0, slices.Index(kindNames[:], a.words[2])))
	s.step(m.To, Input{Messages: []Message{m}})
}

func (s *story) settle(args) {
	for range 1000 {
		moved := len(s.network) > 0
		s.deliver(args{})
		for _, id := range s.chosenHosts(args{}) {
			if h := s.hosts[id]; h.replica != nil && len(h.queue) > 0 {
				moved = true
				s.saved(args{words: []string{fmt.Sprint(id)}})
			}
		}
		if !moved {
			return
		}
	}
	panic("it never settles")
}

func (s *story) elect(a args) {
	s.now += 2 * testElection
	s.tick(a)
	s.settle(a)
}

// chosenHosts is the host that a names, or all.
func (s *story) chosenHosts(a args) []ID {
	if len(a.words) > 0 {
		return []ID{a.id(0)}
	}
	return slices.Sorted(maps.Keys(s.hosts))
}

func (s *story) status(a args) {
	for _, id := range s.chosenHosts(a) {
		if h := s.hosts[id]; h.grave != nil {
			s.say("%d left: term=%d vote=%d floor=%d@%d %v", id, h.grave.Vote.Term, h.grave.Vote.For,
				h.grave.Floor.Index, h.grave.Floor.Term, h.grave.Configuration)
			continue
		}
		if s.hosts[id].replica == nil {
			s.say("%d crashed", id)
			continue
		}
		v := s.hosts[id].replica.Status()
		s.say("%d %v term=%d vote=%d leader=%d last=%d durable=%d commit=%d delivered=%d refused=%d",
			id, v.Role, v.Vote.Term, v.Vote.For, v.Leader, v.Last, v.Durable, v.Commit, v.Delivered, v.Refused)
	}
}

func (s *story) log(a args) {
	l := s.hosts[a.id(0)].replica.log
	s.say("%d holds %v", a.id(0), l.entries)
	if l.base.Index > 0 {
		s.say("%d compacted up to %d@%d", a.id(0), l.base.Index, l.base.Term)
	}
}

func (s *story) stamps(a args) {
	for _, e := range s.hosts[a.id(0)].replica.log.entries {
		s.say("%v %s stamp=%d", e, e.Data, e.Stamp)
	}
}

// step takes one turn and tells what came of it.
func (s *story) step(id ID, in Input) {
	h := s.hosts[id]
	before := h.replica.Status()
	in.Now, in.Wall = s.now, s.wall
	out := h.step(in)
	s.reached |= out.Marks
	s.network = append(s.network, slices.DeleteFunc(slices.Clone(out.Messages), s.isLost)...)
	s.tellRole(before, h.replica.Status())
	s.tellDuties(id, in, out)
}

func (s *story) tellRole(before, after Status) {
	if before.Role != after.Role || before.Vote.Term != after.Vote.Term {
		s.say("%d is %v in term %d", after.ID, after.Role, after.Vote.Term)
	}
	if before.Refused != after.Refused {
		s.say("%d refuses that", after.ID)
	}
	if before.Damaged && !after.Damaged {
		s.say("%d is whole", after.ID)
	}
	if !before.Configuration.Equal(after.Configuration) {
		s.say("%d is in %v", after.ID, after.Configuration)
	}
	if !before.Resting && after.Resting {
		s.say("%d rests", after.ID)
	}
	if before.Resting && !after.Resting {
		s.say("%d rests no more", after.ID)
	}
	if before.Transferring != after.Transferring && after.Transferring != None {
		s.say("%d hands over to %d", after.ID, after.Transferring)
	}
	if before.Transferring != None && after.Transferring == None && after.Role == Leader {
		s.say("%d gives up handing over", after.ID)
	}
}

func (s *story) tellDuties(id ID, in Input, out Output) {
	if out.Save.Number != 0 {
		s.say("%d save %d: term=%d vote=%d %s%s", id, out.Save.Number,
			out.Save.Vote.Term, out.Save.Vote.For, snapshotOf(out.Save), positions(out.Save.Entries))
	}
	for _, m := range out.Messages {
		s.say("%v", m)
	}
	if in.Installed.Index > 0 && out.Restored.Index == 0 {
		s.say("%d does not want %v", id, in.Installed)
	} else if in.Installed.Index > 0 {
		s.say("%d restore %v", id, out.Restored)
	}
	if len(out.Committed) > 0 {
		s.say("%d apply %s", id, positions(out.Committed))
	}
	if len(in.Proposals) > 0 {
		s.say("%d accepted %d of %d", id, out.Accepted.Count, len(in.Proposals))
	}
	if len(out.Reads) > 0 {
		s.say("%d serve reads %d", id, out.Reads)
	}
	if in.Change != nil && out.Change.Refusal != 0 {
		s.say("%d refuses to change: %v", id, out.Change.Refusal)
	}
	if in.Change != nil && out.Change.Refusal == 0 {
		s.say("%d changes from entry %d on", id, out.Change.Index)
	}
	if len(out.Refused) > 0 {
		s.say("%d refuse reads %d", id, out.Refused)
	}
	for m := range out.Marks.All() {
		s.say("%d mark %s", id, marksTable[m].name)
	}
	if out.Removed != nil {
		s.say("%d leaves: %v decides without it from %d@%d on", id, out.Removed.Configuration,
			out.Removed.Floor.Index, out.Removed.Floor.Term)
		s.hosts[id].bury(*out.Removed)
	}
	if out.Fetch != (Offer{}) {
		s.say("%d fetch snapshot %d@%d from %d", id, out.Fetch.Index, out.Fetch.Term, out.Fetch.From)
	}
}

func snapshotOf(s Save) string {
	if s.Snapshot.Index == 0 {
		return ""
	}
	return s.Snapshot.String() + " "
}
