package resp

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/ring"
)

// moved returns the error that sends a client elsewhere, if that is right: the
// connection knows about clusters, and another node leads the slot.
func (c *conn) moved(slot uint16, spec *command) string {
	if !c.mode.aware || c.mode.asking || c.mode.readonly && spec.flags&readonly != 0 {
		return ""
	}
	m := c.server.config.Store.Map()
	leader, known := leaderOf(m, slot)
	if !known || leader.ID == c.server.config.Self || leader.Redis == "" {
		return ""
	}
	host, port := c.endpoint(leader)
	return "MOVED " + strconv.Itoa(int(slot)) + " " + net.JoinHostPort(host, port)
}

// leaderOf returns who leads a slot, as far as the map tells.
func leaderOf(m node.ClusterMap, slot uint16) (ring.Member, bool) {
	if m.Partitions() == 0 {
		return ring.Member{}, false
	}
	p := m.Partition(slot)
	if p >= len(m.Leaders) || m.Leaders[p] == 0 {
		return ring.Member{}, false
	}
	return m.Member(m.Leaders[p])
}

// endpoint returns where this client should reach a node. A node that listens on
// all addresses is, if it is this one, where the client has found it.
func (c *conn) endpoint(m ring.Member) (host, port string) {
	host, port, err := net.SplitHostPort(m.Redis)
	if err != nil {
		return m.Redis, "0"
	}
	ip, err := netip.ParseAddr(host)
	if host != "" && (err != nil || !ip.IsUnspecified()) {
		return host, port
	}
	if local, _, err := net.SplitHostPort(c.socket.LocalAddr().String()); err == nil && m.ID == c.server.config.Self {
		return local, port
	}
	return "", port
}

// nodeName is what a node is called in Redis: 40 hexadecimal digits.
func nodeName(id ring.NodeID) string { return fmt.Sprintf("%040x", id) }

// A shard is a run of slots with those who hold them, the leader first.
type shard struct {
	first, last uint16
	nodes       []ring.NodeID
}

// shards cuts the slots where the holders change.
func shards(m node.ClusterMap) (list []shard) {
	for p := range m.Owners {
		first, last := m.SlotsOf(p)
		nodes := holders(m, p)
		if n := len(list); n > 0 && slices.Equal(list[n-1].nodes, nodes) {
			list[n-1].last = last
			continue
		}
		list = append(list, shard{first, last, nodes})
	}
	return list
}

// holders returns who holds a partition, first who leads it or should.
func holders(m node.ClusterMap, p int) []ring.NodeID {
	nodes := slices.Clone(m.Owners[p])
	if p < len(m.Leaders) {
		if i := slices.Index(nodes, m.Leaders[p]); i > 0 {
			copy(nodes[1:i+1], nodes[:i])
			nodes[0] = m.Leaders[p]
		}
	}
	return slices.DeleteFunc(nodes, func(id ring.NodeID) bool {
		member, known := m.Member(id)
		return !known || member.Redis == ""
	})
}

// clusterMap returns the map to a client that from now on knows that there is a
// cluster. It reports false, and has answered, if there is none yet.
func (r *request) clusterMap() (node.ClusterMap, bool) {
	r.conn.mode.aware = true
	m := r.conn.server.config.Store.Map()
	if m.Partitions() == 0 {
		r.fail(noMap)
		return m, false
	}
	return m, true
}

// CLUSTER SLOTS
func clusterSlots(r *request) {
	m, ok := r.clusterMap()
	if !ok {
		return
	}
	list := shards(m)
	r.out.array(len(list))
	for _, s := range list {
		r.out.array(2 + len(s.nodes))
		r.out.integer(int64(s.first))
		r.out.integer(int64(s.last))
		for _, id := range s.nodes {
			r.slotsNode(m, id)
		}
	}
}

func (r *request) slotsNode(m node.ClusterMap, id ring.NodeID) {
	member, _ := m.Member(id)
	host, port := r.conn.endpoint(member)
	r.out.array(4)
	r.out.text(host)
	r.out.integer(portNumber(port))
	r.out.text(nodeName(id))
	r.out.array(0)
}

