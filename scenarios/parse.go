package scenarios

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"

	"github.com/understudy-kv/understudy/sim/cluster"
)

// Parse reads a scenario from YAML. Errors name the file and, where there is one,
// the line.
func Parse(file string, text []byte) (cluster.Scenario, error) {
	var s cluster.Scenario
	err := yaml.UnmarshalWithOptions(text, &s, yaml.Strict(),
		yaml.CustomUnmarshaler(value(cluster.ParseRange)),
		yaml.CustomUnmarshaler(value(time.ParseDuration)))
	var scalar *scalarError
	switch {
	case errors.As(err, &scalar):
		return s, fmt.Errorf("%s:%d: %w", file, scalar.line(text), scalar.err)
	case err != nil:
		return s, fmt.Errorf("%s: %s", file, yaml.FormatError(err, false, true))
	}
	var field *cluster.FieldError
	if err := s.Validate(); errors.As(err, &field) {
		return s, fmt.Errorf("%s:%d: %w", file, lineOf(field.Path, text), err)
	} else if err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
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
