package journal

import "github.com/understudy-kv/understudy/actors"

// What a [Config] says when it says nothing.
const (
	DefaultGenerationBytes = 256 << 20
	DefaultPieceBytes      = 512 << 10
)

// A Config describes a journal.
type Config struct {
	// Owner is sent [Recovered], and starts the peers only then; and [Stuck].
	Owner actors.Ref
	// GenerationBytes is by how much a generation grows before the next one is
	// begun, or by as much as it began with, if that is more. What a start has to
	// read is bounded by this and by twice what is of use.
	GenerationBytes int
	// PieceBytes is how much of the past is copied into the next generation between
	// two batches, or as much as the batches bring, if that is more. It bounds how
	// long appends wait because of it.
	PieceBytes int
}

func (c Config) withDefaults() Config {
	if c.GenerationBytes == 0 {
		c.GenerationBytes = DefaultGenerationBytes
	}
	if c.PieceBytes == 0 {
		c.PieceBytes = DefaultPieceBytes
	}
	return c
}
