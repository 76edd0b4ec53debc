package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A byteSize is a flag that counts bytes: 4096, 16KiB, 1.5GiB.
type byteSize int64

// byteUnits are the units of a byteSize, the largest first.
var byteUnits = []struct {
	name  string
	bytes byteSize
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1},
}

// Set implements pflag.Value.
func (s *byteSize) Set(text string) error {
	unit, number := byteSize(1), strings.TrimSpace(text)
	for _, u := range byteUnits {
		if rest, found := strings.CutSuffix(number, u.name); found {
			unit, number = u.bytes, strings.TrimSpace(rest)
			break
		}
	}
	n, err := strconv.ParseFloat(number, 64)
	if bytes := n * float64(unit); err != nil || !(bytes >= 0 && bytes <= math.MaxInt64/2) {
		return fmt.Errorf("%q is no number of bytes such as 4096, 16KiB or 1GiB", text)
	}
	*s = byteSize(n * float64(unit))
	return nil
}

// String implements pflag.Value. It has three digits or more of the largest unit that
// fits.
func (s byteSize) String() string {
	for _, u := range byteUnits {
		if s >= u.bytes {
			return strconv.FormatFloat(math.Round(float64(s)/float64(u.bytes)*100)/100, 'f', -1, 64) + u.name
		}
	}
	return "0"
}

// Type implements pflag.Value.
func (byteSize) Type() string { return "size" }
