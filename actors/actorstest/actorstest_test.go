package actorstest

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/actors"
)

func TestSoundWorldPasses(t *testing.T) {
	Run(t, func(*testing.T) World { return newTiny(joints{}) })
}

func TestDiskChecksAreAPartOfAll(t *testing.T) {
	RunDisk(t, func(*testing.T) World { return newTiny(joints{}) })
	all := Checks()
	for i, check := range DiskChecks() {
		if at := len(all) - len(DiskChecks()) + i; all[at].Name != check.Name {
			t.Errorf("check %d is %q, want %q", at, all[at].Name, check.Name)
		}
	}
}

// TestBrokenWorldsFail bends a world at one joint at a time. Each break must be
// seen by the check that states the broken claim, and each check must see one.
func TestBrokenWorldsFail(t *testing.T) {
	caught := map[string]bool{}
	for _, broken := range breaks() {
		t.Run(broken.name, func(t *testing.T) {
			i := slices.IndexFunc(Checks(), func(c Check) bool { return c.Name == broken.check })
			if i < 0 {
				t.Fatalf("no check is named %q", broken.check)
			}
			err := Checks()[i].Run(newTiny(broken.bend))
			if err == nil || !strings.Contains(err.Error(), broken.says) {
				t.Errorf("%q said %v, want an error that says %q", broken.check, err, broken.says)
			}
			caught[broken.check] = true
		})
	}
	for _, check := range Checks() {
		if !caught[check.Name] {
			t.Errorf("no broken world shows that %q can fail", check.Name)
		}
	}
}

// A broken world is bent at one joint, and one check says so.
type broken struct {
	name  string
	bend  joints
	check string
	says  string
}

