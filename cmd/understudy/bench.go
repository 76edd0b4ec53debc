package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"
)

// benchFlags say what to measure.
type benchFlags struct {
	addresses   []string
	connections []int
	mixes       []string
	pipeline    int
	keys        int
	valueBytes  int
	duration    time.Duration
	ownFlags
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure throughput and latency over the Redis protocol",
		Long: `Bench drives servers that speak the Redis protocol in a closed loop: each
connection sends, waits for the answer and sends again. Keys are uniform.

Without --addr it starts a cluster of three processes of its own, on real disks
below --data, and also measures the CPU time that they use. With --addr it drives
whatever answers there, such as a Redis server to compare with.

A figure of one machine says little; compare figures that were measured side by side.`,
		Example: `  understudy bench
  understudy bench --connections 64 --mix get --pipeline 16
  understudy bench --addr 127.0.0.1:6379 --json`,
		Args: exactly(0),
		RunE: takes(&f),
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.addresses, "addr", nil, "Redis addresses to drive, instead of a cluster of its own")
	flags.IntSliceVar(&f.connections, "connections", []int{1, 16, 64, 256}, "how many connections, one table row each")
	flags.StringSliceVar(&f.mixes, "mix", []string{"put", "get", "95/5"}, "what to do: put, get, or the share of gets as in 95/5")
	flags.IntVar(&f.pipeline, "pipeline", 1, "commands sent before waiting for their answers")
	flags.IntVar(&f.keys, "keys", 100_000, "how many keys")
	flags.IntVar(&f.valueBytes, "value-bytes", 256, "bytes of a value")
	flags.DurationVar(&f.duration, "duration", 5*time.Second, "time for each cell of the table")
	f.add(cmd)
	cmd.AddCommand(newCatchUp(), newRestart(), newReclaim())
	return cmd
}

func (f *benchFlags) validate() error {
	for _, n := range f.connections {
		if n < 1 || n > 10_000 {
			return fmt.Errorf("--connections %d: choose 1 to 10000", n)
		}
	}
	if f.pipeline < 1 || f.keys < 1 || f.valueBytes < 1 || f.valueBytes > 1<<20 || f.duration <= 0 {
		return fmt.Errorf("--pipeline, --keys, --value-bytes (at most 1048576) and --duration must be above 0")
	}
	for _, mix := range f.mixes {
		if _, err := readShare(mix); err != nil {
			return err
		}
	}
	return nil
}

// readShare returns the share of reads, in percent, of a mix.
func readShare(mix string) (int, error) {
	switch mix {
	case "put":
		return 0, nil
	case "get":
		return 100, nil
	}
	var reads, writes int
	if _, err := fmt.Sscanf(mix, "%d/%d", &reads, &writes); err != nil || reads+writes != 100 || reads < 0 || writes < 0 {
		return 0, fmt.Errorf("--mix %q is none of put, get, or two shares of 100 such as 95/5", mix)
	}
	return reads, nil
}

// A cell is one measurement.
type cell struct {
	Mix         string  `json:"mix"`
	Connections int     `json:"connections"`
	Pipeline    int     `json:"pipeline"`
	Operations  int     `json:"operations"`
	PerSecond   float64 `json:"perSecond"`
	P50         float64 `json:"p50ms"`
	P99         float64 `json:"p99ms"`
	// CPU is the seconds that the servers used for 100,000 operations, or zero if it
	// is not known.
	CPU float64 `json:"cpuSecondsPer100k,omitempty"`
}

func (f *benchFlags) measure(ctx context.Context, out, progress io.Writer) error {
	if len(f.addresses) > 0 {
		return f.drive(ctx, func() time.Duration { return 0 }, out, progress)
	}
	cluster, err := f.start(ctx, 3)
	if err != nil {
		return err
	}
	defer cluster.stop()
	f.addresses = cluster.redis
	return f.drive(ctx, cluster.cpu, out, progress)
}

// drive fills what answers at the addresses, and measures cell by cell. CPU tells how much
// time the servers have used so far.
func (f *benchFlags) drive(ctx context.Context, cpu func() time.Duration, out, progress io.Writer) error {
	bar := newCountBar(progress, f.keys, "filling")
	all := filler{addresses: f.addresses, keys: f.keys, valueBytes: f.valueBytes}
	if err := all.write(ctx, f.keys, func(n int) { _ = bar.Add(n) }); err != nil {
		return err
	}
	_ = bar.Finish()
	table := newTable(out, f.json)
	for _, mix := range f.mixes {
		for _, n := range f.connections {
			c, err := f.cell(ctx, mix, n, cpu)
			if err != nil {
				return err
			}
			table.row(c)
		}
	}
	return nil
}

// cell drives n connections.
func (f *benchFlags) cell(ctx context.Context, mix string, n int, cpu func() time.Duration) (cell, error) {
	reads, err := readShare(mix)
	if err != nil {
		return cell{}, err
	}
	load := load{addresses: f.addresses, connections: n, pipeline: f.pipeline, keys: f.keys, valueBytes: f.valueBytes, reads: reads}
	before, start := cpu(), time.Now()
	latencies, err := load.run(ctx, f.duration)
	if err != nil {
		return cell{}, err
	}
	took, used := time.Since(start), cpu()-before
	count := len(latencies) * f.pipeline
	return cell{
		Mix: mix, Connections: n, Pipeline: f.pipeline, Operations: count,
		PerSecond: float64(count) / took.Seconds(),
		P50:       quantile(latencies, 0.50), P99: quantile(latencies, 0.99),
		CPU: used.Seconds() / float64(max(count, 1)) * 100_000,
	}, nil
}

// quantile returns a latency in milliseconds; latencies are sorted.
func quantile(latencies []time.Duration, q float64) float64 {
	if len(latencies) == 0 {
		return 0
	}
	return float64(latencies[int(q*float64(len(latencies)-1))]) / float64(time.Millisecond)
}

// A table prints cells as they come, aligned or as JSON.
type table struct {
	out  io.Writer
	json bool
}

func newTable(out io.Writer, asJSON bool) *table {
	t := &table{out: out, json: asJSON}
	if !asJSON {
		t.line("mix", "connections", "op/s", "p50 ms", "p99 ms", "CPU s/100k")
	}
	return t
}

func (t *table) row(c cell) {
	if t.json {
		text, err := json.Marshal(c)
		if err != nil {
			panic(err) // a cell holds nothing that JSON lacks
		}
		fmt.Fprintf(t.out, "%s\n", text)
		return
	}
	t.line(c.Mix, strconv.Itoa(c.Connections), fmt.Sprintf("%.0f", c.PerSecond),
		fmt.Sprintf("%.2f", c.P50), fmt.Sprintf("%.2f", c.P99), fmt.Sprintf("%.1f", c.CPU))
}

func (t *table) line(cells ...any) { printLine(t.out, 12, cells...) }
