package resp

import (
	"github.com/understudy-kv/understudy/kv"
)

// What one connection may ask for. What goes beyond a limit is answered with an
// error, and where the rest of the stream cannot be trusted any more the connection
// is closed behind it.
const (
	// MaxInlineBytes is the longest command that is not sent as an array.
	MaxInlineBytes = 64 << 10
	// MaxArguments is how many arguments one command may have, its name included.
	MaxArguments = 64 << 10
	// MaxBulkBytes is the longest argument that is read at all. It is more than
	// kv.MaxValueBytes so that a value that is a little too long costs an error and
	// not the connection.
	MaxBulkBytes = 2 * kv.MaxValueBytes
	// MaxRequestBytes is how long all arguments of one command may be together.
	MaxRequestBytes = 3 * kv.MaxValueBytes
	// MaxNameBytes is the longest name, library name or version of a client.
	MaxNameBytes = 256
)

// The longest command that the store takes can be sent.
const _ uint = MaxRequestBytes - kv.MaxCommandBytes

// Buffers of a connection.
const (
	minChunkBytes  = 4 << 10
	maxChunkBytes  = 64 << 10
	maxHeaderBytes = 64       // of a line that holds one number
	flushBytes     = 64 << 10 // a reply buffer this long is written before more is added
	argumentBytes  = 256      // what an argument costs while it is in flight, beside its bytes
)
