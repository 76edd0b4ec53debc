package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/understudy-kv/understudy/sim/campaign"
)

const examples = "../../docs/examples"

func TestEveryExampleIsTested(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(examples, "*"))
	if err != nil || len(files) != 2 {
		t.Errorf("%v (%v): each has a test below", files, err)
	}
}

func TestPodsOfTheExampleDoEveryRunOnce(t *testing.T) {
	var job struct {
		Spec struct {
			CompletionMode string `yaml:"completionMode"`
			Completions    int
			Template       struct {
				Spec struct {
					Containers []struct{ Command, Args []string }
				}
			}
		}
	}
	readExample(t, "kubernetes-job.yaml", &job)
	containers := job.Spec.Template.Spec.Containers
	if job.Spec.CompletionMode != "Indexed" || len(containers) != 1 {
		t.Fatalf("the job is %+v", job)
	}
	checkShards(t, job.Spec.Completions, func(index int) []string {
		command := append(containers[0].Command, containers[0].Args...)
		line := strings.Join(command, "\n")
		return strings.Split(strings.ReplaceAll(line, "$(JOB_COMPLETION_INDEX)", fmt.Sprint(index)), "\n")
	})
}

func TestMachinesOfTheExampleDoEveryRunOnce(t *testing.T) {
	var workflow struct {
		Jobs struct {
			Sim struct {
				Strategy struct {
					Matrix struct{ Shard []int }
				}
				Steps []struct{ Run string }
			}
		}
	}
	readExample(t, "github-actions.yaml", &workflow)
	shards := workflow.Jobs.Sim.Strategy.Matrix.Shard
	var command string
	for _, step := range workflow.Jobs.Sim.Steps {
		if strings.Contains(step.Run, "sim run") {
			command = strings.ReplaceAll(step.Run, "bin/understudy", "understudy")
		}
	}
	checkShards(t, len(shards), func(index int) []string {
		return strings.Fields(expression.ReplaceAllStringFunc(command, func(e string) string {
			switch strings.TrimSpace(e[3 : len(e)-2]) {
			case "github.run_number":
				return "7"
			case "matrix.shard":
				return fmt.Sprint(shards[index])
			case "strategy.job-total":
				return fmt.Sprint(len(shards))
			}
			t.Fatalf("what is %s?", e)
			return ""
		}))
	})
}

var expression = regexp.MustCompile(`\$\{\{[^}]*\}\}`)

func readExample(t *testing.T, name string, to any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(examples, name))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, to); err != nil {
		t.Fatal(err)
	}
}

// checkShards wants so many commands, each of which the program understands, to be the
// shards of one campaign.
func checkShards(t *testing.T, n int, command func(index int) []string) {
	t.Helper()
	if n < 2 {
		t.Fatalf("%d shards", n)
	}
	for index := range n {
		shard, err := understood(command(index))
		if want := (campaign.Shard{Index: index, Of: n}); err != nil || shard != want {
			t.Errorf("%q is shard %v, want %v: %v", command(index), shard, want, err)
		}
	}
}

// understood returns the shard of a command line, or what the program says against it.
func understood(line []string) (campaign.Shard, error) {
	root := newRoot()
	cmd, _, err := root.Find(line[1:])
	if err != nil {
		return campaign.Shard{}, err
	}
	if line[0] != "understudy" || cmd.CommandPath() != "understudy sim run" {
		return campaign.Shard{}, fmt.Errorf("%s is not sim run", cmd.CommandPath())
	}
	var chosen rehearsal
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		f := runFlags{workers: 1, shard: cmd.Flag("shard").Value.String()}
		chosen, err = f.rehearsal(args)
		return err
	}
	root.SetArgs(line[1:])
	if err := root.Execute(); err != nil {
		return campaign.Shard{}, err
	}
	return chosen.work.Shard, nil
}

func TestAnExampleWithAFlagThatDoesNotExistIsNotUnderstood(t *testing.T) {
	for _, bad := range []string{"understudy sim run --sharp 1/2", "understudy sim run --shard 2/2", "understudy sim walk", "understudy sim run --for soon"} {
		if _, err := understood(strings.Fields(bad)); err == nil {
			t.Errorf("%q is understood", bad)
		}
	}
}
