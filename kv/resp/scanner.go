package resp

import (
	"bytes"
	"fmt"
)

// A protocolError ends a connection: after it nobody can tell where the next
// command begins. Its text is the one Redis uses.
type protocolError string

func (e protocolError) Error() string { return "Protocol error: " + string(e) }

// A scanner cuts the bytes of a connection into commands. It copies nothing: the
// arguments it returns lie in the chunks it reads into. A chunk is never written
// twice, so arguments stay what they are for as long as anybody keeps them.
//
// What it holds is bounded by [MaxRequestBytes] and by twice what was received: a
// length that is only announced reserves nothing.
type scanner struct {
	chunk []byte // what has been read, up to its capacity still to be read into
	at    int    // the first byte of chunk that is not parsed
	size  int    // capacity of the next chunk
	args  [][]byte
	want  int // arguments that the command at hand still lacks
	bulk  int // length of the argument at hand, or unknown
	bytes int // of args
	// An argument that is too long is empty in args. Its bytes are not kept.
	skip    int // bytes of the argument at hand to be dropped
	tooLong int // the length of the longest one of the command; zero if there is none
	// admit is asked for memory for an argument that makes a command longer than ownBytes.
	// If it has none the argument is dropped like one that is too long.
	admit   func(bytes int) bool
	claimed int  // bytes that were admitted for the command at hand
	crowded bool // an argument of it was not
}

// unknown is the length of an argument whose header has not been read.
const unknown = -1

func newScanner() *scanner { return &scanner{size: minChunkBytes, bulk: unknown} }

// room returns where to read to. What was read is reported to filled.
func (s *scanner) room() []byte {
	if cap(s.chunk)-len(s.chunk) < minChunkBytes/8 {
		s.renew()
	}
	return s.chunk[len(s.chunk):cap(s.chunk)]
}

// missing is how many bytes of the argument at hand are known to be on their way, or
// as many as have come already if that is less: so chunks double.
func (s *scanner) missing() int {
	if s.bulk == unknown {
		return 0
	}
	have := len(s.chunk) - s.at
	return max(0, min(s.bulk+len("\r\n")-have, have))
}

// renew starts another chunk with what is not parsed yet.
func (s *scanner) renew() {
	rest := s.chunk[s.at:]
	chunk := make([]byte, len(rest), max(s.size, len(rest)+max(s.missing(), minChunkBytes/2)))
	copy(chunk, rest)
	s.chunk, s.at = chunk, 0
}

// filled says that the first n bytes of what room returned have been read. Chunks
// grow while they are filled by single reads and shrink while they are not.
func (s *scanner) filled(n int) {
	full := len(s.chunk)+n == cap(s.chunk)
	s.chunk = s.chunk[:len(s.chunk)+n]
	switch {
	case full && n >= s.size/2:
		s.size = min(2*s.size, maxChunkBytes)
	case n < s.size/8:
		s.size = max(s.size/2, minChunkBytes)
	}
}

// next returns the arguments of the next command: at least one, or none if the
// command is not there in full. The slice, not what it points to, is valid until
// the next call. After an error there is nothing more to read.
func (s *scanner) next() ([][]byte, error) {
	for {
		if s.want == 0 {
			begun, err := s.begin()
			if err != nil || !begun {
				return nil, err
			}
		}
		for s.want > 0 {
			complete, err := s.argument()
			if err != nil || !complete {
				return nil, err
			}
		}
		if len(s.args) > 0 {
			return s.args, nil
		}
	}
}

// begin reads the header of a command, or a whole command if it is inline.
func (s *scanner) begin() (bool, error) {
	if cap(s.args) > minChunkBytes {
		s.args = nil // one long command does not hold memory for ever
	}
	s.args, s.bytes = s.args[:0], 0
	if s.at == len(s.chunk) {
		return false, nil
	}
	s.tooLong, s.claimed, s.crowded = 0, 0, false
	if s.chunk[s.at] != '*' {
		return s.inline()
	}
	line, err := s.header("too big mbulk count string")
	if line == nil {
		return false, err
	}
	count, ok := parseInt(line)
	if !ok || count > MaxArguments {
		return false, protocolError("invalid multibulk length")
	}
	s.want = int(max(count, 0))
	return true, nil
}

