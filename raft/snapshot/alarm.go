package snapshot

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
)

// wake is what a keeper sends itself when something is due.
type wake struct{}

// never is the deadline of what is not waited for.
const never time.Duration = 1<<63 - 1

// An alarm is the one timer of a keeper. A deadline that moves away leaves the timer
// alone: when it rings there is nothing to do and it is set anew. Without a deadline
// there is no timer.
type alarm struct {
	at     time.Duration
	cancel func() // nil unless the alarm is set
}

// set makes the alarm ring at the deadline or earlier.
func (a *alarm) set(ctx actors.Context, deadline time.Duration) {
	if a.cancel != nil {
		if a.at <= deadline && deadline != never {
			return
		}
		a.cancel()
		a.cancel = nil
	}
	if deadline != never {
		a.at = deadline
		a.cancel = ctx.After(max(deadline-ctx.Now(), 0), wake{})
	}
}

// rang notes that the timer has gone off.
func (a *alarm) rang() { a.cancel = nil }

// deadline is when the keeper must do something even if nothing happens.
func (k *Keeper) deadline(now time.Duration) time.Duration {
	first := k.sender.deadline(k.config, now)
	for _, f := range k.running() {
		first = min(first, f.deadline())
	}
	return first
}
