package disk

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/tidwall/wal"

	"github.com/understudy-kv/understudy/actors"
)

// batchBytes is the size at which a batch is handed to the wal though more waits. It
// bounds the copies that the wal makes; the sync is shared all the same.
const batchBytes = 4 << 20

// segments is what a log needs of the wal: [*wal.Log] without the rest of its methods,
// which we never call.
type segments interface {
	WriteBatch(*wal.Batch) error
	Sync() error
	ClearCache() error
	Close() error
	LastIndex() (uint64, error)
}

func openWAL(dir string, segmentBytes int) (segments, error) {
	return wal.Open(dir, &wal.Options{
		NoSync: true, SegmentSize: segmentBytes, SegmentCacheSize: 1, NoCopy: true,
		DirPerms: directoryMode, FilePerms: fileMode,
	})
}

type kind byte

const (
	toOpen kind = iota
	toAppend
	toSync
	toRemove
	toClose
)

// A request is one thing asked of a log.
type request struct {
	kind   kind
	record []byte
	mark   uint64
	post   func(actors.Message)
}

// A log is one log of a [Store] and the goroutine that works on it. Requests are
// carried out in order; everything that waits when the goroutine becomes free is
// one round and shares one sync.
type log struct {
	store *Store
	name  string
	dir   string

	mu      sync.Mutex
	wake    sync.Cond
	waiting []request
	ending  bool
	ended   chan struct{}

	// What follows belongs to the goroutine.

	writer *writer // nil before the log was opened
	err    error   // the first failure; nothing is done after it
	gone   bool    // it was removed, and not opened since
}

func newLog(s *Store, name string) *log {
	l := newInlineLog(s, name)
	l.ended = make(chan struct{})
	l.wake.L = &l.mu
	go l.run()
	return l
}

// newInlineLog returns a log without a goroutine: who owns it calls carryOut and seal.
func newInlineLog(s *Store, name string) *log {
	return &log{store: s, name: name, dir: filepath.Join(s.dir, logsDirectory, name)}
}

// ask queues r and reports whether the log will still look at it.
func (l *log) ask(r request) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ending {
		return false
	}
	l.ending = r.kind == toClose
	l.waiting = append(l.waiting, r)
	l.wake.Signal()
	return true
}

// end keeps the log from being asked for more, unless something waits, and reports
// whether it did.
func (l *log) end() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) > 0 || l.ending {
		return false
	}
	l.ending = true
	return true
}

// close ends the log after everything asked before and returns its failure.
func (l *log) close() error {
	l.ask(request{kind: toClose})
	<-l.ended
	l.forgive()
	return l.err
}

// run is the log's goroutine.
func (l *log) run() {
	defer close(l.ended)
	var round []request
	for ending := false; !ending; {
		round = l.take(round)
		ending = l.carryOut(round)
		clear(round) // the records are not ours to keep
		ending = ending || l.gone && l.store.retire(l)
	}
}

// take waits for requests and returns them, and leaves spent to be filled again.
// Before it waits it seals what has been synced.
func (l *log) take(spent []request) []request {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) == 0 {
		l.mu.Unlock()
		l.seal()
		l.mu.Lock()
	}
	for len(l.waiting) == 0 {
		l.wake.Wait()
	}
	round := l.waiting
	l.waiting = spent[:0]
	return round
}

// carryOut carries out a round of requests and reports whether it was the last.
func (l *log) carryOut(round []request) (ending bool) {
	var syncs []request
	for _, r := range round {
		switch r.kind {
		case toAppend:
			l.append(r.record)
		case toSync:
			syncs = append(syncs, r)
		case toOpen:
			l.commit(syncs)
			syncs = syncs[:0]
			l.open(r)
		case toRemove:
			l.commit(syncs)
			syncs = syncs[:0]
			r.post(actors.LogRemoved{Log: l.name, Err: l.remove()})
		case toClose:
			l.commit(syncs)
			l.release()
			return true
		}
	}
	l.commit(syncs)
	return false
}

// append adds a record to the batch of the round.
func (l *log) append(record []byte) {
	if l.err == nil {
		l.fail(l.writer.append(record))
	}
}

// commit writes out the batch of the round, syncs once for all syncs and answers
// them in order.
func (l *log) commit(syncs []request) {
	if l.err == nil && l.writer != nil {
		l.fail(l.writer.write())
	}
	if len(syncs) == 0 {
		return
	}
	if l.err == nil {
		l.fail(l.writer.sync())
	}
	for _, r := range syncs {
		r.post(actors.LogSynced{Log: l.name, Mark: r.mark, Err: l.err})
	}
}

// open recovers the log and answers with what it holds. If another actor had opened
// it before, everything that one wrote is made durable first.
func (l *log) open(r request) {
	l.release()
	l.forgive()
	l.gone = false
	var found *recovered
	if l.err == nil {
		var err error
		l.writer, found, err = l.reopen()
		l.fail(err)
	}
	switch {
	case l.err == nil:
		r.post(actors.LogOpened{Log: l.name, Records: found.records, Repaired: found.repaired})
	case errors.Is(l.err, actors.ErrCorrupt):
		r.post(l.salvage())
	default:
		r.post(actors.LogOpened{Log: l.name, Err: l.err})
	}
}

// salvage is the answer about a log that is corrupt.
func (l *log) salvage() actors.LogOpened {
	salt, _ := l.store.registry.find(l.name) // it is listed, or it would be new
	left, err := salvageLog(l.dir, salt, maxSegmentBytes(l.store.segmentBytes))
	if err != nil {
		return actors.LogOpened{Log: l.name, Err: fmt.Errorf("log %s in %s: %w", l.name, l.store.dir, err)}
	}
	return actors.LogOpened{Log: l.name, Records: left.records, Holes: left.holes, Err: l.err}
}

// forgive forgets that the log is corrupt: it may be looked at again, and removed.
func (l *log) forgive() {
	if errors.Is(l.err, actors.ErrCorrupt) {
		l.err = nil
	}
}

// remove removes the log from the identity and then from the directory: what a crash
// in between leaves is removed when the directory is opened.
func (l *log) remove() error {
	l.release()
	l.forgive()
	if l.err != nil {
		return l.err
	}
	err := l.store.registry.unlist(l.name)
	if err == nil {
		err = removeDurably(l.store.volume, l.dir)
	}
	l.fail(err)
	l.gone = l.err == nil
	return l.err
}

func (l *log) reopen() (*writer, *recovered, error) {
	salt, listed := l.store.registry.find(l.name)
	var found *recovered
	var err error
	if listed {
		found, err = recoverLog(l.store.volume, l.dir, salt, l.store.segmentBytes)
	} else {
		found, err = createLog(l.store.volume, l.dir)
	}
	if err != nil {
		return nil, nil, err
	}
	// 9. Open the wal.
	w, err := newWriter(l.store.volume, l.dir, found, l.store.segmentBytes, l.store.openWAL)
	if err != nil {
		return nil, nil, err
	}
	return w, found, l.store.registry.list(listing{l.name, found.floor.salt})
}

// seal leaves a proof in the log of what has been synced.
func (l *log) seal() {
	if l.err == nil && l.writer != nil {
		l.fail(l.writer.seal())
	}
}

// release gives the files back in order. After a failure they are abandoned instead:
// to close them would sync again.
func (l *log) release() {
	if l.err == nil && l.writer != nil {
		l.fail(l.writer.close())
	}
	l.writer = nil
}

// fail remembers the first failure.
func (l *log) fail(err error) {
	if err != nil && l.err == nil {
		l.err = fmt.Errorf("log %s in %s: %w", l.name, l.store.dir, err)
	}
}
