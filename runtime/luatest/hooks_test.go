package luatest

import "testing"

// Requests to hooks come inside a test, and what the handler returns is there.
func TestHooks(t *testing.T) {
	c := newSite(t, map[string]string{
		"site.yaml": oneDome + "web: {hooks: {door: {token: \"${DOOR_TOKEN}\"}, slow: {token: \"${SLOW_TOKEN}\"}}}\n",
		"scripts/door.lua": `
hik.on("http:door", function(r)
  if r.form then return r.form.card end
  if r.body == "bad" then error("no card") end
  return {card = r.json and r.json.card, zone = r.query.zone}
end)
hik.on("http:slow", function() hik.sleep(30) hik.notify("ops", "done") end)`,
		"tests/door_test.lua": `
hik.test.case("answers", {allow_errors = true}, function()
  hik.test.equal(hik.test.emit("http:door", {card = 7}, {query = {zone = 2}}), {status = 200, body = '{"card":7,"zone":"2"}', json = {card = 7, zone = "2"}})
  hik.test.equal(hik.test.emit("http:door", nil, {form = {card = 8}}), {status = 200, body = "8"})
  hik.test.equal(hik.test.emit("http:door", "bad").json.error.message, "no card")
  hik.test.equal(hik.test.emit("http:door").status, 200)
end)
hik.test.case("slow", function()
  local before = hik.now()
  hik.test.equal(hik.test.emit("http:slow").status, 202)
  hik.test.equal(hik.now() - before, 10)
  hik.test.equal(hik.test.emit("http:slow").status, 429)
  hik.test.advance("21s")
  hik.test.equal(#hik.test.notices(), 1)
end)`,
	})
	compare(t, outcome(c.results(t)), "\ntests/door_test.lua: answers: 0\ntests/door_test.lua: slow: 0")
}
