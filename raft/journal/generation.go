package journal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/actors"
)

// A generation is one of the logs that make up the journal.
type generation struct {
	number uint64
	log    string // its name on disk
	bytes  int    // of its records
	past   int    // of those among them that repeat what earlier generations held
}

const logPrefix = "journal-"

func newGeneration(number uint64) generation {
	return generation{number: number, log: fmt.Sprintf("%s%d", logPrefix, number)}
}

// append writes one record.
func (g *generation) append(disk actors.Disk, record []byte) {
	disk.AppendLog(g.log, record)
	g.bytes += len(record)
}

// write writes some records and returns how many bytes that took.
func (g *generation) write(disk actors.Disk, records [][]byte) int {
	before := g.bytes
	for _, record := range records {
		g.append(disk, record)
	}
	return g.bytes - before
}

// Exists reports whether there is a journal among the logs of a disk, be it damaged.
func Exists(logs []string) bool { return len(generations(logs)) > 0 }

// generations returns the generations among logs, the newest first. Other logs are
// not the journal's.
func generations(logs []string) []generation {
	var list []generation
	for _, log := range logs {
		digits, ours := strings.CutPrefix(log, logPrefix)
		number, err := strconv.ParseUint(digits, 10, 64)
		if g := newGeneration(number); ours && err == nil && number > 0 && g.log == log {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b generation) int {
		if a.number > b.number {
			return -1
		}
		return 1
	})
	return list
}
