package tcp

import "sync/atomic"

// Stats counts what a transport has done since it was made.
type Stats struct {
	Sent          uint64 // messages written to a connection
	SentBytes     uint64
	Writes        uint64 // write calls; Sent/Writes messages went out in each
	Received      uint64 // messages delivered
	ReceivedBytes uint64
	Dropped       uint64 // messages lost to a full queue or a broken connection
	Unroutable    uint64 // messages to nodes without address or connection
	Unencodable   uint64 // messages without encoding, or beyond a limit
	Dials         uint64
	FailedDials   uint64
	Accepted      uint64 // connections welcomed
	Refused       uint64 // connections refused or given up before they were welcomed
	Broken        uint64 // connections ended for bytes that could not be decoded
}

type counters struct {
	sent, sentBytes, writes          atomic.Uint64
	received, receivedBytes          atomic.Uint64
	dropped, unroutable, unencodable atomic.Uint64
	dials, failedDials               atomic.Uint64
	accepted, refused, broken        atomic.Uint64
}

// Stats returns the counts so far.
func (t *Transport) Stats() Stats {
	c := &t.counters
	return Stats{
		Sent:          c.sent.Load(),
		SentBytes:     c.sentBytes.Load(),
		Writes:        c.writes.Load(),
		Received:      c.received.Load(),
		ReceivedBytes: c.receivedBytes.Load(),
		Dropped:       c.dropped.Load(),
		Unroutable:    c.unroutable.Load(),
		Unencodable:   c.unencodable.Load(),
		Dials:         c.dials.Load(),
		FailedDials:   c.failedDials.Load(),
		Accepted:      c.accepted.Load(),
		Refused:       c.refused.Load(),
		Broken:        c.broken.Load(),
	}
}
