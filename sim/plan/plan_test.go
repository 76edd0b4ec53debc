package plan_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/scenarios"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/plan"
)

func everything(t *testing.T) plan.Scenario {
	t.Helper()
	s, err := scenarios.Find("everything")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAPlanIsReadAsItWasWritten(t *testing.T) {
	s := everything(t)
	for seed := range sim.Seed(50) {
		p := plan.Draw(s, seed)
		p.Work.Only = []plan.Selection{{Client: 1, Operations: []plan.Range{{Min: 3, Max: 3}, {Min: 5, Max: 9}}}}
		got, err := plan.Parse("plan.yaml", p.Encode())
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, p.Encode())
		}
		if !reflect.DeepEqual(normal(got), normal(p)) {
			t.Fatalf("seed %d:\n%s\nwas read as\n%s", seed, p.Encode(), got.Encode())
		}
	}
}

// normal makes empty lists and none alike.
func normal(p plan.Plan) plan.Plan {
	if len(p.Clocks) == 0 {
		p.Clocks = nil
	}
	if len(p.Pairs) == 0 {
		p.Pairs = nil
	}
	if len(p.Machines) == 0 {
		p.Machines = nil
	}
	if len(p.Absent) == 0 {
		p.Absent = nil
	}
	if len(p.Strikes) == 0 {
		p.Strikes = nil
	}
	for i := range p.Strikes {
		if len(p.Strikes[i].Learners) == 0 {
			p.Strikes[i].Learners = nil
		}
	}
	return p
}

// A fault that is added last leaves all others as they were.
func TestAFaultDoesNotReshuffleOthers(t *testing.T) {
	s := everything(t)
	shorter := s
	shorter.Faults = s.Faults[:len(s.Faults)-1]
	last := s.Faults[len(s.Faults)-1].Kind
	for seed := range sim.Seed(100) {
		var kept []plan.Strike
		for _, strike := range plan.Draw(s, seed).Strikes {
			if strike.Kind != last {
				kept = append(kept, strike)
			}
		}
		if got := plan.Draw(shorter, seed).Strikes; !reflect.DeepEqual(got, kept) {
			t.Fatalf("seed %d: %d strikes without %s, %d with it", seed, len(got), last, len(kept))
		}
	}
}

func TestBadPlansAreRefusedWithTheLine(t *testing.T) {
	good := string(plan.Plan{
		Format: plan.Format, Scenario: "calm", Seed: 7, Duration: time.Second,
		Cluster: plan.Cluster{Nodes: 3, Partitions: 1, Replication: 3},
		Work:    plan.Work{Clients: 1, Keys: 1, Pause: time.Millisecond},
		Network: plan.Network{Latency: time.Millisecond}, Disk: plan.Disk{Sync: time.Millisecond},
		Strikes: []plan.Strike{
			{At: 1, For: 1, Kind: plan.CutLink, Target: plan.LeaderOf(0), To: 2},
			{At: 2, For: 1, Kind: plan.Split, Target: plan.On(1), Sides: [][]int{{1}, {2, 3}}},
			{At: 3, For: 1, Kind: plan.CutPair, Target: plan.On(1), To: 3},
			{At: 4, For: 1, Kind: plan.Swizzle, Target: plan.On(1), Sides: [][]int{{1, 2, 3}, {2, 3, 1}}},
			{At: 5, For: 1, Kind: plan.CrashClient, Target: plan.OnClient(1)},
			{At: 6, For: 1, Kind: plan.DriftClock, Target: plan.On(2), Drift: 100},
		},
	}.Encode())
	if _, err := plan.Parse("good.yaml", []byte(good)); err != nil {
		t.Fatalf("%v\n%s", err, good)
	}
	for _, c := range []struct{ old, new, want string }{
		{"plan: 1", "plan: 2", "bad.yaml:1: plan must be 1"},
		{"nodes: 3", "nodes: 0", "bad.yaml:5: cluster.nodes must lie in 1..15"},
		{"replication: 3", "replication: 4", "bad.yaml:5: cluster.replication must lie in 1..3"},
		{"target: leader of 0", "target: leader of 1", "faults[0].target must name a partition"},
		{"target: leader of 0", "target: 4", "faults[0] must be a server, 1..3, not 4"},
		{"target: leader of 0", "target: nobody", `"nobody" is neither the number of a server`},
		{"to: 2", "to: 9", "must be a server"},
		{", to: 2", "", "faults[0].to is missing"},
		{"cut-link", "meteor", `faults[0].kind "meteor" is none of`},
		{"at: 2ns", "at: 0ns", "faults[1].at must not be before"},
		{"clocks: []", "clocks: [{node: 4}]", "bad.yaml:9: clocks[0].node"},
		{"to: 3", "to: 4", "must be a server"},
		{", to: 3", "", "faults[2].to is missing"},
		{"[2, 3, 1]", "[2, 3]", "faults[3].sides must be two orders of the same servers"},
		{"[2, 3, 1]", "[2, 3, 3]", "faults[3].sides must be two orders of the same servers"},
		{"client 1", "client 2", "faults[4].target must be a client, 1..1, not 2"},
		{"client 1", "client one", `"client one" is neither the number of a server`},
		{"client 1", "1", "faults[4].target must be a client"},
		{"target: 1, sides", "target: client 1, sides", "faults[1].target must be a client, such as"},
		{"drift: 100", "drift: 600000", "faults[5].drift must lie within"},
		{"pairs: []", "pairs: [{a: 1, b: 4}]", "pairs[0].b must be a server"},
		{"pairs: []", "pairs: [{a: 1, b: 2, wait: 2h}]", "pairs[0].wait must lie between"},
		{"machines: []", "machines: [{node: 4}]", "machines[0].node must be a server"},
		{"machines: []", "machines: [{node: 1}]", "machines[0].cost must lie above 0"},
		{"absent: []", "absent: [{node: 4, how: down}]", "absent[0].node must be a server"},
		{"absent: []", "absent: [{node: 1, how: asleep}]", `absent[0].how "asleep" is none of`},
		{"absent: []", "absent: [{node: 1, how: deaf}, {node: 1, how: mute}]", "absent[1].node server 1 is away already"},
		{"sizes: {}", "sizes: {mailbox: -1}", "sizes.mailbox must lie in"},
		{"sizes: {}", "sizes: {session: 600001}", "sizes.session must lie in 0..600000"},
		{"tail: 0.0", "tail: 0.0, late: -1s", "network.late must lie between"},
		{"seed: 7", "seeds: 7", "bad.yaml"},
		{"seed: 7", "seed: seven", "bad.yaml"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("nothing to replace: %q in\n%s", c.old, good)
		}
		if _, err := plan.Parse("bad.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("with %q: %v, want it to say %q", c.new, err, c.want)
		}
	}
}

