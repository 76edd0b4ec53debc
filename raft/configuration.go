package raft

import (
	"errors"
	"fmt"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/understudy-kv/understudy/raft/field"
)

// A Configuration says whose word counts (§6). Its lists are sorted. It is a
// value: once made, nothing changes it or what it points to.
type Configuration struct {
	// Voters decide by majority.
	Voters []ID
	// Outgoing are the voters before a change that is under way: a majority of them
	// must agree as well (joint consensus). Empty otherwise.
	Outgoing []ID
	// Learners are sent everything and asked nothing, unless they are among the voters
	// of a change under way that makes learners of them: outgoing ones, or ones that
	// are not in Target.
	Learners []ID
	// Target is the set of voters that the group is on its way to while some of them
	// still have to catch up, as learners. Empty otherwise.
	Target []ID
}

// maxMembers limits the members that one list of a Configuration may name.
const maxMembers = 64

// Has reports whether id is a member, voting or not.
func (c Configuration) Has(id ID) bool { return c.Votes(id) || slices.Contains(c.Learners, id) }

// Votes reports whether the word of id counts.
func (c Configuration) Votes(id ID) bool {
	return slices.Contains(c.Voters, id) || slices.Contains(c.Outgoing, id)
}

// Joint reports whether two sets of voters must agree.
func (c Configuration) Joint() bool { return len(c.Outgoing) > 0 }

// Settled reports whether no change is under way.
func (c Configuration) Settled() bool { return len(c.Outgoing) == 0 && len(c.Target) == 0 }

// Members returns everybody in c, sorted.
func (c Configuration) Members() []ID {
	all := slices.Concat(c.Voters, c.Outgoing, c.Learners)
	slices.Sort(all)
	return slices.Compact(all)
}

// Equal reports whether c and d say the same.
func (c Configuration) Equal(d Configuration) bool {
	return slices.Equal(c.Voters, d.Voters) && slices.Equal(c.Outgoing, d.Outgoing) &&
		slices.Equal(c.Learners, d.Learners) && slices.Equal(c.Target, d.Target)
}

// Validate says what is wrong with c, if anything. A Configuration without voters
// is that of a replica which knows no group yet, and is valid nowhere else.
func (c Configuration) Validate() error {
	for _, list := range [][]ID{c.Voters, c.Outgoing, c.Learners, c.Target} {
		if err := validateMembers(list); err != nil {
			return fmt.Errorf("configuration %v: %w", c, err)
		}
	}
	switch {
	case len(c.Voters) == 0:
		return fmt.Errorf("configuration %v: no voters", c)
	case slices.ContainsFunc(c.Learners, func(id ID) bool { return slices.Contains(c.staying(), id) }):
		return fmt.Errorf("configuration %v: a voter is a learner as well", c)
	case c.Joint() && len(c.Target) > 0:
		return fmt.Errorf("configuration %v: it is changing to two sets at once", c)
	case slices.ContainsFunc(c.Target, func(id ID) bool { return !c.Has(id) }):
		return fmt.Errorf("configuration %v: its target names somebody who is no member", c)
	}
	return nil
}

// staying is the voters that remain voters as far as c says.
func (c Configuration) staying() []ID {
	if len(c.Target) == 0 {
		return c.Voters
	}
	return without(c.Voters, without(c.Voters, c.Target))
}

func validateMembers(list []ID) error {
	switch {
	case len(list) > maxMembers:
		return fmt.Errorf("%d members; the limit is %d", len(list), maxMembers)
	case slices.Contains(list, None), slices.Contains(list, Anyone):
		return errors.New("nobody is a member")
	case !slices.IsSorted(list) || len(slices.Compact(slices.Clone(list))) != len(list):
		return errors.New("a list is not sorted, or names somebody twice")
	}
	return nil
}

// String prints c as {1 2 3}, {1 2 3 | learners 4 | to 2 3 4} or {2 3 4 | from 1 2 3}.
func (c Configuration) String() string {
	s := "{" + names(c.Voters)
	for _, part := range []struct {
		name string
		list []ID
	}{{"from", c.Outgoing}, {"learners", c.Learners}, {"to", c.Target}} {
		if len(part.list) > 0 {
			s += " | " + part.name + " " + names(part.list)
		}
	}
	return s + "}"
}

func names(list []ID) string {
	s := fmt.Sprint(list)
	return s[1 : len(s)-1]
}

// AppendTo appends the encoding of c to b: a protobuf message with the fields of
// Configuration in their order, numbered from 1, each repeated for every member.
// The Data of an entry of kind [Membership] is one.
func (c Configuration) AppendTo(b []byte) []byte {
	for i, list := range [][]ID{c.Voters, c.Outgoing, c.Learners, c.Target} {
		for _, id := range list {
			b = field.AppendItem(b, protowire.Number(i+1), uint64(id))
		}
	}
	return b
}

// DecodeConfiguration is the inverse of [Configuration.AppendTo]. What it returns
// is valid.
func DecodeConfiguration(b []byte) (Configuration, error) {
	var c Configuration
	lists := [...]*[]ID{1: &c.Voters, 2: &c.Outgoing, 3: &c.Learners, 4: &c.Target}
	d := field.Read(b)
	for d.Next() {
		if d.Number >= 1 && int(d.Number) < len(lists) {
			list := lists[d.Number]
			d.Check(len(*list) < maxMembers)
			*list = append(*list, ID(d.Uint()))
		}
	}
	if err := d.Err("raft configuration"); err != nil {
		return Configuration{}, err
	}
	if err := c.Validate(); err != nil {
		return Configuration{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return c, nil
}
