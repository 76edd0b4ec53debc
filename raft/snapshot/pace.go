package snapshot

import "time"

// slack is the lateness of timers that a pace makes up for. Beyond it nothing that
// was not sent may be sent later: there are no bursts.
const slack = 5 * time.Millisecond

// A pace spreads what is sent evenly over time.
type pace struct {
	rate int           // bytes per second; 0 is no limit
	free time.Duration // when the next piece may be sent
}

// spend notes that so many bytes are sent now.
func (p *pace) spend(now time.Duration, bytes int) {
	if p.rate > 0 {
		p.free = max(p.free, now-slack) + time.Duration(bytes)*time.Second/time.Duration(p.rate)
	}
}