// Who stays away leaves a majority of the servers.
func TestFewerThanHalfOfTheServersStayAway(t *testing.T) {
	s := everything(t)
	s.Absent = 0.5
	absent, ways := 0, map[plan.Manner]bool{}
	for seed := range sim.Seed(400) {
		p := plan.Draw(s, seed)
		if 2*len(p.Absent) >= p.Cluster.Nodes {
			t.Fatalf("seed %d: of %d servers stay away %v", seed, p.Cluster.Nodes, p.Absent)
		}
		for _, a := range p.Absent {
			ways[a.How] = true
		}
		if len(p.Absent) > 0 {
			absent++
		}
	}
	if absent < 100 || absent > 200 || len(ways) != 4 {
		t.Errorf("in %d of 400 plans somebody stays away, in the manners %v", absent, ways)
	}
}

// Clocks run beyond what servers assume only where nothing rests on that.
func TestOnlyPlansWithoutLeasesHaveClocksBeyondTheBound(t *testing.T) {
	s := everything(t)
	bound, beyond := int(s.Clock.Drift*1e6), 0
	for seed := range sim.Seed(500) {
		p := plan.Draw(s, seed)
		rates := []int{}
		for _, c := range p.Clocks {
			rates = append(rates, c.Drift)
		}
		for _, f := range p.Strikes {
			rates = append(rates, f.Drift)
		}
		for _, r := range rates {
			if max(r, -r) > bound {
				if beyond++; p.Cluster.Leases {
					t.Fatalf("seed %d: a clock is off by %d millionths, and leaders have leases", seed, r)
				}
			}
		}
	}
	if beyond == 0 {
		t.Error("no clock is ever beyond the bound")
	}
}

// A swarm has runs with each condition and runs without it.
func TestEachConditionIsInSomePlansAndNotInOthers(t *testing.T) {
	s := everything(t)
	on, plans := map[string]int{}, 200
	for seed := range sim.Seed(plans) {
		p := plan.Draw(s, seed)
		for name, is := range map[string]bool{ // any order: counted by name
			"loss": p.Network.Loss > 0, "late": p.Network.Late > 0, "pairs": len(p.Pairs) > 0,
			"machines": len(p.Machines) > 0, "bandwidth": p.Limits.Bandwidth > 0, "run": p.Limits.Run > 0,
			"mailbox": p.Limits.Mailbox > 0, "clocks": len(p.Clocks) > 0,
		} {
			if is {
				on[name]++
			} else {
				on[name] += 0
			}
		}
	}
	for name, n := range on { // any order: each is judged by itself
		if n < plans/10 || n > plans*9/10 {
			t.Errorf("%d of %d plans have %s", n, plans, name)
		}
	}
}

func TestPlansAndScenariosAreToldApart(t *testing.T) {
	if !plan.Holds([]byte("plan: 1\n")) || plan.Holds([]byte("name: calm\n")) || plan.Holds([]byte("{")) {
		t.Error("a plan was taken for a scenario, or the other way round")
	}
}

// A tag that is no name, in front of a number, is too much for the library.
const nobodyReads = "clocks: !0\n0"

func TestWhatNobodyCanReadIsRefused(t *testing.T) {
	if _, err := plan.Parse("f", []byte(nobodyReads)); err == nil || !strings.HasPrefix(err.Error(), "f: this cannot be read as YAML") {
		t.Error(err)
	}
	if plan.Holds([]byte(nobodyReads)) {
		t.Error("it was taken for a plan")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(nobodyReads))
	f.Add([]byte("plan: 1\n"))
	f.Add(plan.Draw(scenarios.All()[0], 1).Encode())
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := plan.Parse("f", text); err == nil {
			if _, err := plan.Parse("g", p.Encode()); err != nil {
				t.Errorf("%v\n%s", err, p.Encode())
			}
		}
	})
}