// breaks makes every broken world anew: some of them remember what they saw.
func breaks() []broken {
	return []broken{
		{"no Started", joints{noStart: true}, "an actor that is no Flusher just receives", "Started comes first"},
		{"wrong Self", joints{wrongSelf: true}, "Started is the first message and comes from the spawner", "Self is"},
		{"Started from elsewhere", joints{route: startedFromNode2}, "Started is the first message and comes from the spawner", "Started came from"},
		{"late Started", joints{early: true}, "Started comes first under fire", "Started comes first"},
		{"Started twice", joints{route: startedTwice}, "Started is the first message and comes from the spawner", "Started comes first, and once"},
		{"stop is ignored", joints{unstopped: true}, "an actor that stops itself receives nothing more", "after it stopped itself"},
		{"stopped actors linger", joints{route: toOldest()}, "Stop ends an actor and frees its name", "waited in vain for the second child"},
		{"32-bit randomness", joints{rand: func(w *tiny) uint64 { return w.random.Uint64() >> 32 }}, "Rand draws from all 64 bits", "never change"},
		{"posts from the target", joints{route: fromTarget}, "the outside posts as nobody", "posts as nobody"},
		{"reordering", joints{route: reorder}, "local messages arrive once each in the order sent", "in order"},
		{"loss", joints{route: every(97, drop)}, "local messages keep their order under load", "in vain"},
		{"duplicates", joints{route: every(97, duplicate)}, "local messages keep their order under load", "once each"},
		{"synchronous send", joints{reentrant: true}, "a message to oneself arrives after the call that sent it", "inside another"},
		{"messages to nobody find somebody", joints{route: ghostToP}, "messages to nobody vanish", "arrived somewhere"},
		{"messages skip the codec", joints{noCodec: true}, "messages travel between nodes through the codec", "not encoded: true"},
		{"nodes are cut off", joints{route: cut}, "messages travel between nodes through the codec", "in vain"},
		{"never flushed", joints{neverFlush: true}, "Flush follows every run of messages", "waited in vain"},
		{"flushed before the run", joints{flushFirst: true}, "Flush follows every run of messages", "Started comes first"},
		{"flushed twice", joints{overFlush: true}, "Flush follows every run of messages", "no message before it"},
		{"no flush of small runs", joints{neverFlush: true}, "Flush comes before the actor idles", "waited in vain"},
		{"nothing arrives", joints{route: func(*tiny, *packet) bool { return false }}, "an actor that is no Flusher just receives", "in vain"},
		{"early timers", joints{due: func(d time.Duration) time.Duration { return d / 2 }}, "timers fire once and not before their time", "fired after"},
		{"timers fire twice", joints{route: duplicateTimers}, "timers fire once and not before their time", "timers fired"},
		{"timers never fire", joints{due: func(time.Duration) time.Duration { return 1000 * time.Hour }, route: onlySoon}, "timers fire once and not before their time", "in vain"},
		{"cancel does nothing", joints{noCancel: true}, "a cancelled timer does not arrive", "a cancelled timer arrived"},
		{"cancel misses the mailbox", joints{noCancel: true}, "a timer that waits in the mailbox can be cancelled", "timers arrived"},
		{"immortal timers", joints{immortal: true}, "timers die with their actor", "outlived its actor"},
		{"clock goes back", joints{clock: backwards()}, "the clock does not go back", "went back"},
		{"actors survive crashes", joints{undead: true, route: toOldest()}, "a crash loses actors and timers, of that node only", "after its node crashed"},
		{"timers survive crashes", joints{immortal: true}, "a crash loses actors and timers, of that node only", "outlived its node"},
		{"halt is ignored", joints{deafHalt: true, route: toOldest()}, "Halt ends the node", "after its node halted"},
		{"halt forgets the reason", joints{wrongHalt: true}, "Halt ends the node", "halted because of"},
		{"marks are mixed up", joints{oneMark: true}, "marks are counted by name, on their node", "world/first"},
		{"nodes share their marks", joints{shareMarks: true}, "marks are counted by name, on their node", "of node 2"},
		{"halted nodes mark", joints{undeadMark: true}, "a node that has ended marks nothing", "after it halted"},
		{"new logs hold something", joints{disk: on("open", func(l *tinyLog) { l.records = [][]byte{record(1)} })}, "a log that does not exist opens empty", "holds 1 records"},
		{"the disk answers from somebody", joints{route: fromTarget}, "a log that does not exist opens empty", "want nobody"},
		{"new logs are repaired", joints{answer: repaired}, "a log that does not exist opens empty", "repaired by"},
		{"disks fail", joints{answer: failing}, "what was synced is there after a crash", "the disk failed"},
		{"disks forget", joints{disk: on("crash", func(l *tinyLog) { l.records = nil })}, "what was synced is there after a crash", "holds 0 records"},
		{"disks corrupt", joints{disk: on("crash", flip)}, "what was synced is there after a crash", "not as it was appended"},
		{"disks lose the front", joints{disk: on("crash", loseFront)}, "what was not synced is lost from the end only", "not as it was appended"},
		{"disks lose the last synced record", joints{disk: on("crash", loseSynced)}, "what was not synced is lost from the end only", "the log holds 29 records"},
		{"syncs are answered out of order", joints{route: reorder}, "each sync is answered, in order", "in order"},
		{"syncs are answered twice", joints{answer: func(_ *tiny, a []actors.Message) []actors.Message { return append(a, a...) }}, "each sync is answered, in order", "once each"},
		{"syncs are merged", joints{answer: merge()}, "syncs asked for during a sync are answered too", "once each"},
		{"reopening starts over", joints{disk: startOver()}, "a log goes on where it was reopened", "not as it was appended"},
		{"closing a log loses it", joints{disk: on("open", func(l *tinyLog) { l.records = nil })}, "the next owner of a log reads what the last one wrote", "holds 0 records"},
		{"answers name another log", joints{answer: otherLog}, "logs and nodes do not mix", "about log"},
		{"logs share their records", joints{disk: share()}, "logs and nodes do not mix", "not as it was appended"},
		{"logs are listed as they were opened", joints{answer: unsorted}, "the logs that were opened are listed", "the logs listed are"},
		{"crashes bring logs back", joints{store: graveyard()}, "a removed log is gone, also after a crash", "the logs listed are"},
		{"removals do nothing", joints{store: instead("remove log", func(*tiny, *tinyNode, string) {})}, "the name of a removed log can be used again", "holds 9 records"},
		{"only what exists is removed", joints{answer: failRemovals}, "to remove a log that does not exist succeeds", "no such log"},
		{"removals take a part", joints{store: instead("remove log", halve)}, "a crash during a removal leaves all of a log or nothing", "holds 4 records"},
		{"damage goes unnoticed", joints{store: instead("damage", func(*tiny, *tinyNode, string) {})}, "a damaged log gives what is intact, and says where something is missing", "want ErrCorrupt"},
		{"damaged logs give nothing", joints{answer: whenCorrupt(func(o *actors.LogOpened) { o.Records, o.Holes = nil, []int{0} })}, "a damaged log gives what is intact, and says where something is missing", "gave 0 records"},
		{"damaged logs do not say where", joints{answer: whenCorrupt(func(o *actors.LogOpened) { o.Holes = []int{0} })}, "a damaged log gives what is intact, and says where something is missing", "has holes at"},
		{"damaged logs are written", joints{answer: unfailing}, "a damaged log takes nothing more", "the sync of a damaged log answered"},
		{"damaged logs stay", joints{answer: failRemovals}, "a damaged log can be removed", "no such log"},
		{"files are lost", joints{store: instead("crash", func(_ *tiny, n *tinyNode, _ string) { clear(n.sealed) })}, "a sealed file is there, also after a crash", "the files listed are"},
		{"pieces are mixed up", joints{answer: mixUp}, "a sealed file is there, also after a crash", "piece 0"},
		{"drafts outlive a crash", joints{store: instead("crash", func(*tiny, *tinyNode, string) {})}, "a file that was not sealed leaves nothing", "the seal answered"},
		{"drafts can be read", joints{store: shownDrafts}, "a file that was not sealed leaves nothing", "the files listed are"},
		{"seals take a part", joints{store: instead("seal", sealHalf)}, "a crash during a seal leaves a whole file or nothing", "has 6 pieces"},
		{"sealed files change", joints{unsealed: true}, "a sealed file takes nothing more", "a sealed file was written"},
		{"files answer out of order", joints{route: reorder}, "what is asked about one file is answered in order", "the disk answered"},
		{"crashes bring files back", joints{store: resurrection()}, "a removed file is gone, also after a crash", "the files listed are"},
		{"drafts are not removed", joints{store: instead("remove file", func(_ *tiny, n *tinyNode, name string) { delete(n.sealed, name) })}, "a removed file frees its name", "answered"},
		{"damaged files are not there", joints{answer: absent}, "a damaged piece is told from a file that is not there", "want ErrCorrupt"},
		{"damaged pieces are served", joints{store: instead("damage", func(*tiny, *tinyNode, string) {})}, "a damaged piece is told from a file that is not there", "want ErrCorrupt"},
		{"nodes share their files", joints{store: sharedFiles}, "files and nodes do not mix", "has 5 pieces, want 2"},
	}
}

