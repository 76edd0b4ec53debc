package tcp

import (
	"log/slog"
	"sync"
	"time"
)

const (
	noticeInterval = time.Minute
	maxNotices     = 1 << 10
)

// notices writes warnings to a log, each kind at most once in an interval, since
// what goes wrong on a network goes wrong all the time and can be provoked from
// outside.
type notices struct {
	log  *slog.Logger
	mu   sync.Mutex
	last map[string]time.Time
}

func newNotices(log *slog.Logger) *notices {
	return &notices{log: log, last: make(map[string]time.Time)}
}

// warn logs text unless it has logged for that key a short while ago.
func (n *notices) warn(key, text string, args ...any) {
	if n.fresh(key, time.Now()) {
		n.log.Warn(text, args...)
	}
}

// forget makes the next warning for key a fresh one: what it was about is over.
func (n *notices) forget(key string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.last, key)
}

func (n *notices) fresh(key string, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if last, ok := n.last[key]; ok && now.Sub(last) < noticeInterval {
		return false
	}
	if len(n.last) >= maxNotices {
		clear(n.last)
	}
	n.last[key] = now
	return true
}
