package runtime

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/journal"
)

const withHooks = `timezone: UTC
devices: {}
web: {hooks: {door: {token: "door-token-0123456789"}, alarm: {token: "alarm-token-0123456789"}}}
`

// calling is the answer to a call of a hook, once it is there.
type calling struct{ answer *luaapi.HookAnswer }

func (c *calling) String() string {
	if c.answer == nil {
		return "waits"
	}
	text := fmt.Sprintf("%d %s", c.answer.Status, c.answer.Body)
	if c.answer.RetryAfter > 0 {
		text += " again in " + c.answer.RetryAfter.String()
	}
	return strings.TrimSpace(text)
}

// call calls a hook as the page does.
func (w *world) call(ctx context.Context, name, body string) *calling {
	c := &calling{}
	w.clk.Go(func() {
		a := w.host.CallHook(ctx, luaapi.HookRequest{Name: name, Body: []byte(body), Address: "192.0.2.7"})
		c.answer = &a
	})
	return c
}

// called calls a hook and lets time pass.
func (w *world) called(name, body string, d time.Duration) string {
	c := w.call(context.Background(), name, body)
	w.run(d)
	return c.String()
}

// What the handler returns is the answer, and what goes wrong with it, too.
func TestHookAnswers(t *testing.T) {
	w := newWorld(t, withHooks, map[string]string{"scripts/a.lua": `
		hik.on("http:door", function(r, run)
			print(r.name, r.body, r.address, run.event)
			if r.json == nil then return end
			return load("return " .. r.json)()
		end)
		hik.on("http:alarm", {timeout = 3, between = "11:00-13:00"}, function(r)
			if r.body == "device" then hik.device("none") end
			if r.body == "secret" then error("it was door-token-0123456789\nand more") end
			if r.body == "table" then error({kind = "busy", message = "later", hint = "wait"}) end
			if r.body == "sleep" then hik.sleep(5) end
			if r.body == "exit" then while true do hik.sleep(1) end end
			hik.cancel_what_is_not_there()
		end)
	`})
	w.start()
	w.at(time.Second)
	for _, tt := range []struct{ hook, body, want string }{
		{"door", "", "204"},
		{"door", `"{open = true}"`, `200 {"open":true}`},
		{"door", `"'yes'"`, `200 yes`},
		{"door", `"print"`, `500 {"error":{"kind":"misuse","message":"what the handler of http:door returns is no answer: value is a function, which JSON does not have"}}`},
		{"alarm", "device", `500 {"error":{"kind":"misuse","message":"no device \"none\""}}`},
		{"alarm", "secret", `500 {"error":{"kind":"error","message":"it was *** and more"}}`},
		{"alarm", "table", `500 {"error":{"kind":"busy","message":"later"}}`},
		{"alarm", "sleep", `500 {"error":{"kind":"timeout","message":"ran longer than its limit of 3s"}}`},
		{"none", "", `404 {"error":{"kind":"not_found","message":"no script that runs has hik.on(\"http:none\", fn)"}}`},
	} {
		if got := w.called(tt.hook, tt.body, 4*time.Second); got != tt.want {
			t.Errorf("%s %s: %s\nwant %s", tt.hook, tt.body, got, tt.want)
		}
	}
	w.run(2 * time.Hour)
	if got := w.called("alarm", "", 0); got != `409 {"error":{"kind":"denied","message":"http:alarm: the handler takes nothing at this time"}}` {
		t.Error(got)
	}
	var lines []string
	for _, e := range w.record {
		if e.Kind == journal.Event {
			lines = append(lines, e.What+" "+e.Name+e.Detail+e.Script)
		}
	}
	if len(lines) != 9 || lines[0] != "http:door from 192.0.2.7" {
		t.Errorf("%q", lines)
	}
}

// A handler that takes its time is waited for 10 s, and goes on. While it runs,
// overlap decides what becomes of the next.
func TestSlowHooks(t *testing.T) {
	w := newWorld(t, withHooks, map[string]string{"scripts/a.lua": `
		hik.on("http:door", function(r) hik.sleep(15) print("end of " .. r.body) return r.body end)
		hik.on("http:alarm", {overlap = "queue"}, function(r) hik.sleep(tonumber(r.body)) return r.body end)
	`})
	w.start()
	w.at(time.Second)
	gone, leave := clock.WithCancel(context.Background())
	left := w.call(gone, "door", "one")
	w.run(time.Second)
	busy := w.call(context.Background(), "door", "two")
	w.run(time.Second)
	if got := busy.String(); got != `429 {"error":{"kind":"busy","message":"a/on http:door runs already"}} again in 2s` {
		t.Error(got)
	}
	leave() // the client goes, the run does not
	w.run(15 * time.Second)
	if got := left.String(); !strings.HasPrefix(got, "503 ") {
		t.Error(got)
	}
	w.wantPrinted("end of one")
	slow := w.call(context.Background(), "door", "three")
	w.run(9 * time.Second)
	if slow.answer != nil {
		t.Error(slow)
	}
	w.run(2 * time.Second)
	if got := slow.String(); got != `202 {"running":true}` {
		t.Error(got)
	}
	w.run(5 * time.Second)
	w.wantPrinted("end of one", "end of three")

	var all []*calling
	for range maxQueued + 3 {
		all = append(all, w.call(context.Background(), "alarm", "0.5"))
		w.run(time.Millisecond)
	}
	w.run(11 * time.Second)
	count := make(map[int]int)
	for _, c := range all {
		count[c.answer.Status]++
	}
	if count[429] != 2 || count[200]+count[202] != maxQueued+1 || count[200] < maxQueued {
		t.Error(count, all)
	}
}

