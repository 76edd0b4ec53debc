package plan

import (
	"fmt"
	"slices"
	"time"
)

// An Absence is a server that stays away when everything else is healed, until the others
// have shown that they can work without it: a majority must be able to.
type Absence struct {
	Node int    `yaml:"node"`
	How  Manner `yaml:"how"`
	// From and To say when it was away, once the plan was carried out. Both are zero if
	// the others could not have done without it.
	From time.Duration `yaml:"-"`
	To   time.Duration `yaml:"-"`
}

// A Manner is a way to stay away.
type Manner string

// The manners. Clients reach a server that is not down.
const (
	// Down: its process does not run.
	Down Manner = "down"
	// CutOff: no packet passes between it and other servers.
	CutOff Manner = "cut-off"
	// Deaf: no packet of another server reaches it. Its own reach them, so it can disturb.
	Deaf Manner = "deaf"
	// Mute: no packet of it reaches another server. It follows what they do.
	Mute Manner = "mute"
)

var manners = []Manner{Down, CutOff, Deaf, Mute}

// drawAbsences draws who stays away, in a share of the plans: fewer than half of the
// servers, and each in a manner of its own.
func (d *drawing) drawAbsences(share float64) {
	s := d.seed.Stream("absent")
	if !s.Chance(share) {
		return
	}
	for range (d.plan.Cluster.Nodes - 1) / 2 {
		n := 1 + s.IntN(d.plan.Cluster.Nodes)
		how := manners[s.IntN(len(manners))]
		if !slices.ContainsFunc(d.plan.Absent, func(a Absence) bool { return a.Node == n }) {
			d.plan.Absent = append(d.plan.Absent, Absence{Node: n, How: how})
		}
	}
}

// validateAbsences judges who stays away.
func (p Plan) validateAbsences() error {
	for i, a := range p.Absent {
		path := fmt.Sprintf("absent[%d]", i)
		if err := p.server(path+".node", a.Node); err != nil {
			return err
		}
		if !slices.Contains(manners, a.How) {
			return badField(path+".how", "%q is none of %v", a.How, manners)
		}
		if slices.ContainsFunc(p.Absent[:i], func(b Absence) bool { return b.Node == a.Node }) {
			return badField(path+".node", "server %d is away already", a.Node)
		}
	}
	return nil
}