func startedFromNode2(_ *tiny, p *packet) bool {
	if _, ok := p.m.(actors.Started); ok {
		p.from.Node = 2
	}
	return true
}

func startedTwice(w *tiny, p *packet) bool {
	if _, ok := p.m.(actors.Started); ok {
		w.queue = append(w.queue, p)
	}
	return true
}

// toOldest keeps a name with the first actor that bore it.
func toOldest() func(*tiny, *packet) bool {
	first := map[actors.Ref]*tinyActor{}
	return func(w *tiny, p *packet) bool {
		if a := w.nodes[p.to.Node]; a != nil && a.actors[p.to.Name] != nil {
			if first[p.to] == nil {
				first[p.to] = a.actors[p.to.Name]
			}
			first[p.to].dead = false
			a.actors[p.to.Name] = first[p.to]
		}
		return true
	}
}

func fromTarget(_ *tiny, p *packet) bool {
	if _, ok := p.m.(actors.Started); !ok && p.from == (actors.Ref{}) {
		p.from = p.to
	}
	return true
}

func reorder(w *tiny, p *packet) bool {
	if _, ok := p.m.(actors.Started); !ok {
		p.at += time.Duration(w.random.IntN(10)) * time.Microsecond
	}
	return true
}

// every applies do to one packet in n.
func every(n int, do func(*tiny, *packet) bool) func(*tiny, *packet) bool {
	count := 0
	return func(w *tiny, p *packet) bool {
		if count++; count%n != 0 {
			return true
		}
		return do(w, p)
	}
}

func drop(*tiny, *packet) bool { return false }

func duplicate(w *tiny, p *packet) bool {
	w.queue = append(w.queue, p)
	return true
}

func duplicateTimers(w *tiny, p *packet) bool {
	if p.life != nil {
		w.queue = append(w.queue, p)
	}
	return true
}

func ghostToP(_ *tiny, p *packet) bool {
	p.to.Name = "p"
	return true
}

func cut(_ *tiny, p *packet) bool { return p.from.Node == 0 || p.from.Node == p.to.Node }

func onlySoon(_ *tiny, p *packet) bool { return p.at < time.Hour }

func backwards() func(*tiny) time.Duration {
	readings := 0
	return func(*tiny) time.Duration {
		readings++
		return time.Duration(1000-readings) * time.Second
	}
}

// on applies do to a log at one kind of operation.
func on(want string, do func(*tinyLog)) func(*tinyLog, string) {
	return func(l *tinyLog, op string) {
		if op == want {
			do(l)
		}
	}
}

func flip(l *tinyLog) {
	if len(l.records) > 5 {
		l.records[5] = bytes.Repeat([]byte{1}, 3)
	}
}

func loseFront(l *tinyLog) {
	if len(l.records) > 0 {
		l.records = l.records[1:]
	}
}

func loseSynced(l *tinyLog) {
	if n := len(l.synced); n > 0 {
		l.records = l.records[:n-1]
	}
}

// startOver drops the old records at the first append after opening.
func startOver() func(*tinyLog, string) {
	fresh := map[*tinyLog]bool{}
	return func(l *tinyLog, op string) {
		if op == "append" && fresh[l] {
			l.records = l.records[len(l.records)-1:]
		}
		fresh[l] = op == "open"
	}
}

