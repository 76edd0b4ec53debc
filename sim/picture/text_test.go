package picture

import (
	"fmt"
	"strings"
	"testing"
)

// text puts a text together again as page/data.js does.
func (t *texts) text(i int) string {
	n := 0
	for _, f := range t.form[:i] {
		n += marks(t.forms.list[f])
	}
	var b strings.Builder
	form := t.forms.list[t.form[i]]
	for k := 0; k < len(form); k++ {
		switch form[k] {
		case plain:
			fmt.Fprint(&b, t.numbers[n])
			n++
		case padded:
			k++
			fmt.Fprintf(&b, "%0*d", int(form[k]-'a'+1), t.numbers[n])
			n++
		default:
			b.WriteByte(form[k])
		}
	}
	return b.String()
}

func marks(form string) int {
	return strings.Count(form, string(rune(plain))) + strings.Count(form, string(rune(padded)))
}

func TestTextsComeBackAsTheyWere(t *testing.T) {
	list := []string{
		"", "no number", "7", "0", "00", "007", "1→2 AppendEntries term=3 after=41@2 commit=40 [42@3..45@3]",
		"18446744073709551615", "100000000000000000000000000000", "1000000000000000", "x0000000000000000000y12",
		"199.004050ms", "key-3-1 \"c1.0:12\"",
	}
	var all texts
	all.init()
	for _, s := range list {
		all.add(s)
	}
	for i, s := range list {
		if got := all.text(i); got != s {
			t.Errorf("%q came back as %q", s, got)
		}
	}
}

func TestTextsThatDifferInNumbersShareAForm(t *testing.T) {
	var all texts
	all.init()
	all.add("1→2 Heartbeat term=3 round=9")
	all.add("2→1 Heartbeat term=4 round=120")
	if n := len(all.forms.list); n != 2 { // the empty one is always there
		t.Errorf("there are %d forms: %q", n, all.forms.list)
	}
}
