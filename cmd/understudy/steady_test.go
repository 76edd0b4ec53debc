package main

import (
	"bufio"
	"net"
	"strings"
	"testing"
	"time"
)

// sleepy answers every line that begins a command with OK, but nothing before woken.
func sleepy(t *testing.T, woken <-chan struct{}) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", loopback(0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					if !strings.HasPrefix(lines.Text(), "*") {
						continue
					}
					<-woken
					if _, err := c.Write([]byte("+OK\r\n")); err != nil {
						return
					}
				}
			}()
		}
	}()
	return l.Addr().String()
}

func TestASteadyLoadCountsWhatAPauseHoldsUp(t *testing.T) {
	const pause, interval = 300 * time.Millisecond, 10 * time.Millisecond
	woken := make(chan struct{})
	s := steady{addresses: []string{sleepy(t, woken)}, keys: [][]byte{[]byte("k")}, interval: interval}
	began := time.Now()
	s.start(t.Context(), 1)
	time.Sleep(pause)
	close(woken)
	time.Sleep(pause)
	s.stop()
	l := s.between(began, began.Add(pause), true)
	if least := int(pause/interval) / 2; l.Count < least || l.Failed > 0 {
		t.Errorf("of the commands that were due in the pause %d were counted, and %d failures; not %d", l.Count, l.Failed, least)
	}
	if l.P50 < 100 || l.Max < 200 {
		t.Errorf("a pause of %v shows as %+v", pause, l)
	}
	if r := s.between(began.Add(-time.Hour), began, false); r.Count+r.Failed > 0 {
		t.Errorf("before the load began there was %+v", r)
	}
}

func TestASteadyLoadCountsFailuresAndGoesOn(t *testing.T) {
	l, err := net.Listen("tcp", loopback(0))
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	l.Close()
	s := steady{addresses: []string{dead}, keys: [][]byte{[]byte("k")}, interval: time.Millisecond}
	began := time.Now()
	s.start(t.Context(), 1)
	for s.between(began, time.Now(), false).Failed < 3 {
		time.Sleep(time.Millisecond)
	}
	s.stop()
	if l := s.between(began, time.Now(), false); l.Count > 0 {
		t.Errorf("%d commands were answered by nobody", l.Count)
	}
}
