package picture

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

// A band is a stretch of time on the lanes that it concerns.
type band struct {
	Lanes []int         `json:"lanes"`
	From  time.Duration `json:"from"`
	To    time.Duration `json:"to"`
	Kind  string        `json:"kind"` // such as crash
	Text  string        `json:"text"`
}

// bands are the stretches in which a node was down or stood still, as it happened.
type bands struct {
	list []band
	down map[int]int // by lane: the band that is open, plus one
	held map[int]int
}

func (b *bands) changed(e *sim.Event, lane int) {
	if b.down == nil {
		b.down, b.held = map[int]int{}, map[int]int{}
	}
	switch e.Kind {
	case sim.Crashed:
		b.close(b.held, lane, e.At)
		b.open(b.down, lane, e.At, "crash", "down: the node lost everything but its disk")
	case sim.Restarted:
		b.close(b.down, lane, e.At)
	case sim.Paused:
		b.open(b.held, lane, e.At, "pause", "paused: the process stands still, its clock and disk go on")
	case sim.Resumed:
		b.close(b.held, lane, e.At)
	}
}

func (b *bands) open(which map[int]int, lane int, at time.Duration, kind, text string) {
	b.list = append(b.list, band{Lanes: []int{lane}, From: at, To: -1, Kind: kind, Text: text})
	which[lane] = len(b.list)
}

func (b *bands) close(which map[int]int, lane int, at time.Duration) {
	if i := which[lane]; i > 0 {
		b.list[i-1].To = at
		which[lane] = 0
	}
}

// allBands returns the bands that were seen, those of the strikes of a plan, and those of
// who stayed away. A fault of the network concerns every node that it names, or that lost
// a packet to it.
func (r *Recorder) allBands(p plan.Plan) []band {
	list := append([]band{}, r.bands.list...)
	for i := range list {
		if list[i].To < 0 {
			list[i].To = r.end
		}
	}
	for _, s := range p.Strikes {
		if s.Struck == 0 || s.Kind == plan.Crash || s.Kind == plan.Pause || s.Kind == plan.CrashClient {
			continue // nobody was struck, or the record shows it anyway
		}
		b := band{From: s.At, To: min(s.At+s.For, p.Duration), Kind: string(s.Kind), Text: strikeText(s)}
		for _, n := range append([]int{s.Struck}, named(s)...) {
			if lane := r.lanes.of(actors.NodeID(n)); !slices.Contains(b.Lanes, lane) {
				b.Lanes = append(b.Lanes, lane)
			}
		}
		r.addVictims(&b)
		list = append(list, b)
	}
	for _, a := range p.Absent {
		if a.From == 0 || a.How == plan.Down {
			continue // it was needed, or the record shows it anyway
		}
		list = append(list, band{
			Lanes: []int{r.lanes.of(actors.NodeID(a.Node))}, From: a.From, To: cmp.Or(a.To, r.end),
			Kind: "absent", Text: "stays away: " + string(a.How),
		})
	}
	return list
}

// named lists whom a strike cuts off besides its target.
func named(s plan.Strike) []int {
	switch s.Kind {
	case plan.Split:
		return slices.Concat(s.Sides...)
	case plan.Swizzle:
		return s.Sides[0]
	case plan.CutLink, plan.CutPair, plan.ClogLink:
		return []int{s.To}
	}
	return nil
}

// strikeText says what a strike does, beside its kind.
func strikeText(s plan.Strike) string {
	switch s.Kind {
	case plan.Isolate:
		if s.Clients {
			return "isolate, from the clients too"
		}
	case plan.Stall:
		return "stall: stands still while it is cut off from the other servers"
	case plan.Split:
		return fmt.Sprintf("split into %v", s.Sides)
	case plan.CutLink:
		return fmt.Sprintf("cut-link: no packet from %d to %d", s.Struck, s.To)
	case plan.CutPair:
		return fmt.Sprintf("cut-pair: no packet between %d and %d", s.Struck, s.To)
	case plan.ClogLink:
		return fmt.Sprintf("clog-link: packets from %d to %d are held", s.Struck, s.To)
	case plan.Swizzle:
		return fmt.Sprintf("swizzle: cut off in the order %v, back in the order %v", s.Sides[0], s.Sides[1])
	case plan.FillDisk:
		return fmt.Sprintf("fill-disk: %d bytes are left", s.After)
	case plan.DriftClock:
		return fmt.Sprintf("drift-clock to %d millionths", s.Drift)
	case plan.JumpClock:
		return fmt.Sprintf("jump-clock by %v", s.By)
	case plan.Transfer:
		return fmt.Sprintf("transfer of partition %d to %d", s.Target.LeaderOf, s.To)
	case plan.ChangeMembers:
		return fmt.Sprintf("change-members of partition %d to voters %v, learners %v", s.Target.LeaderOf, s.Voters, s.Learners)
	case plan.Stop:
		return fmt.Sprintf("stop, within %v", s.Grace)
	}
	return string(s.Kind)
}

// addVictims adds to a band the lanes, and to its text the links, on which packets were
// lost to it.
func (r *Recorder) addVictims(b *band) {
	var links []string
	for _, c := range r.flights.copies {
		if c.fate != lost || r.flights.blames.list[c.blame] != b.Kind || c.at < b.From || c.at > b.To {
			continue
		}
		sent := r.rows.list[c.sent]
		from, to := r.lanes.actors[sent.actor].Node, r.lanes.actors[sent.other].Node
		for _, lane := range []int{r.lanes.of(from), r.lanes.of(to)} {
			if !slices.Contains(b.Lanes, lane) && !r.lanes.nodes[lane].IsClient() {
				b.Lanes = append(b.Lanes, lane)
			}
		}
		if link := from.String() + "→" + to.String(); !slices.Contains(links, link) {
			links = append(links, link)
		}
	}
	if len(links) > 0 {
		slices.Sort(links)
		b.Text += "; lost packets " + strings.Join(links, " ")
	}
}
