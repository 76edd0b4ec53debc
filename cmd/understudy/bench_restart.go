package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/client"
)

// restartFlags say what a node shall start with.
type restartFlags struct {
	keys      int
	value     int
	clusters  []int
	snapshots int
	ownFlags
}

func newRestart() *cobra.Command {
	var f restartFlags
	cmd := &cobra.Command{
		Use:   "restart",
		Short: "Measure how long a node takes to start with what it has on disk",
		Long: `Restart fills a cluster, kills nodes, and starts them again: one of them, and all at one
time, with logs that are as long as the defaults allow, and just after all partitions
have been captured. The files are still in the memory of the system, as after a crash
of the process alone.`,
		Example: `  understudy bench restart
  understudy bench restart --nodes 1 --keys 100000 --json`,
		Args: exactly(0),
		RunE: takes(&f),
	}
	flags := cmd.Flags()
	flags.IntVar(&f.keys, "keys", 1_000_000, "how many keys")
	flags.IntVar(&f.value, "value-bytes", 256, "bytes of a value")
	flags.IntSliceVar(&f.clusters, "nodes", []int{1, 3}, "nodes of the cluster, one cluster after the other")
	flags.IntVar(&f.snapshots, "snapshot-every", defaults().snapshots, "as for serve: it decides how long logs become")
	f.add(cmd)
	return cmd
}

func (f *restartFlags) validate() error {
	if f.keys < f.partitions || f.value < 1 || f.value > 1<<20 {
		return fmt.Errorf("--keys must be at least as many as --partitions, and --value-bytes 1 to 1048576")
	}
	if err := inRange("snapshot-every", f.snapshots, 1); err != nil {
		return err
	}
	for _, n := range f.clusters {
		if n < 1 || n > 9 {
			return fmt.Errorf("--nodes %d: choose 1 to 9", n)
		}
	}
	if f.data != "" && len(f.clusters) > 1 {
		return fmt.Errorf("--data is the directory of one cluster: choose one number of --nodes")
	}
	return nil
}

func (f *restartFlags) measure(ctx context.Context, out, progress io.Writer) error {
	each, serve := restartTable(out, f.json), []string{"--snapshot-every", strconv.Itoa(f.snapshots)}
	for _, n := range f.clusters {
		err := f.with(ctx, n, serve, func(cluster *processes, c *client.Client) error {
			r := &restartRun{restartFlags: *f, watch: watch{cluster: cluster, client: c}, progress: progress}
			return r.run(ctx, each)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// restartTable returns what prints a row.
func restartTable(out io.Writer, asJSON bool) func(restartRow) {
	if asJSON {
		encoder := json.NewEncoder(out)
		return func(r restartRow) { _ = encoder.Encode(r) } // nobody is there to be told
	}
	line := func(cells ...any) { printLine(out, 11, cells...) }
	line("restarted", "logs", "journal", "log", "snapshots", "recovered s", "first read", "all reads", "caught up", "CPU s", "RSS", "peak")
	seconds := func(s float64) string { return fmt.Sprintf("%.2f", s) }
	return func(r restartRow) {
		line(fmt.Sprintf("%d of %d", r.Restarted, r.Nodes), r.Log, byteSize(r.Journal), byteSize(r.LogBytes), byteSize(r.Snapshots),
			seconds(r.Recovered), seconds(r.First), seconds(r.Reads), seconds(r.CaughtUp), seconds(r.CPU),
			byteSize(r.Resident), byteSize(r.Peak))
	}
}
