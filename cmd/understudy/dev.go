package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/ring"
)

// peerPortOffset is how far the ports for nodes are above those for Redis clients.
const peerPortOffset = 100

// devFlags say what cluster to run on this machine.
type devFlags struct {
	nodes       int
	port        int
	data        string
	partitions  int
	replication int
	settings    settings
	log         logFlags
}

func newDev() *cobra.Command {
	var f devFlags
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Run a whole cluster in one process on this machine",
		Long: `Dev runs several nodes in one process on the loopback interface, each with its own
data directory. The first answers Redis clients on --port, the next on the ports
after it; nodes and Go clients use the ports 100 above. Ctrl-C ends all of them, and
started again on the same directory it finds its data.`,
		Example: `  understudy dev
  understudy dev --nodes 5 --port 7100 --data five-nodes`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return dev(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.nodes, "nodes", 3, "how many nodes")
	flags.IntVar(&f.port, "port", 7000, "port of the first node for Redis clients")
	flags.StringVar(&f.data, "data", "understudy-data", "directory for the data of all nodes")
	addShapeFlags(flags, &f.partitions, &f.replication)
	f.settings.add(flags)
	f.log.add(flags, "error") // its nodes come up one by one, and warn of each other until they have
	return cmd
}

func (f devFlags) validate() error {
	if f.nodes < 1 || f.nodes > peerPortOffset {
		return fmt.Errorf("--nodes %d: choose 1 to %d", f.nodes, peerPortOffset)
	}
	if last := f.port + peerPortOffset + f.nodes - 1; f.port < 1 || last > 65535 {
		return fmt.Errorf("--port %d: the ports %d to %d must lie in 1..65535", f.port, f.port, last)
	}
	_, err := replicationOf(f.replication, f.nodes)
	return errors.Join(err, f.settings.validate())
}

// shape is the cluster of valid flags.
func (f devFlags) shape() shape {
	s := shape{name: "dev", partitions: f.partitions}
	s.replication, _ = replicationOf(f.replication, f.nodes)
	for i := range f.nodes {
		s.members = append(s.members, ring.Member{
			ID:      ring.NodeID(i + 1),
			Redis:   loopback(f.port + i),
			Address: loopback(f.port + peerPortOffset + i),
		})
	}
	return s
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func dev(ctx context.Context, f devFlags, out, errs io.Writer) (err error) {
	if err := f.validate(); err != nil {
		return usage(err)
	}
	log, err := f.log.logger(errs)
	if err != nil {
		return usage(err)
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	s := f.shape()
	for _, m := range s.members {
		server, failure := startServer(ctx, serverConfig{
			shape: s, settings: f.settings, id: m.ID, dir: nodeDir(f.data, m.ID), listen: m.Address, redis: m.Redis,
			log:    log.With("node", m.ID),
			failed: func(err error) { fail(fmt.Errorf("node %d: %w", m.ID, err)) },
		})
		if failure == nil {
			defer func() { err = cmp.Or(err, stopWithin(f.settings.patience(), server.stop)) }()
		}
		if ctx.Err() != nil {
			return ended(ctx) // perhaps because of a node that was started before
		}
		if failure != nil {
			return fmt.Errorf("node %d: %w", m.ID, failure)
		}
	}
	printDev(out, f, s)
	<-ctx.Done()
	fmt.Fprintln(out, "\nshutting down")
	return ended(ctx)
}

// ended returns why a context that is done was ended, unless somebody asked for it.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

func printDev(out io.Writer, f devFlags, s shape) {
	fmt.Fprintf(out, "understudy %s: %d nodes, %d partitions of %d replicas, data in %s\n\n",
		version(), f.nodes, s.partitions, s.replication, f.data)
	for _, m := range s.members {
		fmt.Fprintf(out, "  node %d   redis-cli -p %d   understudy get KEY --addr %s\n",
			m.ID, f.port+int(m.ID)-1, m.Address)
	}
	fmt.Fprintf(out, "\nCtrl-C ends it; the same command finds the data again.\n")
}
