package story

import (
	"strings"
	"testing"

	"github.com/understudy-kv/understudy/sim/plan"
)

func TestEveryFaultHasWords(t *testing.T) {
	for _, k := range plan.Kinds() {
		tell, known := words[k]
		if !known {
			t.Errorf("nothing tells of %s", k)
		}
		if tell == nil {
			continue
		}
		text := tell(plan.Strike{Kind: k, Struck: 7, After: 1, To: 9})
		if strings.Contains(text, "%") || k != plan.Split && k != plan.Swizzle && !strings.Contains(text, "node 7") {
			t.Errorf("%s: %q", k, text)
		}
	}
}
