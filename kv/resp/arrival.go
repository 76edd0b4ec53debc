package resp

import "time"

// crowded answers a command for which there was no memory.
const crowded = "OVERLOADED this node is receiving as many commands as it has memory for; " +
	"nothing happened, so it may be tried again, later and more slowly"

// welcome gets memory for bytes that the client has announced: never more than there
// is at all, or it would never be given. What came before need not wait for that.
func (c *conn) welcome(bytes int) bool {
	if c.submit(); c.ended {
		return false
	}
	need := min(c.arriving+bytes, c.server.config.MaxBytes) - c.arriving
	if !c.server.arrivals.take(c.queue.gone, int64(need), c.server.config.ArrivalTimeout) {
		return false
	}
	c.arriving += need
	return true
}

// arrived gives back what is not needed any more but for a command that is still coming.
func (c *conn) arrived(stillComing int) {
	keep := min(c.arriving, stillComing)
	if c.arriving > keep {
		c.server.arrivals.give(int64(c.arriving - keep))
		c.arriving = keep
	}
}

// patience is how long the connection may say nothing; zero is no limit. Whoever has
// been given memory for a command has to send it.
func (c *conn) patience() time.Duration {
	idle, sending := c.server.config.IdleTimeout, c.server.config.WriteTimeout
	if c.arriving > 0 && (idle == 0 || sending < idle) {
		return sending
	}
	return idle
}
