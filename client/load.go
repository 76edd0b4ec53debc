package client

// A load is a number of calls and the bytes of what they send.
type load struct{ calls, bytes int }

func (l *load) add(c *Call)    { l.calls, l.bytes = l.calls+1, l.bytes+c.weight }
func (l *load) remove(c *Call) { l.calls, l.bytes = l.calls-1, l.bytes-c.weight }

// admits reports whether another call is within the limits. Alone, any size is.
func (l *load) admits(c *Call, calls, bytes int) bool {
	return l.calls < calls && (l.calls == 0 || l.bytes+c.weight <= bytes)
}

// weigh returns about how many bytes a call sends.
func weigh(c *Call) int {
	bytes := 0
	for i := range c.Ops {
		o := &c.Ops[i]
		bytes += len(o.Key) + len(o.Value) + len(o.Expected) + len(o.End) + len(o.Match)
	}
	return bytes
}

// crowdedOut reports whether what keeps a call from being done is the work of others: a
// leader refused it, or it was ready and has not even been sent though there is a leader.
func (c *Call) crowdedOut() bool {
	p := c.partition
	return c.crowds > 0 ||
		c.sends == 0 && p != nil && p.leader != 0 && c.ahead == 0 && c.readyAt < c.actor.now
}

// giveUp ends a call whose time is up, or whose caller has lost patience.
func (a *Actor) giveUp(c *Call, cause error) {
	if c.crowdedOut() && c.fate(a.config.Once) == Unavailable {
		a.crowdOut(c, cause)
		return
	}
	a.abandon(c, cause)
}

// crowdOut ends a call that has had no effect because of the work of others.
func (a *Actor) crowdOut(c *Call, cause error) {
	a.note(markCrowdedOut)
	a.finish(c, c.fail(Overloaded, cause))
}

// mayFly reports whether c may be sent beside what is under way.
func (p *partition) mayFly(c *Call) bool {
	return p.aloft.admits(c, p.allowed, p.actor.config.FlightBytes)
}
