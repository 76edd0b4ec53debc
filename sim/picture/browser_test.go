package picture_test

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/understudy-kv/understudy/raft"
	"github.com/understudy-kv/understudy/sim"
	"github.com/understudy-kv/understudy/sim/check"
	"github.com/understudy-kv/understudy/sim/cluster"
)

//go:embed testdata/visit.js
var visit string

// complaints collects what the console is told of errors, before anything else runs.
const complaints = `<script>
window.complaints = []
window.addEventListener('error', (e) => window.complaints.push('error: ' + e.message))
window.addEventListener('unhandledrejection', (e) => window.complaints.push('rejected: ' + e.reason))
console.error = (...what) => window.complaints.push('console: ' + what.join(' '))
</script>`

// browsers are what a Chromium may be called.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

func findBrowser(t *testing.T) string {
	t.Helper()
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("no browser: none of %v is on the path, so that nobody looks at the page", browsers)
	return ""
}

func TestPageWorksInABrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	browser := findBrowser(t)
	var vote time.Duration // when the last vote was given
	text, _ := page(t, "leader-crash", 3, 6*time.Second, func(r *cluster.Report) {
		r.Violations = append(r.Violations, check.Violation{Oracle: check.OneVote, At: vote, Text: "a vote too many"})
	}, func(e *sim.Event) {
		if m, is := e.Message.(raft.Message); is && e.Kind == sim.Sent && m.Kind == raft.GrantVote {
			vote = e.At
		}
	})
	text = bytes.Replace(text, []byte("<head>"), []byte("<head>"+complaints), 1)
	text = append(text, "<script>(() => {"+visit+"})()</script>"...)
	for _, w := range outcome(t, open(t, browser, text)) {
		t.Error(w)
	}
}

// open lets a browser show a page until its time is up, and returns what the page has
// become.
func open(t *testing.T, browser string, page []byte) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "page.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--window-size=1500,900", "--virtual-time-budget=20000", "file://"+path)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("the browser does not run here: %v\n%s", err, said.String())
	}
	return string(out)
}

var outcomes = regexp.MustCompile(`(?s)<pre id="outcome">(.*?)</pre>`)

// outcome reads what the visitor wrote at the end of the page.
func outcome(t *testing.T, dom string) (wrong []string) {
	t.Helper()
	m := outcomes.FindStringSubmatch(dom)
	if m == nil {
		_, status, _ := strings.Cut(dom, `id="status">`)
		t.Fatalf("the visit did not come to its end; the page says %.200q", status)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &wrong); err != nil {
		t.Fatal(err)
	}
	return wrong
}
