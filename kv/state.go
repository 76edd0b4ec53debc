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
)

// ErrState means that bytes are not a captured state, whole and undamaged.
var ErrState = errors.New("kv: damaged state")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)
