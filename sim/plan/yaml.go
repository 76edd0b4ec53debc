package plan

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
)

// ParseScenario reads a scenario from YAML. Errors name the file and, where there is
// one, the line.
func ParseScenario(file string, text []byte) (Scenario, error) {
	var s Scenario
	err := parse(file, text, &s)
	return s, err
}

// Parse reads a plan from YAML. Errors name the file and, where there is one, the line.
func Parse(file string, text []byte) (Plan, error) {
	var p Plan
	err := parse(file, text, &p)
	return p, err
}

// Holds reports whether a file seems to hold a plan, and not a scenario.
func Holds(text []byte) bool {
	var head struct {
		Format any `yaml:"plan"`
	}
	return decode(text, &head) == nil && head.Format != nil
}

// decode reads YAML. The library panics at some documents that nobody can read, and
// whoever wrote such a file wants to be told so like of any other mistake.
func decode(text []byte, to any, options ...yaml.DecodeOption) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("this cannot be read as YAML: %v", cause)
		}
	}()
	return yaml.UnmarshalWithOptions(text, to, options...)
}

// parse reads what is to be validated.
func parse(file string, text []byte, to interface{ Validate() error }) error {
	err := decode(text, to, yaml.Strict(),
		yaml.CustomUnmarshaler(value(ParseRange)),
		yaml.CustomUnmarshaler(value(ParseTarget)),
		yaml.CustomUnmarshaler(value(time.ParseDuration)))
	var scalar *scalarError
	switch {
	case errors.As(err, &scalar):
		return fmt.Errorf("%s:%d: %w", file, scalar.line(text), scalar.err)
	case err != nil:
		return fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	var field *FieldError
	if err := to.Validate(); errors.As(err, &field) {
		return fmt.Errorf("%s:%d: %w", file, lineOf(field.Path, text), err)
	} else if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// Encode returns the plan as a file that [Parse] reads: a line for each part, and for
// each fault.
func (p Plan) Encode() []byte {
	var b bytes.Buffer
	line := func(name string, value any) { fmt.Fprintf(&b, "%s: %s\n", name, flow(value)) }
	line("plan", p.Format)
	line("scenario", p.Scenario)
	line("seed", uint64(p.Seed))
	line("duration", p.Duration)
	line("cluster", p.Cluster)
	line("workload", p.Work)
	line("network", p.Network)
	line("disk", p.Disk)
	list(&b, "clocks", p.Clocks)
	list(&b, "pairs", p.Pairs)
	list(&b, "machines", p.Machines)
	line("sizes", p.Limits)
	list(&b, "absent", p.Absent)
	list(&b, "faults", p.Strikes)
	return b.Bytes()
}

func list[T any](b *bytes.Buffer, name string, items []T) {
	if len(items) == 0 {
		fmt.Fprintf(b, "%s: []\n", name)
		return
	}
	fmt.Fprintf(b, "%s:\n", name)
	for _, i := range items {
		fmt.Fprintf(b, "  - %s\n", flow(i))
	}
}

// flow encodes a value in one line.
func flow(value any) []byte {
	text, err := yaml.MarshalWithOptions(value, yaml.Flow(true),
		yaml.CustomMarshaler(func(r Range) ([]byte, error) { return []byte(r.String()), nil }),
		yaml.CustomMarshaler(func(t Target) ([]byte, error) { return []byte(t.String()), nil }))
	if err != nil {
		panic(err) // plans hold nothing that YAML lacks
	}
	return bytes.TrimSpace(text)
}

// A scalarError is a value that could not be read. The YAML library does not say
// where such a value stands, so its text is kept to look it up.
type scalarError struct {
	text string
	err  error
}

func (e *scalarError) Error() string { return e.err.Error() }

// line returns the first line on which the value stands.
func (e *scalarError) line(text []byte) int {
	for _, t := range lexer.Tokenize(string(text)) {
		if t.Value == e.text {
			return t.Position.Line
		}
	}
	return 1
}

// value makes a reader of scalars out of a parser of text.
func value[T any](parse func(string) (T, error)) func(*T, []byte) error {
	return func(to *T, raw []byte) error {
		text := strings.Trim(strings.TrimSpace(string(raw)), `"'`)
		v, err := parse(text)
		if err != nil {
			return &scalarError{text: text, err: err}
		}
		*to = v
		return nil
	}
}

// lineOf returns the line of a field, or of the nearest field around it that the
// file mentions.
func lineOf(path string, text []byte) int {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return 1
	}
	for path != "" {
		if p, err := yaml.PathString("$." + path); err == nil {
			if node, err := p.FilterFile(file); err == nil && node != nil {
				return node.GetToken().Position.Line
			}
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
	return 1
}
