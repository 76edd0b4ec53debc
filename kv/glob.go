package kv

// matches reports whether key matches pattern as Redis matches them: * any bytes,
// ? one byte, [a-z] one of a set, [^a-z] one not in it, \x the byte x. An unclosed set
// ends with the pattern.
//
// A mismatch goes back to the last star only, since an earlier one cannot help; so the
// work is at most the product of the lengths.
func matches(pattern []byte, key string) bool {
	p, k := 0, 0
	star, resume := -1, 0 // after the last star; where its rest is tried next
	for k < len(key) {
		if p < len(pattern) && pattern[p] == '*' {
			star, resume = p+1, k
			p = star
			continue
		}
		if p < len(pattern) {
			if ok, next := matchOne(pattern, p, key[k]); ok {
				p, k = next, k+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		resume++
		p, k = star, resume
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// matchOne matches c with the element of pattern at p, which is no star, and returns
// where the next element is.
func matchOne(pattern []byte, p int, c byte) (ok bool, next int) {
	switch {
	case pattern[p] == '?':
		return true, p + 1
	case pattern[p] == '[':
		return matchSet(pattern, p+1, c)
	case pattern[p] == '\\' && p+1 < len(pattern):
		return pattern[p+1] == c, p + 2
	}
	return pattern[p] == c, p + 1
}

// matchSet matches c with the set whose first byte after the bracket is at p.
func matchSet(pattern []byte, p int, c byte) (ok bool, next int) {
	not := p < len(pattern) && pattern[p] == '^'
	if not {
		p++
	}
	found := false
	for p < len(pattern) && pattern[p] != ']' {
		low, high := pattern[p], pattern[p]
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			low, high = pattern[p], pattern[p]
		case p+2 < len(pattern) && pattern[p+1] == '-':
			high = pattern[p+2]
			p += 2
		}
		found = found || min(low, high) <= c && c <= max(low, high)
		p++
	}
	if p < len(pattern) {
		p++ // the closing bracket
	}
	return found != not, p
}

// literal returns the bytes that all keys matching pattern begin with.
func literal(pattern []byte) string {
	for i, c := range pattern {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			return string(pattern[:i])
		}
	}
	return string(pattern)
}
