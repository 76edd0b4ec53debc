package resp

import (
	"fmt"
	"strconv"

	"github.com/understudy-kv/understudy/kv"
)

// A scan is the options of SCAN.
type scan struct {
	match []byte
	count int64
	empty bool // no key is of the type asked for
}

// SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
//
// One call scans a piece of one partition, so it may return nothing and a cursor.
func scanKeys(r *request) {
	id, ok := parseCursor(r.args[1])
	if !ok {
		r.fail("ERR invalid cursor")
		return
	}
	options := scan{count: 10}
	if problem := options.parse(r.args[2:]); problem != "" {
		r.fail(problem)
		return
	}
	s := r.conn.server
	at, known := s.cursors.get(id)
	partitions := s.config.Store.Map().Partitions()
	switch {
	case partitions == 0:
		r.fail(noMap)
	case !known || at.partition >= partitions:
		r.fail("ERR cursor " + cut(r.args[1]) + " is not known to this node: begin again with SCAN 0")
	case options.empty:
		renderPage(&r.out, 0, nil)
	default:
		r.one.Partition, r.option = at.partition, partitions
		limit := int(min(options.count, kv.MaxScanKeys))
		r.do(kv.Op{Kind: kv.Scan, Key: at.key, Match: options.match, Limit: limit}, renderScan)
	}
}

func (s *scan) parse(args [][]byte) (problem string) {
	for ; len(args) > 0; args = args[2:] {
		if len(args) == 1 {
			return syntaxError
		}
		switch value := args[1]; {
		case equal(args[0], "match"):
			s.match = value
		case equal(args[0], "type"):
			s.empty = !equal(value, "string")
		case equal(args[0], "count"):
			count, ok := parseInt(value)
			if !ok {
				return notAnInteger
			}
			if count < 1 {
				return syntaxError
			}
			s.count = count
		default:
			return syntaxError
		}
	}
	return ""
}

// renderScan writes the keys found and where to go on: in this partition, or at the
// beginning of the next, until there is none.
func renderScan(w *writer, r *request) {
	next := place{partition: r.one.Partition, key: r.result().Next}
	if next.key == nil {
		next.partition++
	}
	var cursor uint64
	if next.partition < r.option {
		cursor = r.conn.server.cursors.put(next)
	}
	renderPage(w, cursor, r.result().Keys)
}

func renderPage(w *writer, cursor uint64, keys [][]byte) {
	w.array(2)
	w.text(strconv.FormatUint(cursor, 10))
	w.array(len(keys))
	for _, key := range keys {
		w.bulk(key)
	}
}

// What KEYS returns at most, and of how many partitions.
const (
	maxListed           = kv.MaxScanKeys
	maxListedPartitions = 256
)

var tooManyKeys = fmt.Sprintf("ERR more than %d keys to look through: use SCAN", maxListed)

// KEYS pattern
func listKeys(r *request) {
	if r.conn.server.config.Store.Map().Partitions() > maxListedPartitions {
		r.fail("ERR too many partitions to look through at once: use SCAN")
		return
	}
	if r.all(kv.Op{Kind: kv.Scan, Match: r.args[1]}) {
		r.render = renderKeys
	}
}

// renderKeys writes the keys of all partitions, or that they are too many.
func renderKeys(w *writer, r *request) {
	count := 0
	for _, call := range r.calls {
		count += len(call.Results[0].Keys)
		if call.Results[0].Next != nil || count > maxListed {
			w.error(tooManyKeys)
			return
		}
	}
	w.array(count)
	for _, call := range r.calls {
		for _, key := range call.Results[0].Keys {
			w.bulk(key)
		}
	}
}
