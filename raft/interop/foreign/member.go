package foreign

import (
	"slices"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
)

// steer changes the members of the group again and again while the storm lasts: out
// goes one of an odd number of voters, in comes one for an even number. A group in
// which some follow a configuration when it is appended and others when it is applied
// is safe only if each differs from the last one by one voter and nobody is further
// behind than that; so the next change waits until all members have applied the last.
func (r *run) steer(s *sim.Stream) {
	r.world.After(s.Exp(r.plan.ChangeEvery), func() {
		if r.world.Now() >= r.plan.Stormy {
			return
		}
		if c := r.consensus.Configuration(theGroup); r.leader != 0 && r.allKnow(c) {
			r.world.Send(refOf(raft.ID(r.leader)), change{c, r.goal(c, s)})
		}
		r.steer(s)
	})
}

// allKnow reports whether every member has applied the last change.
func (r *run) allKnow(c raft.Configuration) bool {
	return !slices.ContainsFunc(c.Voters, func(id raft.ID) bool { return r.configured[id] < r.changed })
}

// goal is what the voters shall be next: what they are becoming, if they are.
func (r *run) goal(c raft.Configuration, s *sim.Stream) []raft.ID {
	if len(c.Target) > 0 {
		return c.Target
	}
	voters := slices.Clone(c.Voters)
	if len(voters)%2 == 1 {
		i := s.IntN(len(voters))
		return slices.Delete(voters, i, i+1)
	}
	var others []raft.ID
	for _, n := range r.servers {
		if id := raft.ID(n); !slices.Contains(voters, id) {
			others = append(others, id)
		}
	}
	voters = append(voters, others[s.IntN(len(others))])
	slices.Sort(voters)
	return voters
}
