package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/understudy-kv/understudy/sim/campaign"
)

// A rehearsal carries out the work of a campaign, many worlds at a time.
type rehearsal struct {
	work    campaign.Work
	workers int
	budget  time.Duration // of real time, after which no run is begun; 0 is without end
	enough  int           // runs that fail, after which no more are wanted; 0 is all
	share   float64       // of the runs that are repeated
	twin    twin          // who repeats them
}

// maxAhead is how many runs may be done before their turn to be counted, while a slow
// one is waited for.
const maxAhead = 4096

// Why a rehearsal stops early.
var (
	errTimeUp = errors.New("the time is up")
	errEnough = errors.New("enough runs failed")
)

// run hands each outcome to count, one at a time and in the order of the work, so that
// what is said does not depend on the machine; in between it calls tick, every so often.
// It returns why it ended, with an error if that is Broken.
func (r rehearsal) run(ctx context.Context, count func(campaign.Outcome), every time.Duration, tick func()) (campaign.End, error) {
	working, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if r.budget > 0 {
		alarm := time.AfterFunc(r.budget, func() { stop(errTimeUp) })
		defer alarm.Stop()
	}
	turns := make(chan struct{}, maxAhead)
	done := r.begin(working, stop, turns)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	in := sequence{work: r.work, early: map[campaign.Run]campaign.Outcome{}, count: r.until(count, stop)}
	for {
		select {
		case <-ticker.C:
			tick()
		case o, more := <-done:
			if !more {
				return r.end(working, in.next)
			}
			for range in.add(o) {
				<-turns
			}
		}
	}
}

// until returns count for as long as not enough runs have failed. Later ones may have
// been done all the same, which depends on the machine: they are not counted.
func (r rehearsal) until(count func(campaign.Outcome), stop context.CancelCauseFunc) func(campaign.Outcome) {
	failed := 0
	return func(o campaign.Outcome) {
		if r.enough > 0 && failed >= r.enough {
			return
		}
		count(o)
		if !o.Passed() {
			if failed++; failed == r.enough {
				stop(errEnough)
			}
		}
	}
}

// end turns the cause for which the work ended after so many runs into words.
func (r rehearsal) end(working context.Context, done int) (campaign.End, error) {
	switch cause := context.Cause(working); {
	case errors.Is(cause, errEnough):
		return campaign.Enough, nil
	case done == r.work.Len():
		return campaign.Complete, nil
	case errors.Is(cause, errTimeUp):
		return campaign.TimeUp, nil
	case errors.Is(cause, context.Canceled), errors.Is(cause, context.DeadlineExceeded):
		return campaign.Interrupted, nil
	default:
		return campaign.Broken, cause
	}
}

// begin starts the workers. Whoever reads the outcomes takes one from turns for each
// that has been counted. What was begun is finished, whatever happens.
func (r rehearsal) begin(working context.Context, stop context.CancelCauseFunc, turns chan<- struct{}) <-chan campaign.Outcome {
	next := make(chan int)
	done := make(chan campaign.Outcome)
	var workers sync.WaitGroup
	for range r.workers {
		workers.Go(func() {
			for i := range next {
				o, err := r.rehearse(i)
				if err != nil {
					stop(err)
				}
				done <- o
			}
		})
	}
	go func() {
		defer close(done)
		defer workers.Wait()
		defer close(next)
		for i := 0; i < r.work.Len() && working.Err() == nil; i++ {
			select {
			case turns <- struct{}{}:
				next <- i
			case <-working.Done():
			}
		}
	}()
	return done
}

// rehearse does one run, and does it again elsewhere if it is its turn.
func (r rehearsal) rehearse(i int) (campaign.Outcome, error) {
	run := r.work.At(i)
	defer func() {
		if broken := recover(); broken != nil {
			panic(fmt.Sprintf("%s: %v", r.work.Replay(run), broken)) // the simulator itself is broken
		}
	}()
	began := time.Now()
	p := r.work.Plan(run)
	report := stage.Run(p)
	o := campaign.NewOutcome(run, report, time.Since(began))
	if !campaign.Repeats(i, r.share) {
		return o, nil
	}
	difference, err := repeat(r.twin, p, report.Hash)
	if err != nil {
		return o, fmt.Errorf("cannot repeat a run, as '%s', in another process: %w; --repeat 0 does without", r.work.Replay(run), err)
	}
	o.Repeated, o.Difference = true, difference
	return o, nil
}

// A sequence puts outcomes back into the order of the work.
type sequence struct {
	work  campaign.Work
	next  int // to be counted
	early map[campaign.Run]campaign.Outcome
	count func(campaign.Outcome)
}

// add takes an outcome, counts all whose turn it is now and returns how many these were.
func (s *sequence) add(o campaign.Outcome) (counted int) {
	s.early[o.Run] = o
	for s.next < s.work.Len() {
		run := s.work.At(s.next)
		o, ready := s.early[run]
		if !ready {
			break
		}
		delete(s.early, run)
		s.count(o)
		s.next++
		counted++
	}
	return counted
}