// CLUSTER SHARDS
func clusterShards(r *request) {
	m, ok := r.clusterMap()
	if !ok {
		return
	}
	list := shards(m)
	r.out.array(len(list))
	for _, s := range list {
		r.out.dictionary(2)
		r.out.text("slots")
		r.out.array(2)
		r.out.integer(int64(s.first))
		r.out.integer(int64(s.last))
		r.out.text("nodes")
		r.out.array(len(s.nodes))
		for i, id := range s.nodes {
			r.shardsNode(m, id, i == 0)
		}
	}
}

func (r *request) shardsNode(m node.ClusterMap, id ring.NodeID, leads bool) {
	member, _ := m.Member(id)
	host, port := r.conn.endpoint(member)
	role := "replica"
	if leads {
		role = "master"
	}
	w := &r.out
	w.dictionary(7)
	w.text("id")
	w.text(nodeName(id))
	w.text("port")
	w.integer(portNumber(port))
	w.text("ip")
	w.text(host)
	w.text("endpoint")
	w.text(host)
	w.text("role")
	w.text(role)
	w.text("replication-offset")
	w.integer(0)
	w.text("health")
	w.text("online")
}

// CLUSTER NODES
//
// Every node is called a master, with the slots that it leads: a node here leads
// some slots and follows for others, which Redis has no word for.
func clusterNodes(r *request) {
	m, ok := r.clusterMap()
	if !ok {
		return
	}
	led := map[ring.NodeID][]string{}
	for _, s := range shards(m) {
		if len(s.nodes) > 0 {
			led[s.nodes[0]] = append(led[s.nodes[0]], slotRange(s))
		}
	}
	var b strings.Builder
	for _, member := range m.Members {
		host, port := r.conn.endpoint(member)
		_, peerPort, _ := net.SplitHostPort(member.Address)
		myself := ""
		if member.ID == r.conn.server.config.Self {
			myself = "myself,"
		}
		fmt.Fprintf(&b, "%s %s:%s@%d %smaster - 0 0 %d connected", nodeName(member.ID),
			host, port, portNumber(peerPort), myself, m.Epoch)
		for _, slots := range led[member.ID] {
			b.WriteString(" " + slots)
		}
		b.WriteByte('\n')
	}
	r.out.page(b.String())
}

func slotRange(s shard) string {
	if s.first == s.last {
		return strconv.Itoa(int(s.first))
	}
	return fmt.Sprintf("%d-%d", s.first, s.last)
}

// portNumber returns a port as a number, zero if it is not one.
func portNumber(port string) int64 {
	n, _ := parseInt([]byte(port))
	return n
}

// CLUSTER INFO
//
// The state is ok once there is a map, even if this node does not know who leads
// some slots: it does not have to, and libraries give up a cluster that is not ok.
// Such slots are counted as pfail, possibly failing.
func clusterInfo(r *request) {
	m := r.conn.server.config.Store.Map()
	led, leading := 0, map[ring.NodeID]bool{}
	for p := range m.Owners {
		first, last := m.SlotsOf(p)
		if leader, known := leaderOf(m, first); known {
			led += int(last) - int(first) + 1
			leading[leader.ID] = true
		}
	}
	state, assigned := "ok", ring.Slots
	if m.Partitions() == 0 {
		state, assigned = "fail", 0
	}
	var b strings.Builder
	fmt.Fprintf(&b, "cluster_enabled:1\r\n")
	fmt.Fprintf(&b, "cluster_state:%s\r\n", state)
	fmt.Fprintf(&b, "cluster_slots_assigned:%d\r\n", assigned)
	fmt.Fprintf(&b, "cluster_slots_ok:%d\r\n", led)
	fmt.Fprintf(&b, "cluster_slots_pfail:%d\r\n", assigned-led)
	fmt.Fprintf(&b, "cluster_slots_fail:0\r\n")
	fmt.Fprintf(&b, "cluster_known_nodes:%d\r\n", len(m.Members))
	fmt.Fprintf(&b, "cluster_size:%d\r\n", len(leading))
	fmt.Fprintf(&b, "cluster_current_epoch:%d\r\n", m.Epoch)
	fmt.Fprintf(&b, "cluster_my_epoch:%d\r\n", m.Epoch)
	r.out.page(b.String())
}

// CLUSTER KEYSLOT key
func clusterKeySlot(r *request) { r.out.integer(int64(ring.Slot(r.args[2]))) }

// CLUSTER MYID
func clusterMyID(r *request) { r.out.text(nodeName(r.conn.server.config.Self)) }
