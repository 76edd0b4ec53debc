package journal

import (
	"errors"
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A recovery is a journal that is being opened. The steps are those of
// docs/journal.md.
type recovery struct {
	left   []generation // not opened yet, the newest first
	read   []image      // opened and not what counts, or not alone; the newest first
	damage error        // why a log is not whole
}

// An image is what one log was found to hold.
type image struct {
	generation
	records [][]byte
}

// listed begins with the newest of the generations there are.
func (j *Journal) listed(ctx actors.Context, m actors.LogsListed) {
	if m.Err != nil {
		j.fail(ctx, fmt.Errorf("list logs: %w", m.Err))
		return
	}
	list := generations(m.Logs) // step 1
	if len(list) == 0 {
		list = []generation{newGeneration(1)}
	}
	j.highest = list[0].number
	j.recovery.left = list
	ctx.Disk().OpenLog(list[0].log)
}

func (j *Journal) opened(ctx actors.Context, m actors.LogOpened) {
	switch {
	case m.Err != nil && (j.recovery == nil || j.next != nil || !errors.Is(m.Err, actors.ErrCorrupt)):
		j.fail(ctx, fmt.Errorf("open log %s: %w", m.Log, m.Err))
	case j.next != nil:
		j.begun(ctx, m)
	default:
		j.judge(ctx, m)
	}
}

// judge decides what a log is good for.
func (j *Journal) judge(ctx actors.Context, m actors.LogOpened) {
	r := j.recovery
	i := image{r.left[0], m.Records}
	r.left = r.left[1:]
	if m.Repaired > 0 {
		ctx.Mark(markTailRepaired)
		ctx.Log().Info("cut an unfinished write from the end of the journal", "log", m.Log, "bytes", m.Repaired)
	}
	if m.Err != nil { // step 4
		ctx.Log().Error("the journal is damaged: something that was durable is lost", "log", m.Log,
			"records", len(m.Records), "holes", len(m.Holes), "error", m.Err)
		r.damage = m.Err
		j.older(ctx, i)
		return
	}
	replay, err := j.replayed(&i) // step 2
	switch {
	case err != nil:
		j.fail(ctx, fmt.Errorf("log %s: %w", m.Log, err))
	case replay.complete && r.damage == nil: // step 3
		j.take(ctx, i, replay)
	case replay.complete:
		r.read = append(r.read, i)
		j.salvage(ctx)
	default:
		j.older(ctx, i)
	}
}

// replayed folds the records of an intact log. A journal that has nothing but an
// empty first generation is new.
func (j *Journal) replayed(i *image) (*Replay, error) {
	replay := &Replay{}
	if len(i.records) == 0 {
		replay.complete = i.number == 1 && len(j.recovery.read) == 0
		return replay, nil
	}
	for n, record := range i.records {
		past := !replay.complete
		if err := replay.Add(record); err != nil {
			return nil, fmt.Errorf("record %d: %w", n+1, err)
		}
		i.bytes += len(record)
		if past {
			i.past = i.bytes
		}
	}
	if replay.generation != i.number {
		return nil, fmt.Errorf("%w: it holds generation %d", ErrMalformed, replay.generation)
	}
	return replay, nil
}

// older goes on with the generation before i.
func (j *Journal) older(ctx actors.Context, i image) {
	r := j.recovery
	r.read = append(r.read, i)
	switch {
	case len(r.left) > 0:
		ctx.Disk().OpenLog(r.left[0].log)
	case r.damage != nil:
		j.salvage(ctx)
	default:
		j.fail(ctx, fmt.Errorf("log %s: %w: no generation is complete", i.log, ErrMalformed))
	}
}

// take goes on with the newest generation that is complete. All others are of no
// use: older ones have been replaced, newer ones were never finished.
func (j *Journal) take(ctx actors.Context, i image, replay *Replay) {
	if len(j.recovery.read) > 0 {
		ctx.Mark(markUnfinishedDropped)
	}
	if len(j.recovery.left) > 0 {
		ctx.Mark(markReplacedLeft)
	}
	j.current, j.replay = i.generation, replay
	j.obsolete = j.logs()
	j.clean(ctx.Disk())
	if len(i.records) == 0 {
		j.current.append(ctx.Disk(), appendHeader(nil, i.number, false))
	}
	j.finish(ctx)
}

// logs returns the logs that recovery has come across and did not take.
func (j *Journal) logs() (list []string) {
	for _, i := range j.recovery.read {
		list = append(list, i.log)
	}
	for _, g := range j.recovery.left {
		list = append(list, g.log)
	}
	return list
}

// salvage takes what can be read of damaged logs, the oldest first, into a new
// generation. The journal takes appends when that is durable, and no sooner.
func (j *Journal) salvage(ctx actors.Context) {
	r := j.recovery
	ctx.Mark(markSalvaged)
	j.replay = &Replay{lossy: true}
	for n := len(r.read) - 1; n >= 0; n-- { // step 5
		for k, record := range r.read[n].records {
			if err := j.replay.salvage(record); err != nil {
				j.fail(ctx, fmt.Errorf("log %s: record %d of those that can be read: %w", r.read[n].log, k+1, err))
				return
			}
		}
	}
	j.begin(ctx.Disk()) // step 6
}

// finish hands over what was found.
func (j *Journal) finish(ctx actors.Context) {
	for _, g := range j.replay.groups { // any order: each by itself
		g.detach()
	}
	found := j.recovery.damage != nil
	j.recovery = nil
	ctx.Send(j.config.Owner, Recovered{States: j.replay.States(), Damaged: j.replay.lossy, Found: found})
}
