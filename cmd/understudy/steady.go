package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A steady load sends its commands when they are due, whether or not those before them
// were answered in time, and counts what it took from then on. So a pause of a server
// shows in every command that it held up, and not only in the one that was under way.
type steady struct {
	addresses []string
	keys      [][]byte
	value     []byte
	interval  time.Duration // between two commands of one connection

	cancel context.CancelFunc
	wait   sync.WaitGroup
	mu     sync.Mutex
	taken  []sample
}

// A sample is one command of a steady load.
type sample struct {
	due    time.Time
	took   time.Duration
	write  bool
	failed bool
}

// start begins with so many connections that read and as many that write, until stop.
func (s *steady) start(ctx context.Context, connections int) {
	ctx, s.cancel = context.WithCancel(ctx)
	for i := range connections {
		s.wait.Go(func() { s.drive(ctx, 2*i, false) })
		s.wait.Go(func() { s.drive(ctx, 2*i+1, true) })
	}
}

func (s *steady) stop() {
	s.cancel()
	s.wait.Wait()
}

// drive is one connection, and another one after each failure.
func (s *steady) drive(ctx context.Context, number int, write bool) {
	random := rand.New(rand.NewPCG(uint64(number), 0))
	due := time.Now().Add(time.Duration(random.Int64N(int64(s.interval))))
	var c *redisConn
	for ; ctx.Err() == nil; due = due.Add(s.interval) {
		sleep(ctx, time.Until(due))
		var err error
		if c == nil {
			c, err = dialRedis(ctx, s.addresses[number/2%len(s.addresses)])
		}
		if err == nil {
			err = c.do(s.command(s.keys[random.IntN(len(s.keys))], write), 1)
		}
		if ctx.Err() == nil {
			s.note(sample{due: due, took: time.Since(due), write: write, failed: err != nil})
		}
		if err != nil && c != nil {
			c.Close()
			c = nil
		}
	}
	if c != nil {
		c.Close()
	}
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (s *steady) command(key []byte, write bool) []byte {
	if write {
		return appendCommand(nil, []byte("SET"), key, s.value)
	}
	return appendCommand(nil, []byte("GET"), key)
}

func (s *steady) note(taken sample) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, taken)
}

// A latency is what the commands of one kind took in one phase.
type latency struct {
	Count  int     `json:"count"`
	Failed int     `json:"failed"`
	P50    float64 `json:"p50ms"`
	P99    float64 `json:"p99ms"`
	Max    float64 `json:"maxMs"`
}

// between returns what the reads, or the writes, took that were due from begin to end.
func (s *steady) between(begin, end time.Time, write bool) latency {
	s.mu.Lock()
	defer s.mu.Unlock()
	var l latency
	var took []time.Duration
	for _, t := range s.taken {
		switch {
		case t.write != write || t.due.Before(begin) || !t.due.Before(end):
		case t.failed:
			l.Failed++
		default:
			took = append(took, t.took)
		}
	}
	slices.Sort(took)
	l.Count, l.P50, l.P99, l.Max = len(took), quantile(took, 0.50), quantile(took, 0.99), quantile(took, 1)
	return l
}

// settle writes every key once: reads of what is absent would be too easy.
func (s *steady) settle(ctx context.Context) error {
	c, err := dialRedis(ctx, s.addresses[0])
	if err != nil {
		return err
	}
	defer c.Close()
	for _, key := range s.keys {
		err = errors.Join(err, c.do(s.command(key, true), 1))
	}
	return err
}
