package main

import (
	"errors"
	"fmt"
	"time"
)

// errUnstopped is wrapped by the error of a node that could not be stopped in time.
var errUnstopped = errors.New("the node did not stop")

// stopWithin ends a node in order. Only a disk that does not answer can make that take
// for ever: after the grace time the node is left to the end of the process, which is as
// safe as a crash.
func stopWithin(grace time.Duration, stop func()) error {
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		stop()
	}()
	select {
	case <-stopped:
		return nil
	case <-time.After(grace):
		return fmt.Errorf("%w within %v, probably because its disk does not answer: the process ends all the same; "+
			"nothing that was acknowledged is lost, but look at the disk before you start the node again", errUnstopped, grace)
	}
}
