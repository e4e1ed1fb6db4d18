package main

import (
	"context"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestHook calls a script of a running host by HTTP, right and wrong: what it returns
// is the answer, and no token is in log or record.
func TestHook(t *testing.T) {
	t.Parallel()
	const token = "door-token-0123456789"
	p := start(t, map[string]string{
		"site.yaml":     "timezone: UTC\ndevices: {}\nweb: {listen: \"127.0.0.1:0\", hooks: {door: {token: " + token + "}}}\n",
		"scripts/a.lua": `hik.on("http:door", {overlap = "queue"}, function(r) if not r.json then error("no card") end return {seen = r.json.card, zone = r.query.zone} end)`,
	}, "run")
	p.logs("1 script live")
	page := regexp.MustCompile(`page at (http://127\.0\.0\.1:\d+)`).FindStringSubmatch(p.stderr())
	if page == nil {
		t.Fatal(p.stderr())
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, c := range []struct {
		path, body, token string
		status            int
		want              string
	}{
		{"/hooks/door?zone=2", `{"card": 7}`, token, 200, `{"seen":7,"zone":"2"}`},
		{"/hooks/door?token=" + token, `{"card": "body-8"}`, "", 200, `{"seen":"body-8"}`},
		{"/hooks/door", "x", token, 500, `{"error":{"kind":"error","message":"no card"}}`},
		{"/hooks/door", "{}", "a guess", 401, "not that of the hook"},
		{"/hooks/door?token=guess-in-the-address", "{}", "", 401, "not that of the hook"},
		{"/hooks/gate", "{}", token, 404, "no such hook"},
	} {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, page[1]+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.token != "" {
			r.Header.Set("Authorization", "Bearer "+c.token)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.status || !strings.Contains(string(text), c.want) {
			t.Errorf("%s: %s %s", c.path, answer.Status, text)
		}
	}
	p.logs("a wrong token for a hook")
	p.signal(os.Interrupt)
	p.ends()
	journal, _, _ := p.ask("", "journal", "--all")
	wants(t, journal, "request to http:door (from 127.0.0.1)")
	raw, _, _ := p.ask("", "journal", "--json")
	lacks(t, p.stderr()+journal+raw, token, "guess-in-the-address", "body-8")
}
