package luatest

import (
	"bytes"
	"testing"
)

func TestForms(t *testing.T) {
	list := []Result{
		{File: "tests/a_test.lua", Name: "good #1"},
		{File: "tests/a_test.lua", Name: "<bad>", Failures: []Failure{{Place: "tests/a_test.lua:3", Message: "it is 1, not 2", Below: "- 2\n+ 1"}}},
		{File: "tests/b_test.lua", Failures: []Failure{{Message: "no test\x01"}}},
	}
	for form, want := range map[string]string{
		"text": `
ok    tests/a_test.lua: good #1
FAIL  tests/a_test.lua: <bad>
      tests/a_test.lua:3: it is 1, not 2
        - 2
        + 1
FAIL  tests/b_test.lua
      no test 
2 of 3 tests failed, in 0.0 s`,
		"tap": `
TAP version 13
ok 1 - tests/a_test.lua: good \#1
not ok 2 - tests/a_test.lua: <bad>
# tests/a_test.lua:3: it is 1, not 2
#   - 2
#   + 1
not ok 3 - tests/b_test.lua
# no test 
1..3`,
		"junit": `
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="2">
  <testsuite name="tests/a_test.lua" tests="2" failures="1">
    <testcase classname="tests/a_test.lua" name="good #1" time="0.000"></testcase>
    <testcase classname="tests/a_test.lua" name="&lt;bad&gt;" time="0.000">
      <failure message="it is 1, not 2">tests/a_test.lua:3: it is 1, not 2&#xA;  - 2&#xA;  + 1</failure>
    </testcase>
  </testsuite>
  <testsuite name="tests/b_test.lua" tests="1" failures="1">
    <testcase classname="tests/b_test.lua" name="(the file)" time="0.000">
      <failure message="no test ">no test </failure>
    </testcase>
  </testsuite>
</testsuites>`,
	} {
		var b bytes.Buffer
		r := NewReport(form, &b)
		for _, one := range list {
			r.Tell(one)
		}
		if err := r.End(0); err != nil {
			t.Fatal(err)
		}
		compare(t, b.String(), want)
		if r.Ran != 3 || r.Failed != 2 {
			t.Errorf("%s: %d ran, %d failed", form, r.Ran, r.Failed)
		}
	}
}
