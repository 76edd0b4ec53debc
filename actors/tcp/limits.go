package tcp

import (
	"cmp"
	"time"
)

// The limits of the format, as docs/wire.md states them.
const (
	// MaxMessageBytes is the longest encoding of one message.
	MaxMessageBytes = 32 << 20
	// MaxNameBytes is the longest name of an actor.
	MaxNameBytes = 255
	// BulkBytes is the longest encoding that travels with the small messages.
	BulkBytes = 64 << 10

	maxFrameBytes = MaxMessageBytes + 64<<10 // of a body
	frameBytes    = 256 << 10                // of a body of several messages
)

// The longest message fits in a frame, names and lengths included; so does a full
// frame of several. The compiler checks it.
const (
	_ uint = maxFrameBytes - (MaxMessageBytes + 2*MaxNameBytes + 3*5)
	_ uint = maxFrameBytes - frameBytes
)

// What is set aside for each connection and kept between messages.
const (
	readBytes = 64 << 10
	keepBytes = 1 << 20
	keepNames = 1 << 10
)

// How long an idle connection to a machine that is gone is kept, and one whose
// bytes nobody acknowledges.
const (
	keepAliveIdle     = 5 * time.Second
	keepAliveInterval = 2 * time.Second
	keepAliveCount    = 3
	userTimeout       = 10 * time.Second
)

// Limits bound what one transport holds and how long it waits. The zero value of
// each field stands for its default.
type Limits struct {
	QueueMessages  int           // waiting for one connection; 16,384
	QueueBytes     int           // waiting for one connection of small messages; 8 MiB
	BulkQueueBytes int           // waiting for one connection of bulk messages; 64 MiB
	Handshakes     int           // incoming at one time; 1,024
	Connections    int           // accepted and open; 16,384
	DialTimeout    time.Duration // 3 s
	HandshakeTime  time.Duration // from connected to welcomed; 5 s
	WriteTime      time.Duration // for the other side to take one write; 10 s
	BackoffMin     time.Duration // between two dials; 50 ms
	BackoffMax     time.Duration // 1 s
}

func (l Limits) withDefaults() Limits {
	return Limits{
		QueueMessages:  cmp.Or(l.QueueMessages, 16<<10),
		QueueBytes:     cmp.Or(l.QueueBytes, 8<<20),
		BulkQueueBytes: cmp.Or(l.BulkQueueBytes, 64<<20),
		Handshakes:     cmp.Or(l.Handshakes, 1<<10),
		Connections:    cmp.Or(l.Connections, 16<<10),
		DialTimeout:    cmp.Or(l.DialTimeout, 3*time.Second),
		HandshakeTime:  cmp.Or(l.HandshakeTime, 5*time.Second),
		WriteTime:      cmp.Or(l.WriteTime, 10*time.Second),
		BackoffMin:     cmp.Or(l.BackoffMin, 50*time.Millisecond),
		BackoffMax:     cmp.Or(l.BackoffMax, time.Second),
	}
}
