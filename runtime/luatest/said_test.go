package luatest

import (
	"strings"
	"testing"
)

// What is printed, written and logged is seen by the test, and told where it
// fails: a line that has no end yet, too.
func TestWhatIsSaid(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": "timezone: UTC\n", "scripts/a.lua": `
hik.every("1m", function()
  hik.log.info("round", {n = 3, door = "yard", far = 0.5, open = true, list = {1, 2}, job = "x"})
  io.write("a", 1, "\nb") io.stderr:write("c") print("d")
end)`, "tests/a_test.lua": `
local test = hik.test
print("the file")
test.case("seen", function()
  test.advance("61s")
  test.equal(test.log("round")[1].fields, {n = 3, door = "yard", far = 0.5, open = true, list = "[1,2]", job_ = "x"})
  test.equal({test.log("door=yard")[1].message, #test.log("door=hall")}, {"round", 0})
  local said = {}
  for _, line in ipairs(test.log()) do if line.level == "print" then said[#said + 1] = line.message end end
  test.equal(said, {"the file", "a1", "bcd"})
  io.write("half a")
  error("it fails")
end)`, "tests/b_test.lua": `io.write("so far\nso") error("no test")`})
	list := c.results(t)
	for i, want := range []string{
		"12:00:00  a: script loaded\n12:00:00  test: the file\n12:01:00  a: round door=yard far=0.5 job_=x list=[1,2] n=3 open=true\n12:01:00  a: a1\n12:01:00  a: bcd\n12:01:01  test: half a",
		"12:00:00  test: so far\n12:00:00  test: so",
	} {
		if got := strings.Join(list[i].said(), "\n"); got != want || len(list[i].Failures) != 1 {
			t.Errorf("%s\nsaid\n%s\nwant\n%s", outcome(list[i:i+1]), got, want)
		}
	}
}

func TestTooLong(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": "timezone: UTC\n", "tests/a_test.lua": `
local test = hik.test
test.case("all", function() test.advance("31d") end)
test.case("more", function() test.advance("30d") test.advance("2d") end)
test.case("until", function() test.advance_to("2026-07-04 12:00") end)`})
	compare(t, outcome(c.results(t)), `
tests/a_test.lua: all: 0
tests/a_test.lua: more: 1; tests/a_test.lua:4: advance: 2d is longer than a test may go on: 1d are left
tests/a_test.lua: until: 1; tests/a_test.lua:5: advance_to: 33d is longer than a test may go on: 31d are left`)
}

// Tests lie in folders, too.
func TestFolders(t *testing.T) {
	c := newSite(t, map[string]string{"site.yaml": oneDome,
		"tests/night_test.lua":           `hik.test.case("a", function() end)`,
		"tests/gate/night_test.lua":      `hik.test.case("a", function() error("b") end)`,
		"tests/gate/deep/night_test.lua": `hik.test.case("a", function() end)`,
		"tests/gate/help.lua":            `error("not run")`,
		"tests/.git/night_test.lua":      `error("not run")`,
		"tests/gate/.#night_test.lua":    `error("not run")`,
		"elsewhere/night_test.lua":       `error("not run")`,
		"tests/way_test.lua/n_test.lua":  `error("not run")`,
	})
	compare(t, strings.ReplaceAll(outcome(c.results(t)), c.Site.Dir, "DIR"), `
tests/gate/deep/night_test.lua: a: 0
tests/gate/night_test.lua: a: 1; tests/gate/night_test.lua:1: b
tests/night_test.lua: a: 0
tests/way_test.lua: 1; read DIR/tests/way_test.lua: is a directory`)
}
