package journal

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// generation is the only generation there is so far.
const generation = 1

// logName is what a generation is called on disk.
func logName(generation uint64) string { return fmt.Sprintf("journal-%d", generation) }

// A Config describes a journal.
type Config struct {
	// Owner is sent [Recovered], and starts the peers only then.
	Owner actors.Ref
}

// A Journal is the actor that writes the log. Create one with [New].
type Journal struct {
	owner   actors.Ref
	log     string
	tails   map[GroupID]*tail // what appends are checked against; nil until the log is open
	waiting []Append          // not written yet, in the order received
	senders []actors.Ref      // of waiting
	syncing []reply           // to be sent when the running sync is done
	running bool              // a sync is running
	mark    uint64            // of the newest sync
}

// A reply is a Saved and whom it goes to.
type reply struct {
	to    actors.Ref
	saved Saved
}

// New returns a journal that opens its log when it is started.
func New(c Config) *Journal {
	return &Journal{owner: c.Owner, log: logName(generation)}
}

// Receive collects appends; [Journal.Flush] writes them.
func (j *Journal) Receive(ctx actors.Context, from actors.Ref, m actors.Message) {
	switch m := m.(type) {
	case actors.Started:
		ctx.Disk().OpenLog(j.log)
	case actors.LogOpened:
		j.opened(ctx, m)
	case Append:
		j.gather(from, m)
	case actors.LogSynced:
		j.synced(ctx, m)
	}
}

// Flush writes what has gathered, unless the disk is busy: then more may gather.
func (j *Journal) Flush(ctx actors.Context) {
	if !j.running && len(j.waiting) > 0 {
		j.write(ctx.Disk())
	}
}

// opened recovers, by the numbered steps of docs/journal.md.
func (j *Journal) opened(ctx actors.Context, m actors.LogOpened) {
	if m.Err != nil { // step 1
		ctx.Halt(fmt.Errorf("journal: open log %s: %w", j.log, m.Err))
		return
	}
	if m.Repaired > 0 {
		ctx.Log().Info("cut an unfinished write from the end of the journal", "log", j.log, "bytes", m.Repaired)
	}
	replay, err := j.replay(ctx.Disk(), m.Records)
	if err != nil { // step 5
		ctx.Halt(fmt.Errorf("journal: log %s: %w", j.log, err))
		return
	}
	ctx.Send(j.owner, Recovered{States: replay.States()}) // step 6
	j.tails = replay.tails()                              // step 7
}

func (j *Journal) replay(disk actors.Disk, records [][]byte) (*Replay, error) {
	replay := &Replay{}
	if len(records) == 0 { // step 2
		disk.AppendLog(j.log, appendHeader(nil, generation))
		return replay, nil
	}
	if err := checkHeader(records[0], generation); err != nil { // step 3
		return nil, fmt.Errorf("record 1: %w", err)
	}
	for i, record := range records[1:] { // step 4
		if err := replay.Add(record); err != nil {
			return nil, fmt.Errorf("record %d: %w", i+2, err)
		}
	}
	return replay, nil
}

// gather takes an append that the next batch will hold. What it refuses here it
// would refuse at recovery, when it is too late.
func (j *Journal) gather(from actors.Ref, a Append) {
	assert(j.tails != nil, "append of group %d before the journal was recovered", a.Group)
	assert(a.Group != 0, "append of no group from %v", from)
	t := j.tails[a.Group]
	if t == nil {
		t = &tail{}
		j.tails[a.Group] = t
	}
	assert(a.Save.Number > t.number, "group %d: save %d after save %d", a.Group, a.Save.Number, t.number)
	err := t.extend(a.Save)
	assert(err == nil, "group %d: save %d: %v", a.Group, a.Save.Number, err)
	t.number = a.Save.Number
	j.waiting = append(j.waiting, a)
	j.senders = append(j.senders, from)
}

// write writes all that waits and asks for one sync.
func (j *Journal) write(disk actors.Disk) {
	for _, record := range pack(j.waiting, MaxBatchBytes) {
		disk.AppendLog(j.log, record)
	}
	j.mark++
	disk.SyncLog(j.log, j.mark)
	j.running = true
	j.syncing = replies(j.waiting, j.senders)
	clear(j.waiting) // the entries are not the journal's to hold any longer
	j.waiting, j.senders = j.waiting[:0], j.senders[:0]
}

// replies returns one reply for each group, for the last of its appends.
func replies(appends []Append, senders []actors.Ref) []reply {
	var list []reply
	at := make(map[GroupID]int)
	for i, a := range appends {
		k, known := at[a.Group]
		if !known {
			k = len(list)
			at[a.Group] = k
			list = append(list, reply{})
		}
		list[k] = reply{senders[i], Saved{a.Group, a.Save.Number}}
	}
	return list
}

// synced passes on that a batch is durable. What gathered meanwhile is written in
// the coming Flush.
func (j *Journal) synced(ctx actors.Context, m actors.LogSynced) {
	if m.Err != nil {
		// The sync counts as running for ever: nothing is written after a failure.
		ctx.Halt(fmt.Errorf("journal: sync log %s: %w", j.log, m.Err))
		return
	}
	assert(j.running && m.Mark == j.mark, "sync %d is done; sync %d was asked for", m.Mark, j.mark)
	j.running = false
	for _, r := range j.syncing {
		ctx.Send(r.to, r.saved)
	}
	j.syncing = nil
}

// assert panics unless ok: to go on would be to forget a promise.
func assert(ok bool, format string, args ...any) {
	if !ok {
		panic("journal: " + fmt.Sprintf(format, args...))
	}
}
