package picture

import (
	"time"
)

// A rowKind says what a row of the record is. The page knows the kinds by these
// numbers.
type rowKind uint8

const (
	send    rowKind = iota // a packet leaves for another node
	receive                // an actor handles a packet
	local                  // an actor handles a message from its own node, or from the harness
	timer                  // an actor handles its timer
	ask                    // an actor asks its disk
	answer                 // an actor handles the answer of its disk
	apply                  // a replica applies an entry
	crash
	restart
	pause
	resume
	halt
	panicked
	clock
	note // of the harness
	mark // an actor reached a rare branch
	rowKinds
)

// rowKindNames are how the page calls the kinds.
var rowKindNames = [rowKinds]string{
	"send", "receive", "local", "timer", "disk", "disk answer", "apply", "crash", "restart", "pause", "resume",
	"halt", "panic", "clock", "note", "mark",
}

// none is the number of no row.
const none = 0

// A row is one thing that happened, in the order of the run. Row 0 is a stand-in for
// none.
type row struct {
	at      time.Duration
	kind    rowKind
	actor   int    // who did it: a number of lanes; 0 is nobody
	other   int    // the other end of a message
	group   uint64 // which Raft group it is about; 0 is none
	word    int    // what kind of message, or what was asked of a disk: a number of rows.words
	cause   int    // the row that this one follows from: what was sent, or whom the sender was answering
	text    int    // a number of rows.texts
	applied uint64 // the index, of an apply
}

// rows are the record.
type rows struct {
	list  []row
	texts texts
	words names
}

func (r *rows) init() {
	r.texts.init()
	r.words.init()
	r.list = []row{{}}
	r.texts.add("")
}

// add appends a row with a text of its own, and returns its number.
func (r *rows) add(one row, text string) int {
	one.text = r.texts.add(text)
	r.list = append(r.list, one)
	return len(r.list) - 1
}

// about says of a row which group it concerns and which word names it.
func (r *rows) about(number int, group uint64, word string) {
	r.list[number].group = group
	r.list[number].word = r.words.number(word)
}

// names are strings, each kept once.
type names struct {
	list   []string
	byName map[string]int
}

func (n *names) init() {
	n.byName = map[string]int{}
	n.number("")
}

// number returns the number of a name, which it gets when it is new.
func (n *names) number(name string) int {
	i, known := n.byName[name]
	if !known {
		i = len(n.list)
		n.list = append(n.list, name)
		n.byName[name] = i
	}
	return i
}
