package resp

import (
	"path"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/kv"
)

// settings answers CONFIG GET, in the words of Redis, as far as tools ask.
func (s *Server) settings() [][2]string {
	c := s.config
	return [][2]string{
		{"appendonly", "yes"},
		{"appendfsync", "always"},
		{"cluster-enabled", "yes"},
		{"databases", "1"},
		{"maxclients", strconv.Itoa(c.MaxConnections)},
		{"maxmemory", "0"},
		{"maxmemory-policy", "noeviction"},
		{"proto-max-bulk-len", strconv.Itoa(kv.MaxValueBytes)},
		{"save", ""},
		{"timeout", strconv.Itoa(int(c.IdleTimeout.Seconds()))},
	}
}

// CONFIG GET pattern [pattern ...]
func configGet(r *request) {
	var found [][2]string
	for _, setting := range r.conn.server.settings() {
		if matchesAny(r.args[2:], setting[0]) {
			found = append(found, setting)
		}
	}
	r.out.dictionary(len(found))
	for _, setting := range found {
		r.out.text(setting[0])
		r.out.text(setting[1])
	}
}

func matchesAny(patterns [][]byte, name string) bool {
	for _, pattern := range patterns {
		if len(pattern) > shownBytes {
			continue // longer than every name, and costly to match
		}
		if ok, _ := path.Match(strings.ToLower(string(pattern)), name); ok {
			return true
		}
	}
	return false
}
