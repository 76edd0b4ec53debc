package kv

// A Kind says what an operation does.
type Kind uint8

// The kinds. Unless told otherwise their results have [OK] as Code and the stamp of
// the key's last write as Version, zero for an absent key.
const (
	// Get returns the Value of Key, or [Absent], or [OnlyRanges].
	Get Kind = iota + 1
	// Exists returns as Number whether Key is there: 0 or 1.
	Exists
	// Length returns as Number the bytes of the value of Key, 0 when absent.
	Length
	// Size returns as Number how many keys the store holds.
	Size
	// Scan returns in byte order up to Limit Keys from Key on (inclusive) to End
	// (exclusive, none when empty) that match Match (as Redis MATCH; all when empty),
	// with their Values where WithValues says so. Next is where to go on; nil at the
	// end. It may return fewer keys than there are, even none, and a Next: work is
	// bounded per call. A Scan for Values ends before a key whose value is longer than
	// MaxValueBytes; if that is where it begins, it returns [OnlyRanges], that key alone,
	// the bytes of its value as Number, and Next. A Scan is the only operation of its
	// command.
	Scan
	// Put makes Value the value of Key.
	Put
	// Delete removes Key and returns as Number how many keys that were: 0 or 1.
	Delete
	// Add adds Delta to the decimal integer at Key, absent counting as 0, and returns
	// the sum as Number; or [NotANumber] or [Overflow].
	Add
	// Append adds Value to the end of the value of Key, absent counting as empty, and
	// returns the new length as Number; or [TooLarge].
	Append
	// Range returns as Value the part of the value of Key from Offset up to, and without,
	// Until, and as Number the bytes of the whole; or [Absent]; or [TooLarge] for a part
	// longer than MaxValueBytes. A position below zero counts from the end, and an Until
	// of zero is the end. What is outside of the value is left out.
	Range
	// Overwrite puts Value in the place of what is at Offset in the value of Key, absent
	// counting as empty, and returns the length as Number; or [TooLarge]. The value grows
	// where it is too short, with zeros up to Offset.
	Overwrite
)

// A Condition decides whether a write happens. Where it fails the result is
// [Mismatch] with the Version found, and the operation changes nothing.
type Condition uint8

// The conditions.
const (
	Always    Condition = iota
	IfAbsent            // the key is absent (Redis NX)
	IfPresent           // the key is there (Redis XX)
	IfValue             // the key is there and its value equals Expected
	IfVersion           // the key's last write is stamped Version; zero means absent
)

// An Op is one operation on one key, or on the keys of a store. Which fields it
// reads is its Kind's to say; the others are ignored.
type Op struct {
	Kind  Kind
	Key   []byte
	Value []byte
	Delta int64 // of Add

	Offset int64 // of Range and Overwrite
	Until  int64 // of Range
	// Long lets an Append or Overwrite make a value longer than MaxValueBytes, which can
	// be read with Range only.
	Long bool

	If       Condition // of writes
	Expected []byte    // of IfValue
	Version  uint64    // of IfVersion
	// ReturnOld asks a write for the value before it, as the result's Value: nil when
	// the key was absent. It is returned also where the condition fails.
	ReturnOld bool

	Limit      int // of Scan; zero stands for MaxScanKeys, which it cannot exceed
	End        []byte
	Match      []byte
	WithValues bool
}

// IsWrite reports whether o may change the store.
func (o Op) IsWrite() bool {
	switch o.Kind {
	case Put, Delete, Add, Append, Overwrite:
		return true
	default:
		return false
	}
}
