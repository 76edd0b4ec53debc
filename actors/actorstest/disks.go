package actorstest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/understudy-kv/understudy/actors"
)

var diskChecks = []Check{
	{"a log that does not exist opens empty", opensEmpty},
	{"what was synced is there after a crash", syncedSurvives},
	{"what was not synced is lost from the end only", unsyncedIsLostFromTheEnd},
	{"each sync is answered, in order", syncsAnswerInOrder},
	{"syncs asked for during a sync are answered too", syncsShareTheNext},
	{"a log goes on where it was reopened", appendsContinue},
	{"the next owner of a log reads what the last one wrote", nextOwnerReads},
	{"logs and nodes do not mix", logsAreSeparate},
}

const logName = "journal-1"

// A keeper is an actor that opens a log when it starts, and carries out jobs.
type keeper struct {
	probe
	log string
	// opened and synced are jobs run when the disk answers.
	opened func(d actors.Disk)
	synced func(d actors.Disk, mark uint64)
}

// a job is posted to a keeper, which runs it on its disk.
type job func(d actors.Disk)

// String keeps reports readable.
func (job) String() string { return "job" }

func newKeeper(log string) *keeper {
	k := &keeper{log: log}
	k.script = func(ctx actors.Context, from actors.Ref, m actors.Message) {
		switch m := m.(type) {
		case actors.Started:
			ctx.Disk().OpenLog(k.log)
		case actors.LogOpened:
			k.answered(from, m.Log, m.Err)
			if k.opened != nil {
				k.opened(ctx.Disk())
			}
		case actors.LogSynced:
			k.answered(from, m.Log, m.Err)
			if k.synced != nil {
				k.synced(ctx.Disk(), m.Mark)
			}
		case job:
			m(ctx.Disk())
		}
	}
	return k
}

func (k *keeper) answered(from actors.Ref, log string, err error) {
	if from != (actors.Ref{}) {
		k.fail("the disk answered from %v, want nobody", from)
	}
	if log != k.log {
		k.fail("the disk answered about log %q, want %q", log, k.log)
	}
	if err != nil {
		k.fail("the disk failed: %w", err)
	}
}

// open starts k on that node and waits until its log is open.
func (k *keeper) open(w World, node actors.NodeID) error {
	w.Spawn(node, "keeper", k)
	return settle(w, "LogOpened", func() bool { return len(received[actors.LogOpened](&k.probe)) > 0 })
}

// await waits until the sync of that mark has been answered.
func (k *keeper) await(w World, mark uint64) error {
	return settle(w, fmt.Sprintf("LogSynced with mark %d", mark), func() bool {
		return slices.Contains(k.marks(), mark)
	})
}

// records returns what the log held when it was opened.
func (k *keeper) records() [][]byte {
	if opened := received[actors.LogOpened](&k.probe); len(opened) > 0 {
		return opened[0].Records
	}
	return nil
}

// marks returns the marks of the syncs answered so far.
func (k *keeper) marks() []uint64 {
	var marks []uint64
	for _, synced := range received[actors.LogSynced](&k.probe) {
		marks = append(marks, synced.Mark)
	}
	return marks
}

// record returns the record of that number. Sizes go from nothing to some pages.
func record(number int) []byte {
	sizes := []int{5, 0, 1, 100, 3, 5000, 512, 27, 4096, 30000}
	return bytes.Repeat([]byte{byte(number), byte(number >> 8), 'r'}, sizes[number%len(sizes)])
}

// appendRecords appends the records first to last.
func appendRecords(d actors.Disk, log string, first, last int) {
	for number := first; number <= last; number++ {
		d.AppendLog(log, record(number))
	}
}

// holds describes how got is not a beginning of records 1 to most that has at least
// least of them.
func holds(got [][]byte, least, most int) error {
	for i, r := range got {
		if !bytes.Equal(r, record(i+1)) {
			return fmt.Errorf("record %d of %d is not as it was appended", i+1, len(got))
		}
	}
	if len(got) < least || len(got) > most {
		return fmt.Errorf("the log holds %d records, want %d to %d", len(got), least, most)
	}
	return nil
}

func opensEmpty(w World) error {
	k := newKeeper(logName)
	if err := k.open(w, 1); err != nil {
		return errors.Join(err, k.err())
	}
	opened := received[actors.LogOpened](&k.probe)[0]
	if opened.Repaired != 0 {
		k.fail("a new log was repaired by %d bytes", opened.Repaired)
	}
	return errors.Join(k.err(), holds(k.records(), 0, 0))
}

// relive crashes and restarts the node, and opens the log again.
func relive(w World, node actors.NodeID) (*keeper, error) {
	w.Crash(node)
	w.Restart(node)
	k := newKeeper(logName)
	err := k.open(w, node)
	return k, err
}

func syncedSurvives(w World) error {
	const n = 25
	k := newKeeper(logName)
	k.opened = func(d actors.Disk) {
		appendRecords(d, logName, 1, n)
		d.SyncLog(logName, 1)
	}
	err := k.open(w, 1)
	err = errors.Join(err, k.await(w, 1), k.err())
	if err != nil {
		return err
	}
	for range 2 {
		again, failed := relive(w, 1)
		err = errors.Join(err, failed, again.err(), holds(again.records(), n, n))
	}
	return err
}

