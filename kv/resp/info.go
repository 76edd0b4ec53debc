package resp

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/kv"
)

// infoPages is what INFO answers, with a gap where the keys are counted.
type infoPages struct {
	before, after string
	keyspace      bool
}

// infoSections are those of INFO, in their order.
var infoSections = []struct {
	name, title string
	write       func(b *strings.Builder, c *conn)
}{
	{"server", "Server", infoServer},
	{"clients", "Clients", infoClients},
	{"persistence", "Persistence", infoPersistence},
	{"stats", "Stats", infoStats},
	{"replication", "Replication", infoReplication},
	{"cluster", "Cluster", infoCluster},
	{"keyspace", "Keyspace", nil},
}

// infoPatience is how long INFO waits for partitions to count their keys. Libraries
// ask for INFO before they do anything else, so one partition without a leader must
// not hold them up for long.
const infoPatience = 500 * time.Millisecond

// INFO [section [section ...]]
func info(r *request) {
	pages := &infoPages{}
	var b strings.Builder
	for _, section := range infoSections {
		if !wanted(r.args[1:], section.name) {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString("# " + section.title + "\r\n")
		if section.write == nil {
			pages.keyspace, pages.before = true, b.String()
			b.Reset()
			continue
		}
		section.write(&b, r.conn)
	}
	pages.after = b.String()
	r.answerInfo(pages)
}

// wanted reports whether a section is asked for: by name, or as one of all.
func wanted(asked [][]byte, name string) bool {
	for _, arg := range asked {
		for _, word := range []string{name, "default", "all", "everything"} {
			if equal(arg, word) {
				return true
			}
		}
	}
	return len(asked) == 0
}

func (r *request) answerInfo(pages *infoPages) {
	if !pages.keyspace || r.conn.server.config.Store.Map().Partitions() == 0 {
		r.out.page(pages.before + pages.after)
		return
	}
	r.all(kv.Op{Kind: kv.Size})
	for _, call := range r.calls {
		call.Timeout = infoPatience
	}
	r.pages, r.render = pages, renderInfo
}

// renderInfo writes INFO. Without the keyspace if a partition did not answer.
func renderInfo(w *writer, r *request) {
	keyspace := ""
	if r.err() == nil && r.total() > 0 {
		keyspace = fmt.Sprintf("db0:keys=%d,expires=0,avg_ttl=0\r\n", r.total())
	}
	w.page(r.pages.before + keyspace + r.pages.after)
}

func infoServer(b *strings.Builder, c *conn) {
	s := c.server
	uptime := int64(time.Since(s.started).Seconds())
	_, port, _ := net.SplitHostPort(c.socket.LocalAddr().String())
	fmt.Fprintf(b, "redis_version:%s\r\n", redisVersion)
	fmt.Fprintf(b, "redis_mode:cluster\r\n")
	fmt.Fprintf(b, "server_name:understudy\r\n")
	fmt.Fprintf(b, "understudy_version:%s\r\n", s.config.Version)
	fmt.Fprintf(b, "os:%s %s\r\n", runtime.GOOS, runtime.GOARCH)
	fmt.Fprintf(b, "arch_bits:%d\r\n", 32<<(^uint(0)>>63))
	fmt.Fprintf(b, "process_id:%d\r\n", os.Getpid())
	fmt.Fprintf(b, "run_id:%s\r\n", nodeName(s.config.Self))
	fmt.Fprintf(b, "tcp_port:%s\r\n", port)
	fmt.Fprintf(b, "uptime_in_seconds:%d\r\n", uptime)
	fmt.Fprintf(b, "uptime_in_days:%d\r\n", uptime/(24*60*60))
}

func infoClients(b *strings.Builder, c *conn) {
	fmt.Fprintf(b, "connected_clients:%d\r\n", c.server.Stats().Connections)
	fmt.Fprintf(b, "maxclients:%d\r\n", c.server.config.MaxConnections)
	fmt.Fprintf(b, "blocked_clients:0\r\n")
}

// infoPersistence says that nothing is being loaded, which libraries wait for.
func infoPersistence(b *strings.Builder, _ *conn) {
	fmt.Fprintf(b, "loading:0\r\n")
	fmt.Fprintf(b, "aof_enabled:1\r\n")
}

func infoStats(b *strings.Builder, c *conn) {
	stats := c.server.Stats()
	fmt.Fprintf(b, "total_connections_received:%d\r\n", stats.Accepted)
	fmt.Fprintf(b, "total_commands_processed:%d\r\n", stats.Commands)
	fmt.Fprintf(b, "rejected_connections:%d\r\n", stats.Rejected)
}

func infoReplication(b *strings.Builder, _ *conn) {
	fmt.Fprintf(b, "role:master\r\n")
	fmt.Fprintf(b, "connected_slaves:0\r\n")
}

func infoCluster(b *strings.Builder, _ *conn) { fmt.Fprintf(b, "cluster_enabled:1\r\n") }
