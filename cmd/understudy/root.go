package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The exit codes of every verb.
const (
	exitOK           = 0
	exitFailure      = 1 // the verb failed, or a simulation found a violation
	exitUsage        = 2 // wrong flags, arguments or files
	exitInconclusive = 3 // some simulation proved nothing
)

// An exitError ends the program with a code of its own. Without a cause it ends
// quietly: everything has been said.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string {
	if e.cause == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.cause.Error()
}

func (e *exitError) Unwrap() error { return e.cause }

// usage marks an error as the caller's.
func usage(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitUsage, cause: err}
}

// run is the program without its process: it returns the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(errs)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	var exit *exitError
	if !errors.As(err, &exit) {
		exit = &exitError{code: exitFailure, cause: err}
	}
	if exit.cause != nil {
		fmt.Fprintf(errs, "understudy: %v\n", exit.cause)
	}
	return exit.code
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "understudy",
		Short: "A distributed key-value store whose failures have been rehearsed",
		Long: `Understudy is a sharded, replicated, linearizable key-value store that speaks
the Redis protocol, and the simulator that rehearses its failures.

Every flag can be given as an environment variable: --data-dir is
UNDERSTUDY_DATA_DIR. A flag on the command line wins.

Exit codes: 0 success; 1 failure, or a simulation found a violation; 2 wrong use;
3 a simulation was inconclusive or vacuous.`,
		Example: `  understudy dev                             a cluster on this machine; then: redis-cli -p 7000
  understudy sim run everything --seeds 1000 rehearse failures
  understudy status --addr 127.0.0.1:7100    who leads what`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd.Flags()) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(fmt.Errorf("%w; see '%s --help'", err, cmd.CommandPath()))
	})
	return group(root, newDev(), newServe(), newStatus(),
		newGet(), newPut(), newDel(), newIncr(), newCas(),
		newSim(), newBench(), newVersion())
}

// group makes a command that only holds others: alone it prints its help, and an
// unknown verb under it is wrong use.
func group(cmd *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usage(fmt.Errorf("unknown verb %q; see '%s --help'", args[0], cmd.CommandPath()))
		}
		return cmd.Help()
	}
	cmd.AddCommand(verbs...)
	return cmd
}

// exactly wants n arguments and calls any other number wrong use.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usage(fmt.Errorf("%s takes %d arguments, not %d; usage: %s",
				cmd.CommandPath(), n, len(args), cmd.UseLine()))
		}
		return nil
	}
}

// fromEnvironment sets the flags that were not given and whose variable is set.
func fromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		variable := "UNDERSTUDY_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, set := os.LookupEnv(variable)
		if f.Changed || !set || failed != nil {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = usage(fmt.Errorf("%s=%q: %w", variable, value, err))
		}
	})
	return failed
}