// More than limits.tasks are told apart from a handler that fails.
func TestHooksAndLimits(t *testing.T) {
	w := newWorld(t, withHooks+"limits: {tasks: 3}\n", map[string]string{"scripts/a.lua": `
		hik.on("http:door", {overlap = "allow"}, function(r) hik.sleep(5) return "done" end)
	`})
	w.start()
	w.at(time.Second)
	var all []*calling
	for range 5 {
		all = append(all, w.call(context.Background(), "door", ""))
	}
	w.run(6 * time.Second)
	count := make(map[string]int)
	for _, c := range all {
		count[c.String()[:3]]++
	}
	if count["200"] != 3 || count["429"] != 2 {
		t.Error(count, all)
	}
}

// A request that comes while a script is reloaded is answered by the new version; a
// run that the reload cuts off says so; one that is queued goes on in the new.
func TestHooksAndReloads(t *testing.T) {
	w := newWorld(t, withHooks, map[string]string{"scripts/a.lua": `
		hik.on("http:door", {overlap = "queue"}, function(r) hik.sleep(5) return "old" end)
		hik.on_stop(function() hik.sleep(3) end)
	`})
	w.start()
	w.at(time.Second)
	cut, queued := w.call(context.Background(), "door", ""), (*calling)(nil)
	w.run(time.Second)
	queued = w.call(context.Background(), "door", "")
	w.run(time.Second)
	w.write("scripts/a.lua", `hik.on("http:door", {overlap = "queue"}, function(r) return "new" end)`)
	w.clk.Go(func() { w.host.Sync(context.Background()) })
	w.run(time.Second)
	while := w.call(context.Background(), "door", "")
	w.run(8 * time.Second)
	if got := cut.String(); got != `503 {"error":{"kind":"cancelled","message":"http:door was cut off: the script was reloaded"}} again in 2s` {
		t.Error(got)
	}
	if queued.String() != "200 new" || while.String() != "200 new" {
		t.Error(queued, while)
	}
	waiting := w.call(context.Background(), "door", "")
	w.run(time.Second)
	if waiting.String() != "200 new" {
		t.Error(waiting)
	}
	// The script goes, and with it its handler.
	w.write("scripts/a.lua", `hik.on("http:door", function(r) hik.sleep(60) end)`)
	w.sync()
	w.run(time.Second)
	last := w.call(context.Background(), "door", "")
	w.run(time.Second)
	w.remove("scripts/a.lua")
	w.sync()
	w.run(5 * time.Second)
	if got := last.String(); !strings.HasPrefix(got, "503 ") || !strings.Contains(got, "the script was removed") {
		t.Error(got)
	}
	if got := w.called("door", "", time.Second); !strings.HasPrefix(got, "404 ") {
		t.Error(got)
	}
}

// Before the scripts are there, callers are asked to come again.
func TestHooksBeforeTheScripts(t *testing.T) {
	w := newWorld(t, withHooks, map[string]string{"scripts/a.lua": `hik.on("http:door", function() return "ready" end)`, "scripts/b.lua": `hik.sleep(5)`})
	early := w.call(context.Background(), "door", "")
	w.start()
	late := w.call(context.Background(), "alarm", "")
	w.run(8 * time.Second)
	if !strings.HasPrefix(late.String(), "503 ") && !strings.HasPrefix(late.String(), "404 ") || early.answer == nil {
		t.Error(early, late)
	}
	if got := w.called("door", "", time.Second); got != "200 ready" {
		t.Error(got)
	}
}

