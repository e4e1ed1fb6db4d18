package luatest

import (
	"encoding/xml"
	"fmt"
	"strings"
)

// junitSuites is the document that CI servers read: a suite for each file.
type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Suites   []*junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"` // seconds
	Failure *junitFailure `xml:"failure"`
	Out     string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (s *junitSuites) add(t Result) {
	if len(s.Suites) == 0 || s.Suites[len(s.Suites)-1].Name != t.File {
		s.Suites = append(s.Suites, &junitSuite{Name: t.File})
	}
	suite := s.Suites[len(s.Suites)-1]
	name := t.Name
	if name == "" {
		name = "(the file)"
	}
	c := junitCase{Class: t.File, Name: name, Time: fmt.Sprintf("%.3f", t.Took.Seconds())}
	s.Tests++
	suite.Tests++
	if len(t.Failures) > 0 {
		s.Failures++
		suite.Failures++
		var texts []string
		for _, f := range t.Failures {
			texts = append(texts, f.text())
		}
		c.Failure = &junitFailure{Message: t.Failures[0].Message, Text: strings.Join(texts, "\n")}
		c.Out = strings.Join(t.said(), "\n")
	}
	suite.Cases = append(suite.Cases, c)
}
