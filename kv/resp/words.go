package resp

// appendWords appends the words of a line typed by hand. Words may be quoted: "…"
// knows the escapes \n \r \t \b \a \xHH, and a backslash before anything else is
// that; '…' knows only \'. It reports false if a quote is not closed, or not
// followed by a space.
func appendWords(words [][]byte, line []byte) ([][]byte, bool) {
	for {
		line = trimSpace(line)
		if len(line) == 0 {
			return words, true
		}
		word, rest, ok := cutWord(line)
		if !ok || len(words) == MaxArguments {
			return words, false
		}
		words, line = append(words, word), rest
	}
}

func trimSpace(line []byte) []byte {
	for len(line) > 0 && isSpace(line[0]) {
		line = line[1:]
	}
	return line
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' || c == 0 }

// cutWord returns the first word of a line that does not begin with a space.
func cutWord(line []byte) (word, rest []byte, ok bool) {
	word = []byte{}
	for len(line) > 0 && !isSpace(line[0]) {
		switch c := line[0]; c {
		case '"', '\'':
			word, rest, ok = appendQuoted(word, line[1:], c)
			if !ok || len(rest) > 0 && !isSpace(rest[0]) {
				return nil, nil, false
			}
			return word, rest, true
		default:
			word, line = append(word, c), line[1:]
		}
	}
	return word, line, true
}

// appendQuoted appends what stands before the closing quote.
func appendQuoted(word, line []byte, quote byte) (_, rest []byte, ok bool) {
	for len(line) > 0 {
		if line[0] == quote {
			return word, line[1:], true
		}
		c, size := unescape(line, quote)
		word, line = append(word, c), line[size:]
	}
	return nil, nil, false
}

// unescape returns the first character between quotes and how long it was written.
func unescape(line []byte, quote byte) (c byte, size int) {
	if line[0] != '\\' || len(line) == 1 {
		return line[0], 1
	}
	if quote == '\'' {
		if line[1] == quote {
			return quote, 2
		}
		return line[0], 1
	}
	if len(line) >= 4 && line[1] == 'x' && isHex(line[2]) && isHex(line[3]) {
		return unhex(line[2])<<4 | unhex(line[3]), 4
	}
	switch line[1] {
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'b':
		return '\b', 2
	case 'a':
		return '\a', 2
	}
	return line[1], 2
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	default:
		return c&^0x20 - 'A' + 10
	}
}
