package picture

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/understudy-kv/understudy/sim/cluster"
)

//go:embed page
var files embed.FS

// scripts are the parts of the program of the page, in the order they are put
// together. Each may use those before it.
var scripts = []string{
	"data", "model", "past", "words", "filter", "view", "palette", "layout", "strip", "lines", "pick", "draw",
	"overview", "panel", "link", "keys", "pointer", "controls", "app",
}

// A head is what the page knows beside the columns.
type head struct {
	Scenario   string        `json:"scenario"`
	Seed       string        `json:"seed"` // a number that a page cannot hold
	Verdict    string        `json:"verdict"`
	Command    string        `json:"command"`
	Facts      []string      `json:"facts"`
	Plan       string        `json:"plan"`
	End        time.Duration `json:"end"`
	Healed     time.Duration `json:"healed"` // or zero
	Late       int64         `json:"late"`   // from which time on a journey is late, in ns
	Violations []violation   `json:"violations"`
	Bands      []band        `json:"bands"`
	Lanes      []lane        `json:"lanes"`
	Actors     []actor       `json:"actors"`
	Names      tables        `json:"names"`
	Columns    []*column     `json:"columns"`
}

// A violation is one of the report.
type violation struct {
	At     time.Duration `json:"at"`
	Oracle string        `json:"oracle"`
	Text   string        `json:"text"`
}

// A lane is a node of the page.
type lane struct {
	Name   string `json:"name"`
	Client bool   `json:"client"`
}

// An actor of the page; the first is nobody, on lane -1.
type actor struct {
	Lane int    `json:"lane"`
	Name string `json:"name"`
}

// tables are what the numbers of columns stand for.
type tables struct {
	Kinds     []string `json:"kinds"`
	Words     []string `json:"words"`
	Roles     []string `json:"roles"`
	Outcomes  []string `json:"outcomes"`
	Blames    []string `json:"blames"`
	Forms     []string `json:"forms"`
	CallForms []string `json:"callForms"`
}

// Write writes the page of the run that r has seen, and of which report tells. Command
// is what shows the run again.
func Write(w io.Writer, r *Recorder, report cluster.Report, command string) error {
	sheet, late := r.sheet()
	columns, err := sheet.text()
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	var judged bytes.Buffer
	if err := report.Judgement.Visualize(&judged, report.Bands); err != nil {
		return fmt.Errorf("picture: linearization: %w", err)
	}
	porcupine, err := compressed(judged.Bytes())
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	h := r.head(report)
	h.Command = command
	h.Late, h.Columns = late, sheet.columns
	return fill(w, h, columns, porcupine)
}

// fill puts everything into the page.
func fill(w io.Writer, h head, columns, porcupine string) error {
	known, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	page, err := template.ParseFS(files, "page/page.html")
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	style, err := files.ReadFile("page/page.css")
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	program, err := program()
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return page.Execute(w, map[string]any{
		"Title":     h.Scenario + " " + h.Seed + ": " + h.Verdict,
		"Style":     template.CSS(style),
		"Script":    template.JS(program),
		"Head":      template.JS(known),
		"Columns":   template.HTML(columns),
		"Porcupine": template.HTML(porcupine),
	})
}

// program puts the scripts together, so that none of their names is seen outside.
func program() (string, error) {
	var b strings.Builder
	b.WriteString("(() => {\n'use strict'\n")
	for _, name := range scripts {
		text, err := files.ReadFile("page/" + name + ".js")
		if err != nil {
			return "", err
		}
		b.Write(text)
	}
	b.WriteString("})()\n")
	return b.String(), nil
}

// head gathers what is told once.
func (r *Recorder) head(report cluster.Report) head {
	h := head{ // lists are never null in the page
		Scenario:   report.Plan.Scenario,
		Seed:       fmt.Sprint(uint64(report.Plan.Seed)),
		Verdict:    report.Verdict.String(),
		Facts:      facts(report),
		Plan:       string(report.Plan.Encode()),
		End:        r.end,
		Healed:     r.healed,
		Violations: []violation{},
		Bands:      r.allBands(report.Plan),
		Names: tables{
			Kinds: rowKindNames[:], Words: r.rows.words.list, Roles: roleNames[:], Outcomes: outcomeNames[:],
			Blames: r.flights.blames.list, Forms: r.rows.texts.forms.list, CallForms: r.calls.texts.forms.list,
		},
	}
	for _, v := range report.Violations {
		h.Violations = append(h.Violations, violation{v.At, v.Oracle, v.Text})
	}
	for _, n := range r.lanes.nodes {
		h.Lanes = append(h.Lanes, lane{laneName(n), n.IsClient()})
	}
	for i, a := range r.lanes.actors {
		one := actor{-1, a.Name}
		if i > 0 && a.Node != 0 {
			one.Lane = r.lanes.of(a.Node)
		}
		h.Actors = append(h.Actors, one)
	}
	return h
}
