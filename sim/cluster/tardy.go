package cluster

import (
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim/check"
)

// Of servers beyond these bounds times prove nothing: when something came there says too
// little of when it was handled, and how long they waited too little of how long that was.
const (
	soundCost  = 200 * time.Microsecond
	soundDrift = 40_000 // millionths: what is left up to the bound of production is for other servers
)

// costs tells the oracles how long a call of an actor takes on a server from now on.
func (r *run) costs(n actors.NodeID, cost time.Duration) {
	if cost > soundCost {
		r.watch.tardy(check.Node(n))
	}
}

// drifts tells the oracles at which rate the clocks of a server run from now on.
func (r *run) drifts(n actors.NodeID, drift int) {
	r.watch.protocol.Drifts(check.Node(n), drift)
	if max(drift, -drift) > soundDrift {
		r.watch.tardy(check.Node(n))
	}
}
