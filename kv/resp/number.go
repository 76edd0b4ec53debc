package resp

import "math"

// parseInt reads a decimal integer of 64 bits as Redis does: no plus, no space, no
// leading zero, nothing that would be written in another way.
func parseInt(b []byte) (n int64, ok bool) {
	digits, negative := b, false
	if len(b) > 0 && b[0] == '-' {
		digits, negative = b[1:], true
	}
	if len(digits) == 0 || len(digits) > len("9223372036854775808") ||
		digits[0] == '0' && len(b) > 1 {
		return 0, false
	}
	var u uint64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	switch {
	case negative && u <= -math.MinInt64:
		return int64(-u), true
	case !negative && u <= math.MaxInt64:
		return int64(u), true
	}
	return 0, false
}
