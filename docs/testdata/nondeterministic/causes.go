// Package nondeterministic holds one of each cause of nondeterminism, with what
// the determinism test must say of it.
package nondeterministic

import (
	_ "crypto/rand" // want: import crypto/rand
	"maps"
	_ "math/rand/v2" // want: import math/rand/v2
	_ "os"           // want: import os
	"sync"           // want: import sync
	"time"
)

var lock sync.Mutex

type table map[string]int

func causes(m table, c chan int) (sum int) {
	go causes(m, c) // want: go statement
	c <- 1          // want: channel send
	<-c             // want: channel receive
	select {        // want: select
	default:
	}
	for v := range c { // want: range over a channel
		sum += v
	}
	_ = time.Now()                 // want: time.Now
	_ = time.Since(time.Time{})    // want: time.Since
	time.AfterFunc(0, lock.Unlock) // want: time.AfterFunc
	for _, v := range m {          // want: range over a map
		sum += v
	}
	for range maps.Keys(m) { // want: maps.Keys
		sum++
	}
	for _, v := range m { // any order: addition commutes
		sum += v
	}
	return sum
}
