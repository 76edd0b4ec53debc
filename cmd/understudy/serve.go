package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/understudy-kv/understudy/ring"
)

// serveFlags say which node to run.
type serveFlags struct {
	node        uint64
	cluster     string
	members     []string
	data        string
	listen      string
	redis       string
	partitions  int
	replication int
	settings    settings
	log         logFlags
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve --node ID --members LIST --data-dir DIR",
		Short: "Run one node of a cluster",
		Long: `Serve runs one node. Every node is given the same --cluster, --members, --partitions,
--replication-factor and --election-timeout, and its own --node and --data-dir.

A member is ID=ADDRESS/REDIS: its number, host:port for nodes and Go clients, and
host:port for Redis clients. Members are separated by commas.

The data directory belongs to one node of one cluster, and says so when it is given
to another.

An interrupt or SIGTERM ends the node in order: it hands over what it leads, answers
those who wait, and stops, which takes a few seconds at most. A second one ends it at
once, which is as safe, but the others have to miss it first.`,
		Example: `  M=1=10.0.0.1:7100/10.0.0.1:7000,2=10.0.0.2:7100/10.0.0.2:7000,3=10.0.0.3:7100/10.0.0.3:7000
  understudy serve --node 1 --members $M --data-dir /var/lib/understudy`,
		Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serve(cmd.Context(), f, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	flags := cmd.Flags()
	flags.Uint64Var(&f.node, "node", 0, "number of this node among the members")
	flags.StringVar(&f.cluster, "cluster", "understudy", "name of the cluster")
	flags.StringSliceVar(&f.members, "members", nil, "all members of the cluster, each ID=ADDRESS/REDIS")
	flags.StringVar(&f.data, "data-dir", "", "directory for the data of this node")
	flags.StringVar(&f.listen, "listen", "", "address to listen on for nodes and Go clients (default: as in --members)")
	flags.StringVar(&f.redis, "listen-redis", "", "address to listen on for Redis clients (default: as in --members)")
	addShapeFlags(flags, &f.partitions, &f.replication)
	f.settings.add(flags)
	f.log.add(flags, "info")
	return cmd
}

// defaultReplication is how many nodes hold each partition where there are enough.
const defaultReplication = 3

// addShapeFlags adds what dev and serve have in common.
func addShapeFlags(flags *pflag.FlagSet, partitions, replication *int) {
	flags.IntVar(partitions, "partitions", 16, "how many partitions the keys are divided into; fixed for the life of the cluster")
	flags.IntVar(replication, "replication-factor", 0,
		fmt.Sprintf("how many nodes hold each partition (default %d, or all if there are fewer)", defaultReplication))
}

// replicationOf is the replication factor that was asked for, or the default.
func replicationOf(asked, nodes int) (int, error) {
	switch {
	case asked == 0:
		return min(defaultReplication, nodes), nil
	case asked < 0 || asked > nodes:
		return 0, fmt.Errorf("--replication-factor %d: choose 1 to %d, the number of nodes", asked, nodes)
	}
	return asked, nil
}

func (f serveFlags) config() (serverConfig, error) {
	s := shape{name: f.cluster, partitions: f.partitions}
	for _, text := range f.members {
		m, err := parseMember(text)
		if err != nil {
			return serverConfig{}, err
		}
		s.members = append(s.members, m)
	}
	slices.SortFunc(s.members, func(a, b ring.Member) int { return int(int64(a.ID) - int64(b.ID)) })
	replication, err := replicationOf(f.replication, len(s.members))
	s.replication = replication
	me := slices.IndexFunc(s.members, func(m ring.Member) bool { return m.ID == f.node })
	switch {
	case len(s.members) == 0:
		return serverConfig{}, errors.New("--members is missing: name every node of the cluster")
	case f.node == 0:
		return serverConfig{}, errors.New("--node is missing: say which of the members this is")
	case me < 0:
		return serverConfig{}, fmt.Errorf("--node %d is not among the members", f.node)
	case err != nil:
		return serverConfig{}, err
	case f.data == "":
		return serverConfig{}, errors.New("--data-dir is missing: say where this node keeps its data")
	}
	if err := f.settings.validate(); err != nil {
		return serverConfig{}, err
	}
	c := serverConfig{
		shape: s, settings: f.settings, id: f.node, dir: f.data, listen: f.listen, redis: f.redis,
	}
	if c.listen == "" {
		c.listen = s.members[me].Address
	}
	if c.redis == "" {
		c.redis = s.members[me].Redis
	}
	return c, nil
}

// parseMember reads ID=ADDRESS/REDIS.
func parseMember(text string) (ring.Member, error) {
	number, addresses, ok := strings.Cut(text, "=")
	address, redis, both := strings.Cut(addresses, "/")
	id, err := strconv.ParseUint(number, 10, 63)
	if !ok || !both || err != nil || id == 0 || address == "" || redis == "" {
		return ring.Member{}, fmt.Errorf("--members: %q is not of the form ID=ADDRESS/REDIS, such as 1=10.0.0.1:7100/10.0.0.1:7000", text)
	}
	return ring.Member{ID: id, Address: address, Redis: redis}, nil
}

func serve(ctx context.Context, f serveFlags, out, errs io.Writer) (err error) {
	c, err := f.config()
	if err != nil {
		return usage(err)
	}
	if c.log, err = f.log.logger(errs); err != nil {
		return usage(err)
	}
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	c.failed = fail
	s, err := startServer(ctx, c)
	if err == nil {
		defer func() { err = cmp.Or(err, stopWithin(f.settings.patience(), s.stop)) }()
	}
	if ctx.Err() != nil && !errors.Is(err, errUnstopped) {
		return ended(ctx)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "understudy %s: node %d of %d, Redis clients at %s, nodes and Go clients at %s\n",
		version(), c.id, len(c.members), c.redis, c.listen)
	<-ctx.Done()
	err = ended(ctx)
	if err == nil {
		s.leave(out, f.settings.patience())
	}
	return err
}
