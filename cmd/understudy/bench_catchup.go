package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/client"
	"github.com/understudy-kv/understudy/kv"
	"github.com/understudy-kv/understudy/kv/node"
)

// catchUpFlags say what a node shall catch up with.
type catchUpFlags struct {
	size     byteSize
	value    byteSize
	long     byteSize
	fillRate byteSize
	quiet    time.Duration
	rate     int
	serve    []string
	ownFlags
}

func newCatchUp() *cobra.Command {
	f := catchUpFlags{size: 1 << 30, value: 16 << 10}
	cmd := &cobra.Command{
		Use:   "catch-up",
		Short: "Measure what others feel while a node fetches a large partition",
		Long: `Catch-up starts a cluster of three processes and fills one partition. Then it stops a
node that follows there, writes on until the log of the partition does not reach back
to what that node has, and starts it again: now it must fetch the whole state.

All the while a steady load reads and writes in the other partitions, and a little in
the same one. Its commands are sent when they are due, and their time counts from then
on: what a pause delays is counted in full. Compare the phases with the quiet one:

  quiet       the steady load alone
  filling     --size is written, and the state captured again and again
  rewriting   more is written, while one node is down
  capturing   two nodes write the whole state to disk
  restarting  the node reads its own old state from disk
  streaming   the node fetches the state and puts it in place

An election in any of these means that heartbeats came too late.`,
		Example: `  understudy bench catch-up
  understudy bench catch-up --size 256MiB --long 64MiB --json`,
		Args: exactly(0),
		RunE: takes(&f),
	}
	flags := cmd.Flags()
	flags.Var(&f.size, "size", "how much the partition holds")
	flags.Var(&f.value, "value-bytes", "bytes of a value, or of one append")
	flags.Var(&f.long, "long", "build values of this length by appends, instead of setting short ones")
	flags.Var(&f.fillRate, "fill-rate", "how much to write in a second at most; 0: as much as the cluster takes")
	flags.DurationVar(&f.quiet, "quiet", 10*time.Second, "how long to look at the steady load alone")
	flags.IntVar(&f.rate, "rate", 400, "commands of the steady load in a second, half of them writes")
	flags.StringArrayVar(&f.serve, "serve", nil, "a flag for the nodes, such as --serve=--snapshot-rate=16; may be repeated")
	f.add(cmd)
	return cmd
}

func (f *catchUpFlags) validate() error {
	switch {
	case f.value < 16 || f.value > 1<<20:
		return fmt.Errorf("--value-bytes %v: choose 16B to 1MiB", f.value)
	case f.size < f.value:
		return fmt.Errorf("--size %v: choose more than one value", f.size)
	case f.long != 0 && (f.long < f.value || f.long > kv.MaxLongBytes):
		return fmt.Errorf("--long %v: choose %v, the length of one append, to %v", f.long, f.value, byteSize(kv.MaxLongBytes))
	case f.rate < 2*steadyConnections || f.quiet <= 0:
		return fmt.Errorf("--rate must be %d or more, and --quiet above 0", 2*steadyConnections)
	case f.partitions < 2:
		return fmt.Errorf("--partitions %d: choose 2 or more: others are to be looked at", f.partitions)
	}
	return nil
}

// A catchUpReport is what the benchmark prints.
type catchUpReport struct {
	Size       int64   `json:"bytes"`
	ValueBytes int64   `json:"valueBytes"`
	LongBytes  int64   `json:"longBytes,omitempty"`
	Partitions int     `json:"partitions"`
	Phases     []phase `json:"phases"`
	// Filled is how fast the partition was filled, in bytes a second.
	Filled float64 `json:"filledPerSecond"`
	// Snapshot is the size of the state on disk, and Captured how long it took to write it
	// there. All times are in seconds.
	Snapshot int64   `json:"snapshotBytes"`
	Captured float64 `json:"capturedSeconds"`
	// Restarted is the time from the start of the process until its replica of the
	// partition ran; Fetched how long the state then took to arrive on its disk, and
	// Restored how long it took from there until the replica was as far as its leader.
	Restarted float64 `json:"restartedSeconds"`
	Fetched   float64 `json:"fetchedSeconds"`
	Restored  float64 `json:"restoredSeconds"`
	// CaughtUp is the time from the start of the process until then.
	CaughtUp float64 `json:"caughtUpSeconds"`
}

func (f *catchUpFlags) measure(ctx context.Context, out, progress io.Writer) error {
	return f.with(ctx, 3, f.serve, func(cluster *processes, c *client.Client) error {
		r := newCatchUpRun(*f, cluster, c, progress)
		if err := r.run(ctx); err != nil {
			return err
		}
		if f.json {
			return json.NewEncoder(out).Encode(r.report)
		}
		return r.report.print(out)
	})
}

func (r catchUpReport) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "phase\ts\telections\tbeat gap\treads p50\tp99\tmax ms\twrites p50\tp99\tmax ms\tfailed\tsame: p99\tmax ms\tfailed\tCPU s\tRSS\t\n")
	for _, p := range r.Phases {
		fmt.Fprintf(w, "%s\t%.1f\t%d\t%s\t%s%s%d\t%s%d\t%.1f\t", p.Name, p.Seconds, p.Elections, p.gap(),
			p.Reads.columns(), p.Writes.columns(), p.Reads.Failed+p.Writes.Failed,
			p.SameWrites.tail(), p.SameReads.Failed+p.SameWrites.Failed, p.CPU)
		for i, bytes := range p.Resident {
			if i > 0 {
				fmt.Fprint(w, " ")
			}
			fmt.Fprint(w, byteSize(bytes))
		}
		fmt.Fprint(w, "\t\n")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nfilled with %v at %v/s; the state is %v on disk, captured in %.1f s;\n"+
		"the node was restored in %.1f s, fetched the state in %.1f s (%v/s) and was as far as its leader %.1f s later:\n"+
		"%.1f s after it was started\n",
		byteSize(r.Size), byteSize(r.Filled), byteSize(r.Snapshot), r.Captured,
		r.Restarted, r.Fetched, byteSize(float64(r.Snapshot)/max(r.Fetched, 0.001)), r.Restored, r.CaughtUp)
	return err
}

// gap is the longest time between two Beats of a node, in heartbeats, as far as it was
// counted.
func (p phase) gap() string {
	for i, n := range p.Late {
		if n == 0 {
			return fmt.Sprintf("<%d", node.Lateness[i])
		}
	}
	return fmt.Sprintf(">=%d", node.Lateness[len(p.Late)-1])
}

// columns are the cells of a table.
func (l latency) columns() string { return fmt.Sprintf("%.1f\t%s", l.P50, l.tail()) }

func (l latency) tail() string { return fmt.Sprintf("%.1f\t%.1f\t", l.P99, l.Max) }
