package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/actors"
	"github.com/understudy-kv/understudy/kv/node"
	"github.com/understudy-kv/understudy/raft/peer"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/cluster"
	"github.com/understudy-kv/understudy/sim/plan"
)

// traceFlags say which events of a run to print.
type traceFlags struct {
	all       bool
	step      bool
	from      time.Duration
	until     time.Duration
	node      string
	partition int
	kinds     []string
}

func (f *traceFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "trace", false, "print every event, or those that the next flags choose")
	flags.DurationVar(&f.from, "from", 0, "of the trace: from this simulated time on")
	flags.DurationVar(&f.until, "until", 0, "of the trace: up to this simulated time; 0: to the end")
	flags.StringVar(&f.node, "node", "", "of the trace: on this node, such as 2, or c1 for a client, and messages to it")
	flags.IntVar(&f.partition, "partition", 0, "of the trace: of the replicas of this partition, from 0")
	flags.StringSliceVar(&f.kinds, "kinds", nil, "of the trace: of these kinds, such as send,append,crash")
	flags.BoolVar(&f.step, "step", false, "walk through the trace on the terminal, event by event")
}

// printer returns what shows the events that the flags choose, or nil if they choose none.
func (f *traceFlags) printer(cmd *cobra.Command) (func(*sim.Event), error) {
	chosen, err := f.filter(cmd)
	if err != nil || !f.all && !f.step {
		return nil, err
	}
	out := cmd.OutOrStdout()
	show := func(e *sim.Event) { fmt.Fprintln(out, e) }
	if f.step {
		s, err := newStepper(cmd.InOrStdin(), out)
		if err != nil {
			return nil, err
		}
		show = s.see
	}
	return func(e *sim.Event) {
		if chosen(e) {
			show(e)
		}
	}, nil
}

// fits refuses to choose what a plan does not have: nothing would be shown.
func (f *traceFlags) fits(p plan.Plan) error {
	if f.partition >= p.Cluster.Partitions {
		return fmt.Errorf("--partition %d: this run has partitions 0 to %d", f.partition, p.Cluster.Partitions-1)
	}
	if f.node == "" {
		return nil
	}
	n, err := parseNode(f.node)
	if err != nil {
		return err
	}
	if !n.IsClient() && n > actors.NodeID(p.Cluster.Nodes) || n.IsClient() && n&^actors.ClientBit > actors.NodeID(p.Work.Clients) {
		return fmt.Errorf("--node %s: this run has nodes 1 to %d and clients c1 to c%d", f.node, p.Cluster.Nodes, p.Work.Clients)
	}
	return nil
}

// chooses reports whether an event is to be printed.
type chooses func(*sim.Event) bool

// filter returns what the flags choose, or what is wrong with them.
func (f *traceFlags) filter(cmd *cobra.Command) (chooses, error) {
	for _, name := range []string{"from", "until", "node", "partition", "kinds"} {
		if cmd.Flags().Changed(name) && !f.all && !f.step {
			return nil, fmt.Errorf("--%s chooses from a trace; add --trace or --step", name)
		}
	}
	var tests []chooses
	for _, part := range []func(*cobra.Command) (chooses, error){f.inTime, f.onNode, f.ofPartition, f.ofKinds} {
		test, err := part(cmd)
		if err != nil {
			return nil, err
		}
		if test != nil {
			tests = append(tests, test)
		}
	}
	return func(e *sim.Event) bool {
		return !slices.ContainsFunc(tests, func(test chooses) bool { return !test(e) })
	}, nil
}

// inTime and those after it return what one flag chooses, or nil if it is not given.
func (f *traceFlags) inTime(*cobra.Command) (chooses, error) {
	if f.until != 0 && f.until < f.from {
		return nil, fmt.Errorf("--until %v is before --from %v", f.until, f.from)
	}
	return func(e *sim.Event) bool { return e.At >= f.from && (f.until == 0 || e.At <= f.until) }, nil
}

func (f *traceFlags) onNode(*cobra.Command) (chooses, error) {
	if f.node == "" {
		return nil, nil
	}
	n, err := parseNode(f.node)
	return func(e *sim.Event) bool { return concernsNode(e, n) }, err
}

func (f *traceFlags) ofPartition(cmd *cobra.Command) (chooses, error) {
	if !cmd.Flags().Changed("partition") {
		return nil, nil
	}
	if f.partition < 0 {
		return nil, fmt.Errorf("--partition %d: partitions are numbered from 0", f.partition)
	}
	return func(e *sim.Event) bool { return concernsPartition(e, f.partition) }, nil
}

func (f *traceFlags) ofKinds(*cobra.Command) (chooses, error) {
	if len(f.kinds) == 0 {
		return nil, nil
	}
	kinds, err := parseKinds(f.kinds)
	return func(e *sim.Event) bool { return kinds.Has(e.Kind) }, err
}

// parseNode reads a node as a trace prints it.
func parseNode(text string) (actors.NodeID, error) {
	number, isClient := strings.CutPrefix(text, "c")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || n == 0 {
		return 0, fmt.Errorf("--node %s: choose the number of a server, such as 2, or of a client, such as c1", text)
	}
	if isClient {
		return actors.ClientBit | actors.NodeID(n), nil
	}
	return actors.NodeID(n), nil
}

func parseKinds(names []string) (sim.Kinds, error) {
	var kinds sim.Kinds
	for _, name := range names {
		k, known := sim.KindOf(strings.TrimSpace(name))
		if !known {
			return 0, fmt.Errorf("--kinds %s: no such kind of event; there are %s", name, strings.Join(sim.KindNames(), ", "))
		}
		kinds |= sim.Of(k)
	}
	return kinds, nil
}

// concernsNode reports whether an event happens on a node, or is a message to it. What
// the harness notes concerns all.
func concernsNode(e *sim.Event, n actors.NodeID) bool {
	return e.Node == n || e.Kind == sim.Noted || e.To.Node == n
}

// concernsPartition reports whether a replica of a partition takes part in an event. What
// happens to nodes, and what the harness notes, concerns all.
func concernsPartition(e *sim.Event, partition int) bool {
	if a, ok := e.Message.(cluster.Applied); ok {
		return a.Group == node.Group(partition)
	}
	if e.From.Name == "" && e.To.Name == "" {
		return true
	}
	name := peer.Name(node.Group(partition))
	return e.From.Name == name || e.To.Name == name
}

// errNoTerminal explains why --step does not work.
var errNoTerminal = errors.New("--step asks what to show next, and standard input is no terminal; use --trace instead")