func unsyncedIsLostFromTheEnd(w World) error {
	const synced, written, asked = 10, 20, 30
	k := newKeeper(logName)
	k.opened = func(d actors.Disk) {
		appendRecords(d, logName, 1, synced)
		d.SyncLog(logName, 1)
	}
	k.synced = func(d actors.Disk, mark uint64) {
		if mark == 1 {
			appendRecords(d, logName, synced+1, written)
		}
	}
	err := errors.Join(k.open(w, 1), k.await(w, 1), k.err())
	if err != nil {
		return err
	}
	// The last of them may be on their way when the node crashes.
	w.Post(actors.Ref{Node: 1, Name: "keeper"}, job(func(d actors.Disk) {
		appendRecords(d, logName, written+1, asked)
		d.SyncLog(logName, 2)
	}))
	err = settle(w, "the last appends", func() bool { return len(received[job](&k.probe)) > 0 })
	again, failed := relive(w, 1)
	least := synced
	if slices.Contains(k.marks(), 2) {
		least = asked
	}
	return errors.Join(err, failed, k.err(), again.err(), holds(again.records(), least, asked))
}

func syncsAnswerInOrder(w World) error {
	const n = 40
	k := newKeeper(logName)
	k.opened = func(d actors.Disk) {
		for _, mark := range upTo(n) {
			if mark%3 != 0 { // a sync with nothing new is answered as well
				appendRecords(d, logName, int(mark), int(mark))
			}
			d.SyncLog(logName, mark)
		}
	}
	err := errors.Join(k.open(w, 1), k.await(w, n))
	return errors.Join(err, k.err(), sameNumbers("marks", k.marks(), n))
}

// syncsShareTheNext asks for more syncs with each answer, so that many are asked
// for while one runs.
func syncsShareTheNext(w World) error {
	const n, burst = 60, 6
	asked := 0
	ask := func(d actors.Disk) {
		for range burst {
			if asked < n {
				asked++
				appendRecords(d, logName, asked, asked)
				d.SyncLog(logName, uint64(asked))
			}
		}
	}
	k := newKeeper(logName)
	k.opened = ask
	k.synced = func(d actors.Disk, _ uint64) { ask(d) }
	err := errors.Join(k.open(w, 1), k.await(w, n), k.err(), sameNumbers("marks", k.marks(), n))
	if err != nil {
		return err
	}
	again, failed := relive(w, 1)
	return errors.Join(failed, again.err(), holds(again.records(), n, n))
}

func appendsContinue(w World) error {
	const rounds, each = 4, 12
	k := newKeeper(logName)
	err := k.open(w, 1)
	for round := range rounds {
		first, last, mark := round*each+1, (round+1)*each, uint64(round+100)
		w.Post(actors.Ref{Node: 1, Name: "keeper"}, job(func(d actors.Disk) {
			appendRecords(d, logName, first, last)
			d.SyncLog(logName, mark)
		}))
		err = errors.Join(err, k.await(w, mark), k.err())
		if err != nil {
			return err
		}
		k, err = relive(w, 1)
		err = errors.Join(err, k.err(), holds(k.records(), last, last))
	}
	return err
}

// nextOwnerReads stops the owner of a log, without a crash, and starts another.
func nextOwnerReads(w World) error {
	const n = 10
	k := newKeeper(logName)
	k.opened = func(d actors.Disk) {
		appendRecords(d, logName, 1, n)
		d.SyncLog(logName, 1)
	}
	err := errors.Join(k.open(w, 1), k.await(w, 1), k.err())
	if err != nil {
		return err
	}
	next := newKeeper(logName)
	next.opened = func(d actors.Disk) {
		appendRecords(d, logName, n+1, 2*n)
		d.SyncLog(logName, 2)
	}
	w.Spawn(1, "stopper", &probe{script: func(ctx actors.Context, _ actors.Ref, _ actors.Message) {
		ctx.Stop(actors.Ref{Node: 1, Name: "keeper"})
		ctx.Spawn("keeper", next)
	}})
	err = errors.Join(next.await(w, 2), next.err(), holds(next.records(), n, n))
	if err != nil {
		return err
	}
	again, failed := relive(w, 1)
	return errors.Join(failed, again.err(), holds(again.records(), 2*n, 2*n))
}

// logsAreSeparate keeps one log of two names on one node and one more on another.
func logsAreSeparate(w World) error {
	const n = 7
	write := func(k *keeper, records int) {
		k.opened = func(d actors.Disk) {
			appendRecords(d, k.log, 1, records)
			d.SyncLog(k.log, 1)
		}
	}
	one, other, far := newKeeper(logName), newKeeper("journal-2"), newKeeper(logName)
	write(one, n)
	write(other, 2*n)
	write(far, 3*n)
	w.Spawn(1, "other", other)
	err := errors.Join(one.open(w, 1), far.open(w, 2), one.await(w, 1), other.await(w, 1), far.await(w, 1),
		one.err(), other.err(), far.err(), holds(one.records(), 0, 0), holds(far.records(), 0, 0))
	if err != nil {
		return err
	}
	again, failed := relive(w, 1)
	farAgain, farFailed := relive(w, 2)
	return errors.Join(failed, farFailed, again.err(), farAgain.err(),
		holds(again.records(), n, n), holds(farAgain.records(), 3*n, 3*n))
}
