package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/understudy-kv/understudy/client"
)

// clientFlags say how to reach a cluster.
type clientFlags struct {
	addresses []string
	timeout   time.Duration
}

func (f *clientFlags) add(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.addresses, "addr", []string{"127.0.0.1:7100"}, "addresses of one or more nodes, host:port")
	flags.DurationVar(&f.timeout, "timeout", 5*time.Second, "how long to try")
}

// with connects, does something, and disconnects.
func (f *clientFlags) with(ctx context.Context, errs io.Writer, do func(context.Context, *client.Client) error) error {
	if f.timeout <= 0 {
		return usage(fmt.Errorf("--timeout must be above 0"))
	}
	log, err := logFlags{level: "error", format: "text"}.logger(errs)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	c, err := client.New(ctx, client.Config{Addresses: f.addresses, Timeout: f.timeout, Log: log})
	if err != nil {
		return err
	}
	defer c.Close()
	return do(ctx, c)
}

// A verb is a command that does one thing with a client.
type verb struct {
	use, short, long string
	args             cobra.PositionalArgs
	do               func(ctx context.Context, c *client.Client, args []string, out io.Writer) error
}

func (v verb) command() *cobra.Command {
	var f clientFlags
	cmd := &cobra.Command{
		Use: v.use, Short: v.short, Long: v.long, Args: v.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.with(cmd.Context(), cmd.ErrOrStderr(), func(ctx context.Context, c *client.Client) error {
				return v.do(ctx, c, args, cmd.OutOrStdout())
			})
		},
	}
	f.add(cmd.Flags())
	return cmd
}

// errAbsent ends a verb that found no key.
var errAbsent = errors.New("no such key")

func newDel() *cobra.Command {
	return verb{
		use: "del KEY", short: "Delete a key; exit code 1 if there is none", args: exactly(1),
		do: func(ctx context.Context, c *client.Client, args []string, out io.Writer) error {
			existed, err := c.Delete(ctx, args[0])
			if err == nil && !existed {
				err = errAbsent
			}
			return err
		},
	}.command()
}

func newIncr() *cobra.Command {
	return verb{
		use: "incr KEY [BY]", short: "Add to the number at a key and print the sum",
		args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				_, err := strconv.ParseInt(args[1], 10, 64)
				return usage(err)
			}
			return exactly(1)(cmd, args)
		},
		do: func(ctx context.Context, c *client.Client, args []string, out io.Writer) error {
			by := int64(1)
			if len(args) == 2 {
				by, _ = strconv.ParseInt(args[1], 10, 64) // checked with the arguments
			}
			sum, err := c.Increment(ctx, args[0], by)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(out, sum)
			return err
		},
	}.command()
}

func newCas() *cobra.Command {
	return verb{
		use: "cas KEY EXPECTED VALUE", short: "Set the value of a key if it is the one expected; exit code 1 if not",
		args: exactly(3),
		do: func(ctx context.Context, c *client.Client, args []string, out io.Writer) error {
			swapped, err := c.CompareAndSet(ctx, args[0], []byte(args[1]), []byte(args[2]))
			if err == nil && !swapped {
				err = fmt.Errorf("%q does not hold the value expected", args[0])
			}
			return err
		},
	}.command()
}
