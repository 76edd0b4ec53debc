package cluster

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/plan"
)

func TestTheOthersWorkWithoutWhoStaysAway(t *testing.T) {
	for _, how := range []plan.Manner{plan.Down, plan.CutOff, plan.Deaf, plan.Mute} {
		for node := 1; node <= 3; node++ { // one of them leads
			t.Run(fmt.Sprint(how, " ", node), func(t *testing.T) {
				p := plan.Draw(rehearsal, 1)
				p.Absent = []plan.Absence{{Node: node, How: how}}
				r := newRun(p)
				report := r.carryOut(nil)
				a := report.Plan.Absent[0]
				if report.Verdict != check.Pass || a.From < p.Duration || a.To <= a.From {
					t.Errorf("%v: away from %v to %v", report, a.From, a.To)
				}
				if !slices.Contains(report.Faults, Count{"absence", 1}) {
					t.Errorf("nobody counted it: %v", report.Faults)
				}
			})
		}
	}
}

// That two servers decide nothing together shows only when the third is away.
func TestAbsenceShowsWhoCannotDoWithout(t *testing.T) {
	violations := func(absent ...plan.Absence) []check.Violation {
		p := plan.Draw(rehearsal, 1)
		p.Strikes, p.Absent = nil, absent
		r := newRun(p)
		r.parts.codec = tamperRaft(func(m raft.Message) raft.Message {
			if m.From != 3 && m.To != 3 && r.world.Now() >= p.Duration && m.Kind == raft.AcceptEntries {
				m.Kind, m.Term = raft.RefusePreVote, 0 // which means nothing to anybody
			}
			return m
		})
		return r.carryOut(nil).Violations
	}
	lacksProgress := func(v check.Violation) bool { return v.Oracle == check.Progress }
	if found := violations(); slices.ContainsFunc(found, lacksProgress) {
		t.Errorf("with everybody there: %v", found)
	}
	found := violations(plan.Absence{Node: 3, How: plan.Down})
	if i := slices.IndexFunc(found, lacksProgress); i < 0 {
		t.Errorf("without node 3 nobody complains of a lack of progress: %v", found)
	} else if !strings.Contains(found[i].Text, "node 3, down") {
		t.Errorf("it does not say who is away: %s", found[i].Text)
	}
}

func TestWhoIsNeededStays(t *testing.T) {
	anything, never := func(*plan.Plan) {}, func(*run) {}
	for _, c := range []struct {
		name string
		plan func(*plan.Plan)
		late func(*run) // happens just before everything is healed
		away int
	}{
		{"one of three may go", anything, never, 1},
		{"the second would leave one of three", func(p *plan.Plan) {
			p.Absent = append(p.Absent, plan.Absence{Node: 2, How: plan.Mute})
		}, never, 1},
		{"members were to be changed", func(p *plan.Plan) {
			p.Strikes = []plan.Strike{{
				At: p.Duration - settling/2, Kind: plan.ChangeMembers, Target: plan.LeaderOf(0), Voters: []int{1, 2},
			}}
		}, never, 0},
		{"another one is damaged", anything, func(r *run) { r.watch.consensus.Hurt(2) }, 0},
		{"another one has not answered who its members shall be", anything, func(r *run) { r.wish(2, 0) }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := plan.Draw(rehearsal, 1)
			p.Strikes, p.Absent = nil, []plan.Absence{{Node: 3, How: plan.CutOff}}
			c.plan(&p)
			r := newRun(p)
			r.build(nil)
			defer r.leave()
			r.schedule()
			r.world.At(p.Duration, func() { c.late(r) })
			r.world.RunUntil(r.over, p.Duration)
			r.heal()
			if len(r.absent) != c.away {
				t.Errorf("%d are away", len(r.absent))
			}
		})
	}
}
