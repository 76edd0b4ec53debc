package peer

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/raft"
)

// wake is what a peer sends itself when its replica must be stepped even if
// nothing else happens.
type wake struct{}

// An alarm is the one timer of a peer. A deadline that moves away, as that of a
// follower does with every heartbeat, leaves the timer alone: when it rings the
// replica has nothing to do and the alarm is set to the deadline of that moment.
type alarm struct {
	at     time.Duration
	cancel func() // nil unless the alarm is set
}

// set makes the alarm ring at the deadline or earlier. A replica that waits for
// nothing has no timer.
func (a *alarm) set(ctx actors.Context, deadline time.Duration) {
	if deadline == raft.Never {
		a.stop()
		return
	}
	if a.cancel != nil {
		if a.at <= deadline {
			return
		}
		a.cancel()
	}
	a.at = deadline
	a.cancel = ctx.After(max(deadline-ctx.Now(), 0), wake{})
}

func (a *alarm) stop() {
	if a.cancel != nil {
		a.cancel()
		a.cancel = nil
	}
}

// rang notes that the timer has gone off.
func (a *alarm) rang() { a.cancel = nil }
