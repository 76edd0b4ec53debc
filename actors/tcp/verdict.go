package tcp

import (
	"fmt"

	"github.com/understudy-kv/understudy/actors"
)

// A Verdict is what one side of a handshake thinks of the other.
type Verdict byte

// The verdicts. Their numbers are part of the format.
const (
	Welcome Verdict = iota
	WrongVersion
	WrongCluster
	WrongNode
	SameNode
	StaleIncarnation
	Malformed
	Crowded
)

// A Refusal is the error of a handshake that ended with a [Verdict] other than
// [Welcome], by either side.
type Refusal struct {
	Verdict  Verdict
	Dialler  Identity
	Acceptor Identity // what is known of it: a refusal may say little
	Dialled  actors.NodeID
	Versions [2]uint16 // of the dialler and of the acceptor
}

// Error says the same on both sides: what does not fit, and what to do.
func (r *Refusal) Error() string {
	dialler, acceptor := describe(r.Dialler), describe(r.Acceptor)
	switch r.Verdict {
	case WrongVersion:
		return fmt.Sprintf("the dialler speaks version %d of the peer protocol, the acceptor version %d: "+
			"run releases that speak the same version", r.Versions[0], r.Versions[1])
	case WrongCluster:
		return fmt.Sprintf("%s is of cluster %d, %s of cluster %d: give each node and client "+
			"addresses of its own cluster only", dialler, r.Dialler.Cluster, acceptor, r.Acceptor.Cluster)
	case WrongNode:
		return fmt.Sprintf("%s dialled node %v, but %s answers at this address: "+
			"correct the address of node %v", dialler, r.Dialled, acceptor, r.Dialled)
	case SameNode:
		return fmt.Sprintf("both sides are %s: give each node an id and a data directory of its own", acceptor)
	case StaleIncarnation:
		return fmt.Sprintf("%s in incarnation %d talked to %s in incarnation %d, but a later incarnation of one "+
			"of them has been met: end its older process, and never run a copy of a data directory",
			dialler, r.Dialler.Incarnation, acceptor, r.Acceptor.Incarnation)
	case Crowded:
		return fmt.Sprintf("%s has as many connections as it takes: use another node, "+
			"or close connections", acceptor)
	}
	return fmt.Sprintf("the hello of %s or of %s makes no sense (verdict %d): "+
		"run releases that fit together", dialler, acceptor, r.Verdict)
}

func describe(id Identity) string {
	switch {
	case id.Node == 0:
		return "a process without id"
	case id.Node.IsClient():
		return "client " + id.Node.String()
	}
	return "node " + id.Node.String()
}

// judge is how either side takes the hello of the other. Wanted is the node that
// the judge dialled, 0 if it was dialled; latest the latest process of that node met
// so far.
func (id Identity) judge(h hello, wanted actors.NodeID, latest Identity) Verdict {
	switch {
	case !h.sane():
		return Malformed
	case id.Cluster != 0 && h.Cluster != 0 && id.Cluster != h.Cluster:
		return WrongCluster
	case h.peer != 0 && h.peer != id.Node:
		return WrongNode
	case wanted != 0 && h.Node != wanted:
		return WrongNode
	case id.Node != 0 && h.Node == id.Node:
		return SameNode
	case h.before(latest):
		return StaleIncarnation
	}
	return Welcome
}

// sane reports whether such a process can exist: only clients and probes may be of
// any cluster, and only a probe may be nobody.
func (h hello) sane() bool {
	if h.class >= classes {
		return false
	}
	if h.Node == 0 {
		return h.class == probe
	}
	return h.Cluster != 0 || h.Node.IsClient()
}
