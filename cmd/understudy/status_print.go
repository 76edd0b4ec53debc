package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// A concern is something about replicas of one node that needs attention. It is told
// once for all of them.
type concern struct {
	node uint64
	text string
}

// warnings lists what needs attention.
func (s clusterStatus) warnings() []string {
	list := []string{}
	for _, n := range s.Nodes {
		list = append(list, n.warnings()...)
	}
	concerns := map[concern][]int{}
	for _, p := range s.Partitions {
		if p.Leader == 0 {
			c := concern{0, "no replica that answers leads"}
			concerns[c] = append(concerns[c], p.Partition)
		}
		for _, r := range p.Replicas {
			if text := r.concern(); text != "" {
				c := concern{r.Node, text}
				concerns[c] = append(concerns[c], p.Partition)
			}
		}
	}
	for c, partitions := range concerns {
		list = append(list, c.describe(partitions))
	}
	slices.Sort(list)
	return list
}

// warnings lists what of a node itself needs attention.
func (n nodeStatus) warnings() (list []string) {
	say := func(format string, args ...any) {
		list = append(list, fmt.Sprintf("node %d"+format, append([]any{n.ID}, args...)...))
	}
	if n.State == "waiting" {
		say(" waits until enough other nodes have said that they know no other disk of it: is this its data directory?")
	}
	if n.Damaged {
		say(" started with a damaged journal: its log says where; have a look at the disk")
	}
	if n.Stuck {
		say(": its disk does not answer; it promises nothing and falls behind: have a look at the disk, or end the process")
	}
	switch {
	case len(n.Forgotten) > 0:
		say(": its notes of the disks of others are damaged: it would not notice if %s came back with another one; "+
			"have a look at the disk", numbered("node", n.Forgotten))
	case n.Forgetful:
		say(": its notes of the disks of others are damaged, and all that matters can still be read; have a look at the disk")
	}
	return list
}

func (r replicaStatus) concern() string {
	switch {
	case r.Stopped != "":
		return "takes no part in its group: " + r.Stopped
	case r.Damaged && r.Alone:
		return "damaged, and nobody else has a copy that could repair it"
	case r.Damaged:
		return "damaged: it votes for nobody until the others have repaired it"
	}
	return ""
}

func (c concern) describe(partitions []int) string {
	where := numbered("partition", partitions)
	if c.node == 0 {
		return where + ": " + c.text
	}
	return fmt.Sprintf("node %d, %s: %s", c.node, where, c.text)
}

// numbered names things of one kind by their numbers, which grow.
func numbered[N int | uint64](kind string, numbers []N) string {
	if len(numbers) > 1 {
		kind += "s"
	}
	return kind + " " + ranges(numbers)
}

// ranges prints numbers that grow as 0-3,5.
func ranges[N int | uint64](numbers []N) string {
	var parts []string
	for i := 0; i < len(numbers); {
		first := i
		for i++; i < len(numbers) && numbers[i] == numbers[i-1]+1; i++ {
		}
		part := fmt.Sprint(numbers[first])
		if i-first > 1 {
			part += fmt.Sprintf("-%d", numbers[i-1])
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

// print writes for people; if they ask for it, with a line for each replica.
func (s clusterStatus) print(out io.Writer, replicas bool) error {
	for _, text := range s.Warnings {
		fmt.Fprintf(out, "WARNING  %s\n", text)
	}
	if len(s.Warnings) > 0 {
		fmt.Fprintln(out)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "NODE\tADDRESS\tREDIS\tSTATE\n")
	for _, n := range s.Nodes {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", n.ID, n.Address, n.Redis, n.State)
	}
	fmt.Fprintf(w, "\nPARTITION\tSLOTS\tLEADER\tTERM\tCOMMIT\tKEYS\tREPLICAS\n")
	for _, p := range s.Partitions {
		fmt.Fprintf(w, "%d\t%d-%d\t%s\n", p.Partition, p.FirstSlot, p.LastSlot, p.columns())
	}
	if replicas {
		fmt.Fprintf(w, "\nPARTITION\tNODE\tROLE\tTERM\tAPPLIED\tSNAPSHOT\tLOG BYTES\tKEYS\tHASH\tREMARKS\n")
		for _, p := range s.Partitions {
			for _, r := range p.Replicas {
				fmt.Fprintf(w, "%d\t%s\n", p.Partition, r.columns())
			}
		}
	}
	return w.Flush()
}

// columns is the part of a row that depends on who leads.
func (p partitionStatus) columns() string {
	var replicas []string
	leader := replicaStatus{}
	for _, r := range p.Replicas {
		replicas = append(replicas, r.brief())
		if r.Node == p.Leader {
			leader = r
		}
	}
	name := "none"
	if p.Leader != 0 {
		name = fmt.Sprint(p.Leader)
	}
	return fmt.Sprintf("%s\t%d\t%d\t%d\t%s", name, leader.Term, leader.Commit, leader.Keys, strings.Join(replicas, " "))
}

func (r replicaStatus) brief() string {
	text := fmt.Sprintf("%d:%s@%d", r.Node, r.Role, r.Applied)
	if r.Damaged {
		text += "(damaged)"
	}
	return text
}

// columns is all there is to say of a replica.
func (r replicaStatus) columns() string {
	return fmt.Sprintf("%d\t%s\t%d\t%d\t%d\t%d\t%d\t%s\t%s",
		r.Node, r.Role, r.Term, r.Applied, r.Snapshot, r.LogBytes, r.Keys, r.Hash, cmp.Or(r.remarks(), "-"))
}

func (r replicaStatus) remarks() string {
	var list []string
	if r.Damaged {
		list = append(list, "damaged")
	}
	if r.HandingOver != 0 {
		list = append(list, fmt.Sprintf("hands over to %d", r.HandingOver))
	}
	if r.Members != "" {
		list = append(list, "members "+r.Members)
	}
	if r.Stopped != "" {
		list = append(list, r.Stopped)
	}
	return strings.Join(list, "; ")
}
