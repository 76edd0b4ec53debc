package kv

import "strconv"

// parseInteger reads an integer as Redis does: the one way to write it in decimal,
// with no plus, no spaces, no leading zeros and no negative zero.
func parseInteger(b []byte) (n int64, ok bool) {
	const longest = len("-9223372036854775808")
	if len(b) == 0 || len(b) > longest {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, false
	}
	var canonical [longest]byte
	return n, string(strconv.AppendInt(canonical[:0], n, 10)) == string(b)
}

func formatInteger(n int64) []byte { return strconv.AppendInt(nil, n, 10) }