// Of two scripts with one hook the second is refused, and tried again once the first
// has let go.
func TestTakenHooks(t *testing.T) {
	w := newWorld(t, withHooks, map[string]string{
		"scripts/a.lua": `hik.on("http:door", function() return "a" end)`,
		"scripts/b.lua": "\n" + `hik.on("http:door", function() return "b" end)`,
		"scripts/c.lua": `hik.on("http:alarm", function() end) hik.on("http:alarm", function() end)`,
		"scripts/d.lua": `hik.on("http:alarm", {name = "x"}, function() end) hik.on("http:alarm", {name = "x"}, function() return "d" end)`,
	})
	w.start()
	w.at(3 * time.Second)
	log := w.log.String()
	for _, want := range []string{`scripts/b.lua:2`, `is taken: scripts/a.lua:1 listens to it already`, `is taken: scripts/c.lua:1 listens to it already`} {
		if !strings.Contains(log, want) {
			t.Error(want, log)
		}
	}
	if door, alarm := w.called("door", "", time.Second), w.called("alarm", "", time.Second); door != "200 a" || alarm != "200 d" {
		t.Error(door, alarm, log)
	}
	w.write("scripts/a.lua", `print("no hook any more")`)
	w.sync()
	w.run(3 * time.Second)
	if door := w.called("door", "", time.Second); door != "200 b" {
		t.Error(door, w.log.String())
	}
	w.remove("scripts/b.lua")
	w.write("scripts/e.lua", `hik.on("http:door", function() return "e" end)`) // renamed
	w.sync()
	w.run(3 * time.Second)
	if door := w.called("door", "", time.Second); door != "200 e" {
		t.Error(door, w.log.String())
	}
}

// A hook needs a token; the script is tried anew once site.yaml has one.
func TestHooksWithoutAToken(t *testing.T) {
	w := newWorld(t, "timezone: UTC\ndevices: {}\n", map[string]string{"scripts/a.lua": `hik.on("http:door", function() return "a" end)`})
	w.start()
	w.at(time.Second)
	if log := w.log.String(); !strings.Contains(log, `the hook \"door\" has no token`) || !strings.Contains(log, `DOOR_TOKEN`) {
		t.Error(log)
	}
	if got := w.called("door", "", time.Second); !strings.HasPrefix(got, "404 ") {
		t.Error(got)
	}
	w.write("site.yaml", withHooks)
	w.sync()
	w.run(3 * time.Second)
	if got := w.called("door", "", time.Second); got != "200 a" {
		t.Error(got, w.log.String())
	}
}

// What is told by hand comes as a request; the end of the host ends those that wait.
func TestHooksByHand(t *testing.T) {
	w := newWorld(t, withHooks, map[string]string{"scripts/a.lua": `
		hik.on("http:door", {name = "door", overlap = "allow"}, function(r)
			print(r.body, r.json, r.content_type, r.address)
			if r.body == "wait" then hik.sleep(60) end
		end)
	`})
	w.start()
	w.at(time.Second)
	for _, value := range []any{"text", 7.0, nil} {
		if n, err := w.host.Emit("http:door", value); n != 1 || err != nil {
			t.Error(n, err)
		}
		w.run(time.Second)
	}
	if n, err := w.host.Emit("http:alarm", nil); n != 0 || err != nil {
		t.Error(n, err)
	}
	if _, err := w.host.Emit("http:a/b", nil); err == nil {
		t.Error("no error")
	}
	w.host.RunJob("door")
	w.run(time.Second)
	w.wantPrinted("text\tnil\tnil\tnil", "7\t7\tapplication/json\tnil", "\tnil\tnil\tnil", "\tnil\tnil\tnil")
	c := w.call(context.Background(), "door", "wait")
	w.run(time.Second)
	w.end()
	if got := c.String(); !strings.HasPrefix(got, "503 ") {
		t.Error(got)
	}
}

// Floods of requests while the script is reloaded again and again: each is answered,
// none by nothing.
func TestHookFloodInRealTime(t *testing.T) {
	source := func(n int) string {
		return fmt.Sprintf(`hik.on("http:door", {overlap = "queue"}, function(r) hik.sleep(0.001) return "%d " .. r.body end)
			hik.on("http:alarm", {overlap = "allow"}, function(r) return {n = %d, body = r.body} end)`, n, n)
	}
	r := newRunning(t, withHooks, map[string]string{"scripts/a.lua": source(0)})
	r.until("the first answer", func() bool {
		return r.host.CallHook(context.Background(), luaapi.HookRequest{Name: "door"}).Status == 200
	})
	var flood sync.WaitGroup
	var mu sync.Mutex
	count := make(map[string]int)
	stop := make(chan struct{})
	for i := range 8 {
		flood.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				name, body := "door", fmt.Sprintf("%d.%d", i, n)
				if i%2 == 1 {
					name = "alarm"
				}
				a := r.host.CallHook(context.Background(), luaapi.HookRequest{Name: name, Body: []byte(body)})
				switch a.Status {
				case 200:
					if !strings.Contains(string(a.Body), body) {
						t.Errorf("%s is answered %s", body, a.Body)
					}
				case 429, 503:
				default:
					t.Errorf("%d %s", a.Status, a.Body)
				}
				mu.Lock()
				count[fmt.Sprint(name, a.Status)]++
				mu.Unlock()
			}
		})
	}
	for n := 1; n <= 6; n++ {
		r.write("scripts/a.lua", source(n))
		r.until("the new version", func() bool {
			return strings.HasPrefix(string(r.host.CallHook(context.Background(), luaapi.HookRequest{Name: "door"}).Body), fmt.Sprint(n, " "))
		})
	}
	close(stop)
	flood.Wait()
	r.end()
	if count["door200"] == 0 || count["alarm200"] == 0 {
		t.Error(count)
	}
}
