package kv

// What one request may ask for. A request beyond a limit is [Invalid], except where
// a limit names an outcome. Every replica of a store must use the same numbers, so
// they are constants: changing one is a change of format.
const (
	// MaxKeyBytes is the longest key. The empty key is a key.
	MaxKeyBytes = 16 << 10
	// MaxValueBytes is the longest value of one command, and of one reply. A Put beyond
	// it is Invalid; an Append or Overwrite whose outcome would be beyond it is
	// [TooLarge], unless it may make the value Long.
	MaxValueBytes = 8 << 20
	// MaxLongBytes is the longest value that Append and Overwrite can make where they
	// may make it Long. Beyond it they are TooLarge.
	MaxLongBytes = 512 << 20
	// MaxPaddingBytes is how many zeros all Overwrites of one command may put behind the
	// ends of values: no command costs much more than the longest Put. What does not fit
	// is TooLarge.
	MaxPaddingBytes = 8 << 20
	// MaxPatternBytes is the longest Match of a Scan.
	MaxPatternBytes = 1 << 10
	// MaxOps is how many operations one command holds.
	MaxOps = 4096
	// MaxCommandBytes is the longest encoded command.
	MaxCommandBytes = 18 << 20
	// MaxReplyBytes is the longest encoded reply. An operation whose result no longer
	// fits is TooLarge and has no effect.
	MaxReplyBytes = 18 << 20
	// MaxScanKeys is how many keys one Scan returns, whatever its Limit.
	MaxScanKeys = 4096
	// MaxScanBytes ends a Scan once its keys and values have this many bytes.
	MaxScanBytes = 1 << 20
	// MaxScanWork ends a Scan that finds little: it counts steps, a few for each byte compared.
	MaxScanWork = 4 << 20
)

// What a store remembers of its clients.
const (
	// SessionTTL is how long a session lives after its last command, in stamps
	// (nanoseconds), unless the store was made by [NewWithTTL]: ten minutes.
	SessionTTL uint64 = 600e9
	// MaxSessionWindow is how far a serial may be above what is acknowledged.
	// Beyond it: [WindowFull].
	MaxSessionWindow = 1024
	// MaxSessions is how many sessions one store knows. Beyond it: [Crowded].
	MaxSessions = 1 << 17
	// MaxRememberedReply is the longest reply a session remembers; of a longer one it
	// remembers only that there was one: [Forgotten].
	MaxRememberedReply = 64 << 10
	// MaxRememberedBytes is how many bytes of replies one store remembers. Replies
	// that find it full are Forgotten at once.
	MaxRememberedBytes = 256 << 20
)

// maxSerial leaves room to add to a serial.
const maxSerial = 1 << 62

// The longest encodings of everything in a message but keys and values.
const (
	maxSessionBytes = 2 + 2*9 + 2*11
	maxOpBytes      = 128
	maxResultBytes  = 64
	maxEntryBytes   = 4 // of one key or value in a list
)

// The compiler checks the arithmetic: a difference below zero does not compile.
const (
	// The largest single operation, a compare-and-set of two longest values, fits.
	_ uint = MaxCommandBytes - maxSessionBytes - maxOpBytes - MaxKeyBytes - 2*MaxValueBytes
	// MaxOps results fit whatever they are, beside one longest value.
	_ uint = MaxReplyBytes - MaxOps*maxResultBytes - MaxValueBytes
	// A Scan stops after the entry that crosses MaxScanBytes, and then tells the next key.
	_ uint = MaxReplyBytes - maxResultBytes - 2*maxEntryBytes*MaxScanKeys -
		MaxScanBytes - MaxKeyBytes - MaxValueBytes - MaxKeyBytes
	// A full window of short replies is remembered in full many times over.
	_ uint = MaxRememberedBytes - 64*MaxRememberedReply
)
