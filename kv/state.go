package kv

import (
	"errors"
	"hash/crc32"
)

// The parts of a captured state that [Capture] and [Loader] must agree about. The
// format is specified in docs/wire.md, section "Captured states".
const (
	stateMagic       = "USTS"
	stateVersion     = 1
	stateHeaderBytes = 4 + 4 + 8 + 8 + 8 + 8
	stateSumBytes    = 4
	// The longest of what is read as a whole: a session without its replies, a reply,
	// a record without its value.
	maxUvarintBytes = 10
	maxStateItem    = max(3*8+2*maxUvarintBytes, MaxRememberedReply, MaxKeyBytes+8) + 2*maxUvarintBytes
)

// ErrState means that bytes are not a captured state, whole and undamaged.
var ErrState = errors.New("kv: damaged state")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
