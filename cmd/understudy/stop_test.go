package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestANodeThatCannotBeStoppedDoesNotKeepItsProcess(t *testing.T) {
	thaw := make(chan struct{})
	ended := make(chan struct{})
	err := stopWithin(time.Millisecond, func() {
		<-thaw
		close(ended)
	})
	if !errors.Is(err, errUnstopped) || !strings.Contains(err.Error(), "disk does not answer") {
		t.Errorf("a node that hangs: %v", err)
	}
	close(thaw)
	<-ended
	if err := stopWithin(time.Minute, func() {}); err != nil {
		t.Errorf("a node that ends: %v", err)
	}
}