// share writes every record to all logs it has met.
func share() func(*tinyLog, string) {
	met := map[*tinyLog]bool{}
	return func(l *tinyLog, op string) {
		met[l] = true
		if op != "append" {
			return
		}
		last := l.records[len(l.records)-1]
		for other := range met {
			if other != l {
				other.records = append(other.records, last)
			}
		}
	}
}

func repaired(_ *tiny, answers []actors.Message) []actors.Message {
	if opened, ok := answers[0].(actors.LogOpened); ok {
		opened.Repaired = 9
		answers[0] = opened
	}
	return answers
}

func failing(_ *tiny, answers []actors.Message) []actors.Message {
	if synced, ok := answers[0].(actors.LogSynced); ok {
		synced.Err = errors.New("no space left on device")
		answers[0] = synced
	}
	return answers
}

// merge answers only the last of several syncs.
func merge() func(*tiny, []actors.Message) []actors.Message {
	count := 0
	return func(_ *tiny, answers []actors.Message) []actors.Message {
		if _, ok := answers[0].(actors.LogSynced); ok {
			if count++; count%3 != 0 {
				return nil
			}
		}
		return answers
	}
}

func otherLog(_ *tiny, answers []actors.Message) []actors.Message {
	if synced, ok := answers[0].(actors.LogSynced); ok {
		synced.Log = "other"
		answers[0] = synced
	}
	return answers
}

func unsorted(_ *tiny, answers []actors.Message) []actors.Message {
	if listed, ok := answers[0].(actors.LogsListed); ok {
		slices.Reverse(listed.Logs)
	}
	return answers
}

// instead replaces one thing that a disk does.
func instead(op string, do func(*tiny, *tinyNode, string)) func(*tiny, *tinyNode, string, string) {
	return func(w *tiny, n *tinyNode, asked, name string) {
		if asked == op {
			do(w, n, name)
		} else {
			work(n, asked, name)
		}
	}
}

// graveyard keeps removed logs until a crash.
func graveyard() func(*tiny, *tinyNode, string, string) {
	removed := map[string]*tinyLog{}
	return func(_ *tiny, n *tinyNode, op, name string) {
		switch op {
		case "remove log":
			removed[name] = n.logs[name]
		case "crash":
			maps.Copy(n.logs, removed)
		}
		work(n, op, name)
	}
}

// resurrection keeps removed files until a crash.
func resurrection() func(*tiny, *tinyNode, string, string) {
	removed := map[string][][]byte{}
	return func(_ *tiny, n *tinyNode, op, name string) {
		switch op {
		case "remove file":
			removed[name] = n.sealed[name]
		case "crash":
			maps.Copy(n.sealed, removed)
		}
		work(n, op, name)
	}
}

func halve(_ *tiny, n *tinyNode, name string) {
	l := n.logs[name]
	l.records = l.records[:len(l.records)/2]
	l.synced = l.records
}

func sealHalf(_ *tiny, n *tinyNode, name string) {
	n.sealed[name] = n.drafts[name][:len(n.drafts[name])/2]
}

// shownDrafts seals a file whenever it is written.
func shownDrafts(_ *tiny, n *tinyNode, op, name string) {
	work(n, op, name)
	if op == "write" {
		n.sealed[name] = n.drafts[name]
	}
}

// sharedFiles gives all nodes the files of the one that crashes.
func sharedFiles(w *tiny, n *tinyNode, op, name string) {
	work(n, op, name)
	if op == "crash" {
		for _, other := range w.nodes {
			maps.Copy(other.sealed, n.sealed)
		}
	}
}

func failRemovals(_ *tiny, answers []actors.Message) []actors.Message {
	if removed, ok := answers[0].(actors.LogRemoved); ok {
		removed.Err = errors.New("no such log")
		answers[0] = removed
	}
	return answers
}

func unfailing(_ *tiny, answers []actors.Message) []actors.Message {
	if synced, ok := answers[0].(actors.LogSynced); ok {
		synced.Err = nil
		answers[0] = synced
	}
	return answers
}

// whenCorrupt applies do to what a damaged log gives.
func whenCorrupt(do func(*actors.LogOpened)) func(*tiny, []actors.Message) []actors.Message {
	return func(_ *tiny, answers []actors.Message) []actors.Message {
		if opened, ok := answers[0].(actors.LogOpened); ok && opened.Err != nil {
			do(&opened)
			answers[0] = opened
		}
		return answers
	}
}

func mixUp(w *tiny, answers []actors.Message) []actors.Message {
	if read, ok := answers[0].(actors.FileRead); ok && read.Pieces > 1 {
		read.Data = w.nodes[1].sealed[read.File][1]
		answers[0] = read
	}
	return answers
}

func absent(_ *tiny, answers []actors.Message) []actors.Message {
	if read, ok := answers[0].(actors.FileRead); ok && errors.Is(read.Err, actors.ErrCorrupt) {
		read.Err = actors.ErrNoFile
		answers[0] = read
	}
	return answers
}
