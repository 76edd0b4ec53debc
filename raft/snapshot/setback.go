package snapshot

import (
	"math/bits"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft/journal"
)

// A setback is what a group remembers of fetches that failed, until one succeeds.
// Leaders repeat their offers many times a second: to follow each of them would wear
// out the disks and the logs of both nodes, and change nothing.
type setback struct {
	key   key
	from  actors.NodeID
	times uint64        // in a row
	until time.Duration // the same snapshot is not fetched from there before
}

// setBack notes that f failed, and reports whether that is worth a line in the log:
// the first time, and then ever more seldom.
func (k *Keeper) setBack(ctx actors.Context, f *fetch) (worthTelling bool) {
	s := k.setbacks[f.group]
	s.key, s.from = f.key, f.from
	s.times++
	pause := k.config.Retry
	for n := s.times; n > 1 && pause < k.config.Idle; n-- {
		pause *= 2
	}
	half := min(pause, k.config.Idle) / 2
	s.until = ctx.Now() + half + time.Duration(ctx.Rand()%uint64(half))
	k.setbacks[f.group] = s
	return bits.OnesCount64(s.times) == 1
}

// pausing reports whether it is too early to fetch that snapshot from there again.
// Another one, or another node, may be better: they are tried at once.
func (k *Keeper) pausing(now time.Duration, wanted *fetch) bool {
	s := k.setbacks[wanted.group]
	return s.key == wanted.key && s.from == wanted.from && now < s.until
}

// succeeded forgets the setbacks of a group.
func (k *Keeper) succeeded(g journal.GroupID) { delete(k.setbacks, g) }
