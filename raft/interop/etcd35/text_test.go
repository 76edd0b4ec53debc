package etcd35

import (
	"os"
	"strings"
	"testing"
)

// TestTheAdaptersOfTwoVersionsAreOneText holds the two together that cannot be one:
// their types have different names only because the module was moved.
func TestTheAdaptersOfTwoVersionsAreOneText(t *testing.T) {
	for _, file := range []string{"replica.go", "convert.go"} {
		here, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		there, err := os.ReadFile("../etcd36/" + file)
		if err != nil {
			t.Fatal(err)
		}
		moved := strings.NewReplacer("package etcd36", "package etcd35", `"go.etcd.io/raft/`, `"go.etcd.io/etcd/raft/`)
		if moved.Replace(string(there)) != string(here) {
			t.Errorf("%s is not that of etcd36", file)
		}
	}
}
