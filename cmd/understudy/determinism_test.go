package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/understudy-kv/understudy/sim/campaign"
)

// TestACampaignIsTheSameInEveryProcess runs the same seeds in fresh processes with
// other numbers of threads and other garbage collection, and compares every trace.
func TestACampaignIsTheSameInEveryProcess(t *testing.T) {
	seeds := 60
	if testing.Short() {
		seeds = 10
	}
	for _, scenario := range []string{"everything", "torn-disks", "lossy-network", "real-files"} {
		one := fingerprint(t, scenario, seeds, "GOMAXPROCS=1", "GOGC=25")
		two := fingerprint(t, scenario, seeds, "GOMAXPROCS=4", "GOGC=400")
		if one != two {
			t.Errorf("%s: fingerprints %s and %s; find the seed with 'understudy sim replay'", scenario, one, two)
		}
		if other := fingerprint(t, scenario, seeds-1); other == one {
			t.Errorf("%s: other seeds have the same fingerprint", scenario)
		}
	}
}

func fingerprint(t *testing.T, scenario string, seeds int, environment ...string) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "sim", "run", scenario, "--seeds", strconv.Itoa(seeds), "--repeat", "0", "--json")
	cmd.Env = append(os.Environ(), environment...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	var s campaign.Summary
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatal(err)
	}
	return s.Fingerprint
}
