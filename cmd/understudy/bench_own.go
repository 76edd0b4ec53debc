package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/client"
)

// ownFlags are those of every benchmark: they say what the cluster is like that it starts,
// and how it prints what it measured.
type ownFlags struct {
	partitions int
	data       string
	json       bool
}

func (f *ownFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.IntVar(&f.partitions, "partitions", 16, "partitions of its own cluster")
	flags.StringVar(&f.data, "data", "", "directory for the data of its own cluster (default: a temporary one)")
	flags.BoolVar(&f.json, "json", false, "print JSON")
}

// start starts a cluster of so many processes, with flags for them.
func (f ownFlags) start(ctx context.Context, nodes int, serve ...string) (*processes, error) {
	return startNodes(ctx, nodes, f.data, append([]string{"--partitions", strconv.Itoa(f.partitions)}, serve...)...)
}

// with starts a cluster, hands it over with a client of it, and ends both.
func (f ownFlags) with(ctx context.Context, nodes int, serve []string, do func(*processes, *client.Client) error) error {
	cluster, err := f.start(ctx, nodes, serve...)
	if err != nil {
		return err
	}
	defer cluster.stop()
	c, err := cluster.dial(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return do(cluster, c)
}

// A measurement is what a verb of bench is there for. Its fields are set by flags.
type measurement interface {
	validate() error
	measure(ctx context.Context, out, progress io.Writer) error
}

// takes makes m what a command does when its flags are set.
func takes(m measurement) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error {
		if err := m.validate(); err != nil {
			return usage(err)
		}
		return m.measure(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	}
}

// printLine prints one line of a table that is as wide as it says from the first line on,
// because nobody knows the last.
func printLine(out io.Writer, width int, cells ...any) {
	w := tabwriter.NewWriter(out, width, 0, 1, ' ', tabwriter.AlignRight)
	for _, c := range cells {
		fmt.Fprintf(w, "%v\t", c)
	}
	fmt.Fprintln(w)
	w.Flush()
}
