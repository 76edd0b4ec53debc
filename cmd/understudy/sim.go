package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/scenarios"
)

func newSim() *cobra.Command {
	return group(&cobra.Command{
		Use:   "sim",
		Short: "Rehearse failures in a simulated world",
		Long: `Sim runs whole clusters in a simulated world, where messages get lost, disks
forget and nodes crash as a seed decides. The same scenario and seed give the same
run, on every machine, down to the last event.

Exit codes: 0 every run passed; 1 a promise was broken; 2 wrong use; 3 some run was
inconclusive or vacuous.`,
	}, newSimList(), newSimRun(), newSimReplay(), newSimShrink(), newSimZoo(), newSimRepeat())
}

func newSimList() *cobra.Command {
	var names bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios that come with the program",
		Args:  exactly(0),
		Run: func(cmd *cobra.Command, _ []string) {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			defer w.Flush()
			for _, s := range scenarios.All() {
				if names {
					fmt.Fprintln(w, s.Name)
				} else {
					fmt.Fprintf(w, "%s\t%s\n", s.Name, s.Claim)
				}
			}
		},
	}
	cmd.Flags().BoolVar(&names, "names", false, "print only the names")
	return cmd
}

// oneScenario wants the name or the file of a scenario as the only argument.
func oneScenario(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usage(fmt.Errorf("%s takes one scenario; 'understudy sim list' lists them", cmd.CommandPath()))
	}
	return nil
}

// completeScenario completes the names of scenarios.
func completeScenario(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
	for _, s := range scenarios.All() {
		names = append(names, s.Name+"\t"+s.Claim)
	}
	return names, cobra.ShellCompDirectiveDefault
}
