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
	// MaxBulkBytes is the longest argument that is kept. The command of a longer one is
	// answered with an error.
	MaxBulkBytes = 2 * kv.MaxValueBytes
	// MaxRequestBytes is how long all arguments of one command may be together. Those
	// beyond are not kept, either.
	MaxRequestBytes = 3 * kv.MaxValueBytes
	// MaxSkippedBytes is the longest argument that is read at all: as long as the
	// longest of Redis.
	MaxSkippedBytes = 512 << 20
	// MaxNameBytes is the longest name, library name or version of a client.
	MaxNameBytes = 256
)

// maxLongBytes is how much memory a server uses for values that it puts together: for
// one of the longest, or some that are shorter. Others wait.
const maxLongBytes = kv.MaxLongBytes

// The longest command that the store takes can be sent.
const _ uint = MaxRequestBytes - kv.MaxCommandBytes

// Buffers of a connection.
const (
	minChunkBytes  = 4 << 10
	maxChunkBytes  = 64 << 10
	maxHeaderBytes = 64       // of a line that holds one number
	flushBytes     = 64 << 10 // a reply buffer this long is written before more is added
	ownBytes       = 64 << 10 // what a connection may have in flight whatever others have
	argumentBytes  = 256      // what an argument costs while it is in flight, beside its bytes
)
