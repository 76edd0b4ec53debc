package kv

import "strconv"

// maxIntegerBytes is how long the longest integer is.
const maxIntegerBytes = len("-9223372036854775808")

// parseInteger reads an integer as Redis does: the one way to write it in decimal,
// with no plus, no spaces, no leading zeros and no negative zero.
func parseInteger(b []byte) (n int64, ok bool) {
	if len(b) == 0 || len(b) > maxIntegerBytes {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, false
	}
	var canonical [maxIntegerBytes]byte
	return n, string(strconv.AppendInt(canonical[:0], n, 10)) == string(b)
}

func formatInteger(n int64) []byte { return strconv.AppendInt(nil, n, 10) }
