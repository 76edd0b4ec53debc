package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/client"
)

// reclaimFlags say how much shall be written to see what becomes of the disk.
type reclaimFlags struct {
	generations int
	generation  int
	snapshots   int
	value       int
	connections int
	limit       time.Duration
	ownFlags
}

func newReclaim() *cobra.Command {
	var f reclaimFlags
	cmd := &cobra.Command{
		Use:   "reclaim",
		Short: "Show that the disk does not fill, and that an idle partition pins nothing",
		Long: `Reclaim overwrites keys in a cluster of three processes until the journal of each has
been through some generations, and looks all the time at what is on the disks. One
partition is written once, at the beginning: its entries must not keep old generations.
In the end all nodes are killed, started again, and asked for that key.

Each row of the table is the time that a generation took; sizes are the largest that
were seen in it. The command fails if a journal is ever longer than four generations and
twice what was of use in it.`,
		Example: `  understudy bench reclaim
  understudy bench reclaim --journal-generation 16 --snapshot-every 1 --generations 20`,
		Args: exactly(0),
		RunE: takes(&f),
	}
	flags := cmd.Flags()
	flags.IntVar(&f.generations, "generations", 8, "how many generations to see")
	flags.IntVar(&f.generation, "journal-generation", 32, "as for serve, in MiB")
	flags.IntVar(&f.snapshots, "snapshot-every", 2, "as for serve, in MiB")
	flags.IntVar(&f.value, "value-bytes", 1024, "bytes of a value")
	flags.IntVar(&f.connections, "writers", 16, "how many clients write, one value at a time each")
	flags.DurationVar(&f.limit, "limit", 10*time.Minute, "give up after this time")
	f.add(cmd)
	return cmd
}

func (f *reclaimFlags) validate() error {
	if f.generations < 2 || f.partitions < 2 || f.value < 1 || f.value > 1<<20 || f.connections < 1 || f.limit <= 0 {
		return fmt.Errorf("--generations and --partitions must be 2 or more, --value-bytes 1 to 1048576, " +
			"--writers 1 or more, and --limit above 0")
	}
	if err := inRange("snapshot-every", f.snapshots, 1); err != nil {
		return err
	}
	return inRange("journal-generation", f.generation, 1)
}

// A reclaimReport is what the benchmark prints.
type reclaimReport struct {
	Rows []reclaimRow `json:"rows"`
	// Written is what clients wrote, in bytes of values; Disk what the nodes wrote for
	// that, all together, where the system tells.
	Written int64 `json:"writtenBytes"`
	Disk    int64 `json:"diskBytes"`
	// Longest is the longest journal that was seen, and Bound what it must not exceed.
	Longest int64 `json:"longestBytes"`
	Bound   int64 `json:"boundBytes"`
}

// A reclaimRow is what was seen during one generation.
type reclaimRow struct {
	Generation int     `json:"generation"` // that all nodes had reached
	Seconds    float64 `json:"seconds"`    // from the beginning to the end of this row
	Written    int64   `json:"writtenBytes"`
	// Nodes holds the largest sizes seen of each.
	Nodes []footprint `json:"nodes"`
}

func (f *reclaimFlags) measure(ctx context.Context, out, progress io.Writer) error {
	serve := []string{"--journal-generation", strconv.Itoa(f.generation), "--snapshot-every", strconv.Itoa(f.snapshots)}
	return f.with(ctx, 3, serve, func(cluster *processes, c *client.Client) error {
		r := &reclaimRun{reclaimFlags: *f, watch: watch{cluster: cluster, client: c}, progress: progress}
		if err := r.run(ctx); err != nil {
			return err
		}
		if err := r.show(out); err != nil {
			return err
		}
		if r.report.Longest > r.report.Bound {
			return fmt.Errorf("a journal had %v; it must not exceed %v", byteSize(r.report.Longest), byteSize(r.report.Bound))
		}
		return nil
	})
}

func (r *reclaimRun) show(out io.Writer) error {
	if r.json {
		return json.NewEncoder(out).Encode(r.report)
	}
	return r.report.print(out)
}

func (r reclaimReport) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "generation\tuntil s\twritten\t")
	for i := range r.Rows[0].Nodes {
		fmt.Fprintf(w, "node %d: journal\tsnapshots\t", i+1)
	}
	fmt.Fprintln(w)
	for _, row := range r.Rows {
		fmt.Fprintf(w, "%d\t%.0f\t%v\t", row.Generation, row.Seconds, byteSize(row.Written))
		for _, n := range row.Nodes {
			fmt.Fprintf(w, "%v\t%v\t", byteSize(n.Journal), byteSize(n.Snapshots))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\nclients wrote %v; the nodes together wrote %v to disk, %.1f times as much on each;\n"+
		"the longest journal had %v, of %v that it may have; the idle partition was read after a restart\n",
		byteSize(r.Written), byteSize(r.Disk), float64(r.Disk)/float64(max(r.Written, 1))/float64(len(r.Rows[0].Nodes)),
		byteSize(r.Longest), byteSize(r.Bound))
	return err
}
