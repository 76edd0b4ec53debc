package plan

import (
	"fmt"
	"slices"
	"strings"
)

// A Family is faults, and conditions that hold all the time, which have one cause. A
// scenario can leave families out, to see what they are good for.
type Family string

// The families.
const (
	Crashes      Family = "crashes"
	Pauses       Family = "pauses"
	Cuts         Family = "cuts"
	Packets      Family = "packets"
	Clogs        Family = "clogs"
	SlowDisks    Family = "slow-disks"
	FailingDisks Family = "failing-disks"
	Damage       Family = "damage"
	Clocks       Family = "clocks"
	Transfers    Family = "transfers"
	Members      Family = "members"
	SmallSizes   Family = "sizes"
	LostClients  Family = "clients"
	FileDisks    Family = "real-files"
	Absences     Family = "absences"
)

// families says of each what it consists of.
var families = []struct {
	name       Family
	kinds      []FaultKind
	conditions string      // in words, if there are any
	off        func(*Plan) // makes the conditions harmless, if there are any
}{
	{name: Crashes, kinds: []FaultKind{Crash, Stop}},
	{name: Pauses, kinds: []FaultKind{Pause, Stall, SlowNode}, conditions: "slow machines",
		off: func(p *Plan) { p.Machines = nil }},
	{name: Cuts, kinds: []FaultKind{Isolate, Split, CutLink, CutPair, Swizzle}},
	{name: Packets, conditions: "packets that are lost, repeated, late or overtaken, and servers far from each other",
		off: func(p *Plan) {
			p.Network.Loss, p.Network.Duplicate, p.Network.Late = 0, 0, 0
			p.Network.Reorder, p.Network.Tail, p.Pairs = 0, 0, nil
		}},
	{name: Clogs, kinds: []FaultKind{Clog, ClogLink}, conditions: "narrow links",
		off: func(p *Plan) { p.Limits.Bandwidth, p.Limits.Queue = 0, 0 }},
	{name: SlowDisks, kinds: []FaultKind{SlowDisk, StickDisk}},
	{name: FailingDisks, kinds: []FaultKind{FailSync, FailAppend, FailFile, FailRead, FillDisk}, conditions: "torn records",
		off: func(p *Plan) { p.Disk.Torn = 0 }},
	{name: Damage, kinds: []FaultKind{Corrupt, CorruptSnapshot, RotSnapshot, Misdirect, LoseLog, LoseSnapshot, Wipe}},
	{name: Clocks, kinds: []FaultKind{JumpClock, DriftClock}, conditions: "clocks that are off",
		off: func(p *Plan) { p.Clocks = nil }},
	{name: Transfers, kinds: []FaultKind{Transfer}},
	{name: Members, kinds: []FaultKind{ChangeMembers}},
	{name: SmallSizes, conditions: "sizes below those of production",
		off: func(p *Plan) { p.Limits = Limits{Bandwidth: p.Limits.Bandwidth, Queue: p.Limits.Queue} }},
	{name: LostClients, kinds: []FaultKind{CrashClient}},
	{name: FileDisks, conditions: "disks of real files", off: func(p *Plan) { p.Disk.Files = ModelFiles }},
	{name: Absences, conditions: "servers that stay away when all else is healed", off: func(p *Plan) { p.Absent = nil }},
}

// Families returns all of them, in the order in which they are explained.
func Families() (names []Family) {
	for _, f := range families {
		names = append(names, f.name)
	}
	return names
}

// ParseFamily returns the family of that name.
func ParseFamily(name string) (Family, error) {
	if !slices.Contains(Families(), Family(name)) {
		return "", fmt.Errorf("%q is no family of faults; there are %s", name, listed())
	}
	return Family(name), nil
}

// listed names all families in a sentence.
func listed() string {
	var names []string
	for _, f := range families {
		names = append(names, string(f.name))
	}
	return strings.Join(names, ", ")
}

// Kinds returns the kinds of fault that belong to a family.
func (f Family) Kinds() []FaultKind { return slices.Clone(families[f.place()].kinds) }

// Conditions says in words what belongs to a family and holds all the time, if anything
// does.
func (f Family) Conditions() string { return families[f.place()].conditions }

// place returns where a family, of which there is one, stands among all.
func (f Family) place() int { return slices.Index(Families(), f) }

// Family returns to which one a kind of fault belongs.
func (k FaultKind) Family() Family {
	for _, f := range families {
		if slices.Contains(f.kinds, k) {
			return f.name
		}
	}
	return ""
}

// leaveOut takes a family out of a plan, and leaves everything else as it was.
func (f Family) leaveOut(p *Plan) {
	it := families[f.place()]
	p.Strikes = slices.DeleteFunc(p.Strikes, func(s Strike) bool { return slices.Contains(it.kinds, s.Kind) })
	if it.off != nil {
		it.off(p)
	}
}

// Has reports whether anything of a family is in a plan.
func (p Plan) Has(f Family) bool {
	without := p
	without.Strikes = slices.Clone(p.Strikes)
	f.leaveOut(&without)
	return len(without.Strikes) < len(p.Strikes) || without.Network != p.Network || without.Disk != p.Disk ||
		without.Limits != p.Limits || len(without.Clocks) < len(p.Clocks) || len(without.Pairs) < len(p.Pairs) ||
		len(without.Machines) < len(p.Machines) || len(without.Absent) < len(p.Absent)
}
