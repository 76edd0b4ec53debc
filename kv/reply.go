package kv

// A Reply answers a command.
type Reply struct {
	Verdict Verdict
	// Results holds one result for each operation if Verdict is Applied, else none.
	Results []Result
}

// A Verdict says what became of a command as a whole.
type Verdict uint8

// The verdicts. All but Applied and Forgotten mean that this copy of the command
// changed no key. After a verdict that is final no copy of it will run any more.
const (
	// Applied: it ran, now or under the same serial before. Final.
	Applied Verdict = iota + 1
	// Invalid: it cannot be decoded, is beyond a limit, or makes no sense; such as a
	// write without a session, or a write asked as a read. Final.
	Invalid
	// SessionExpired: the store no longer knows whether it ran. Final.
	SessionExpired
	// StaleSerial: its client had acknowledged the answer. Final.
	StaleSerial
	// Forgotten: it ran under the same serial before; the reply was too large to keep.
	// Final.
	Forgotten
	// WindowFull: its serial is too far above what the client has acknowledged. Not
	// final: ask again under the same serial.
	WindowFull
	// Crowded: the store knows as many sessions as it can. Not final, as WindowFull.
	Crowded
	// Early: the session claims to be born after the entry that holds the command; its
	// client did not pass on the stamp it had seen. Not final, as WindowFull.
	Early
)

// A Result answers one operation.
type Result struct {
	Code    Code
	Number  int64
	Version uint64 // the stamp of the key's last write; zero when it is absent
	// Value is nil where there is none; an empty value is not nil.
	Value  []byte
	Keys   [][]byte // of Scan
	Values [][]byte // of Scan with WithValues: one for each of Keys
	Next   []byte   // of Scan: where to go on; nil at the end
}

// A Code says how one operation went. It is data, never an error: all replicas agree
// on it.
type Code uint8

// The codes. In all cases but OK the operation changed nothing.
const (
	OK         Code = iota + 1
	Absent          // there is no such key
	Mismatch        // its condition failed
	NotANumber      // the value is not a decimal integer of 64 bits
	Overflow        // the sum does not fit in 64 bits
	TooLarge        // the new value, or the whole reply, would be too long
	OnlyRanges      // the value is longer than MaxValueBytes: Range reads it; Number is its length
)
