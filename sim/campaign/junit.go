package campaign

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/understudy-kv/understudy/sim/check"
)

// WriteJUnit writes the summary as JUnit XML, the form that CI systems show: a suite for
// each scenario, in it a failed case for each way to fail, or a case that passed if there
// is none. A run that proves nothing is an error there, and not a failure.
func (s *Summary) WriteJUnit(out io.Writer) error {
	suites := junitSuites{Name: "understudy sim run", Time: fmt.Sprintf("%.3f", s.Real)}
	for i := range s.Scenarios {
		suite := s.suite(i)
		suites.Tests += suite.Tests
		suites.Failures += suite.Failures
		suites.Errors += suite.Errors
		suites.Suites = append(suites.Suites, suite)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(suites); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Time     string       `xml:"time,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitProblem `xml:"failure"`
	Error   *junitProblem `xml:"error"`
	Skipped *junitProblem `xml:"skipped"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// suite reports on one scenario.
func (s *Summary) suite(scenario int) junitSuite {
	part := &s.Scenarios[scenario]
	suite := junitSuite{
		Name: part.Scenario,
		Time: fmt.Sprintf("%.3f", part.Took),
		Properties: []junitProperty{
			{"runs", fmt.Sprint(part.Runs)},
			{"verdicts", part.verdicts()},
			{"fingerprint", part.Fingerprint},
		},
	}
	for _, f := range s.Failures {
		for _, share := range f.Scenarios {
			if share.Example.Scenario == scenario {
				suite.add(s.failedCase(f, share))
			}
		}
	}
	if len(suite.Cases) == 0 {
		suite.add(passedCase(part))
	}
	return suite
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// passedCase stands for all runs of a scenario in which none failed. If there was no
// time for any, it is skipped.
func passedCase(p *Part) junitCase {
	c := junitCase{Name: "every run passes", Class: p.Scenario, Time: fmt.Sprintf("%.3f", p.Took)}
	if p.Runs == 0 {
		c.Skipped = &junitProblem{Message: "no run was begun"}
	}
	return c
}

// failedCase tells of one way to fail, with the cheapest run of this scenario. Its name
// is the signature, which stays the same from campaign to campaign.
func (s *Summary) failedCase(f Failure, share Share) junitCase {
	e := share.Example
	var text strings.Builder
	for _, c := range e.Complaints() {
		fmt.Fprintln(&text, c)
	}
	fmt.Fprintf(&text, "\nruns: %d\ncheapest: seed %d, %d events\nreplay: %s\n",
		share.Runs, e.Seed, e.Report.Stats.Events, s.work.Replay(e.Run))
	if f.Plan != "" && e.Run == f.Example.Run {
		fmt.Fprintf(&text, "plan: %s\n", f.Plan)
	}
	problem := &junitProblem{Message: Short(e.Complaints()[0]), Type: e.Kind(), Text: text.String()}
	c := junitCase{Name: f.Signature, Class: share.Scenario, Time: fmt.Sprintf("%.3f", e.Took.Seconds())}
	if e.Verdict() == check.Violated {
		c.Failure = problem
	} else {
		c.Error = problem
	}
	return c
}