// argument reads one bulk string, or as much of it as is there.
func (s *scanner) argument() (bool, error) {
	if s.bulk == unknown {
		known, err := s.length()
		if err != nil || !known {
			return false, err
		}
	}
	dropped := min(s.skip, len(s.chunk)-s.at)
	s.at += dropped
	if s.skip -= dropped; s.skip > 0 {
		return false, nil
	}
	end := s.at + s.bulk
	if len(s.chunk) < end+len("\r\n") {
		return false, nil
	}
	if s.chunk[end] != '\r' || s.chunk[end+1] != '\n' {
		return false, protocolError("expected CRLF after a bulk string")
	}
	s.args = append(s.args, s.chunk[s.at:end:end])
	s.at, s.bulk = end+len("\r\n"), unknown
	s.want--
	return true, nil
}

// length reads the header of a bulk string.
func (s *scanner) length() (bool, error) {
	if s.at == len(s.chunk) {
		return false, nil
	}
	if kind := s.chunk[s.at]; kind != '$' {
		return false, protocolError(fmt.Sprintf("expected '$', got '%s'", printable(kind)))
	}
	line, err := s.header("too big bulk count string")
	if line == nil {
		return false, err
	}
	n, ok := parseInt(line)
	if !ok || n < 0 || n > MaxSkippedBytes {
		return false, protocolError("invalid bulk length")
	}
	s.bulk = int(n)
	if s.bulk > MaxBulkBytes || s.bytes+s.bulk > MaxRequestBytes {
		s.tooLong = max(s.tooLong, s.bulk)
		s.skip, s.bulk = s.bulk, 0
	}
	if s.bytes+s.bulk > ownBytes && !s.claim() {
		s.skip, s.bulk = s.bulk, 0
	}
	s.bytes += s.bulk
	return true, nil
}

// claim gets memory for the argument at hand, unless an earlier one got none.
func (s *scanner) claim() bool {
	s.crowded = s.crowded || s.admit != nil && !s.admit(s.bulk)
	if !s.crowded {
		s.claimed += s.bulk
	}
	return !s.crowded
}

// reserved is how much of what was admitted is for a command that is not complete.
func (s *scanner) reserved() int {
	if s.want == 0 {
		return 0
	}
	return s.claimed
}

// header takes a line such as $12 and returns what follows its first byte, or nil
// if the line has not ended yet.
func (s *scanner) header(tooLong protocolError) ([]byte, error) {
	rest := s.chunk[s.at:]
	end := bytes.IndexByte(rest[:min(len(rest), maxHeaderBytes)], '\n')
	switch {
	case end < 0 && len(rest) >= maxHeaderBytes:
		return nil, tooLong
	case end < 0:
		return nil, nil
	}
	s.at += end + 1
	return trimCR(rest[1:end]), nil
}

// inline takes a line of words, as people type them.
func (s *scanner) inline() (bool, error) {
	rest := s.chunk[s.at:]
	end := bytes.IndexByte(rest[:min(len(rest), MaxInlineBytes)], '\n')
	switch {
	case end < 0 && len(rest) >= MaxInlineBytes:
		return false, protocolError("too big inline request")
	case end < 0:
		return false, nil
	}
	s.at += end + 1
	args, ok := appendWords(s.args, trimCR(rest[:end]))
	if !ok {
		return false, protocolError("unbalanced quotes in request")
	}
	s.args, s.bytes = args, end
	return true, nil
}

func trimCR(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// printable shows one byte in an error.
func printable(c byte) string {
	if c < ' ' || c > '~' {
		return "?"
	}
	return string(rune(c))
}
