package page

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

const (
	// maxHookCalls is how many requests may wait for handlers at once, of all hooks
	// together: connections are for the page, too.
	maxHookCalls = 64
	// maxHookFields bounds the fields of a form or a query.
	maxHookFields = 100
	// maxCallers bounds the addresses whose wrong tokens are counted.
	maxCallers = 1000
	// hookNoteEvery is how often the log tells, at most, that requests to a hook
	// were refused.
	hookNoteEvery = time.Minute
)

// hookDesk has the hooks, and what outlives a change of the page's settings: wrong
// tokens, and how many requests wait.
type hookDesk struct {
	clk    clock.Clock
	places chan struct{}

	mu      sync.Mutex
	web     *site.Web // that has the hooks; nil: there are none
	guesses map[caller]*guesses
	notes   map[string]*hookNote
}

// hookNote counts what the log has not told.
type hookNote struct {
	at    time.Time // of the last line
	since int       // refused after it
}

func newHookDesk(clk clock.Clock) *hookDesk {
	return &hookDesk{
		clk: clk, places: make(chan struct{}, maxHookCalls),
		guesses: make(map[caller]*guesses), notes: make(map[string]*hookNote),
	}
}

// settings takes over the hooks of a site.yaml.
func (d *hookDesk) settings(web *site.Web) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.web = web
}

func (d *hookDesk) hook(name string) (hook site.Hook, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.web.Hook(name)
}

// caller is an address that asks for a hook that site.yaml has.
type caller struct{ hook, address string }

// guessesOf counts the wrong tokens of a caller. Each address has its own count: what
// guesses, and a panel with an old token, keep no other from being heard.
func (d *hookDesk) guessesOf(c caller) *guesses {
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.guesses[c]
	if g == nil {
		if len(d.guesses) >= maxCallers {
			clear(d.guesses) // a whole network is at it
		}
		g = newGuesses(d.clk)
		d.guesses[c] = g
	}
	return g
}

// note reports whether the log is to tell of a refusal, and how many it has not told
// of.
func (d *hookDesk) note(hook string) (before int, tell bool) {
	now := d.clk.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	n := d.notes[hook]
	if n == nil {
		n = &hookNote{}
		d.notes[hook] = n
	}
	if !n.at.IsZero() && now.Sub(n.at) < hookNoteEvery {
		n.since++
		return 0, false
	}
	before = n.since
	n.at, n.since = now, 0
	return before, true
}

// hook hands a request to the handler of a script.
func (f *front) hook(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	hook, known := f.page.hooks.hook(name)
	if !known {
		f.refuse(w, r, http.StatusNotFound, "not_found", "there is no such hook", "web.hooks of site.yaml has the names, and a token for each")
		return
	}
	if !f.mayCall(w, r, hook) {
		return
	}
	select {
	case f.page.hooks.places <- struct{}{}:
		defer func() { <-f.page.hooks.places }()
	default:
		setRetry(w, 0)
		f.refuseHook(w, r, name, http.StatusTooManyRequests, "busy", "too many requests wait for handlers")
		return
	}
	request, status, message := readHook(w, r)
	if status != 0 {
		f.refuseHook(w, r, name, status, "misuse", message)
		return
	}
	request.Name, request.Address = name, addressOf(r)
	// Neither a caller that goes nor a page that is taken down ends the run.
	ctx, cancel := clock.WithCancel(r.Context())
	defer cancel()
	defer clock.OnDone(f.ctx, cancel)()
	f.answerHook(w, r, name, f.page.conf.Hook(ctx, request))
}

// mayCall looks at the token. It comes as a bearer, or, from what can only be given an
// address, as token=.
func (f *front) mayCall(w http.ResponseWriter, r *http.Request, hook site.Hook) bool {
	token, given := bearer(r)
	if !given {
		token = r.URL.Query().Get("token")
	}
	refuse := func(status int, message, hint string) bool {
		f.refuse(w, r, status, "login", message, hint)
		return false
	}
	if token == "" { // it is no guess
		w.Header().Set("WWW-Authenticate", "Bearer")
		return refuse(http.StatusUnauthorized, "the token of the hook is missing", "Authorization: Bearer and the token that web.hooks of site.yaml has")
	}
	switch v, wait := f.page.hooks.guessesOf(caller{hook.Name, addressOf(r)}).check(token, hook.Token); v {
	case rightPassword:
		return true
	case tooManyGuesses:
		setRetry(w, wait)
		return refuse(http.StatusTooManyRequests, "too many wrong tokens from this address: none is looked at for a minute", "")
	}
	f.page.conf.Log.Warn("a wrong token for a hook", keyHook, hook.Name, keyAddress, addressOf(r))
	w.Header().Set("WWW-Authenticate", "Bearer")
	return refuse(http.StatusUnauthorized, "the token is not that of the hook", "Authorization: Bearer and the token that web.hooks of site.yaml has")
}

// readHook reads what came. A status that is not 0 says that the request is refused.
func readHook(w http.ResponseWriter, r *http.Request) (request luaapi.HookRequest, status int, message string) {
	if r.Header.Get("Content-Encoding") != "" {
		return request, http.StatusUnsupportedMediaType, "the body is packed: send it as it is"
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, luaapi.MaxHookBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return request, http.StatusRequestEntityTooLarge, "the body has more than 64 kB"
	}
	if err != nil {
		return request, http.StatusBadRequest, "the body did not come to its end"
	}
	request.Body, request.ContentType = body, r.Header.Get("Content-Type")
	if request.Query, err = url.ParseQuery(r.URL.RawQuery); err != nil || len(request.Query) > maxHookFields {
		return request, http.StatusBadRequest, "what follows the ? of the address cannot be read"
	}
	request.Query.Del("token")
	kind, params, err := mime.ParseMediaType(request.ContentType)
	switch {
	case err != nil:
		return request, 0, ""
	case kind == "application/x-www-form-urlencoded":
		request.Form, err = url.ParseQuery(string(body))
	case kind == "multipart/form-data":
		request.Form, err = formOf(string(body), params["boundary"])
	}
	if err != nil || len(request.Form) > maxHookFields {
		return request, http.StatusBadRequest, "the form cannot be read"
	}
	return request, 0, ""
}

// formOf are the fields of a form in parts, files among them.
func formOf(body, boundary string) (url.Values, error) {
	form := url.Values{}
	parts := multipart.NewReader(strings.NewReader(body), boundary)
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return form, nil
		}
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		form.Add(part.FormName(), string(text))
		if len(form) > maxHookFields {
			return form, nil
		}
	}
}

// refuseHook is refuse, and the log tells of it: the caller has the token, and
// somebody counts on its requests.
func (f *front) refuseHook(w http.ResponseWriter, r *http.Request, hook string, status int, kind, message string) {
	f.noteHook(hook, status, message)
	f.refuse(w, r, status, kind, message, "")
}

func (f *front) noteHook(hook string, status int, why string) {
	if before, tell := f.page.hooks.note(hook); tell {
		args := []any{keyHook, hook, keyStatus, status}
		if why != "" {
			args = append(args, "why", why)
		}
		if before > 0 {
			args = append(args, "more_before", before)
		}
		f.page.conf.Log.Warn("a request to a hook was refused", args...)
	}
}

// answerHook sends what the script has answered.
func (f *front) answerHook(w http.ResponseWriter, r *http.Request, hook string, a luaapi.HookAnswer) {
	if a.Status >= 400 && a.Status != http.StatusInternalServerError { // an error is in the log already
		f.page.counts.refused("hook")
		f.noteHook(hook, a.Status, "")
	}
	if a.RetryAfter > 0 {
		setRetry(w, a.RetryAfter-time.Second)
	}
	if a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	w.WriteHeader(a.Status)
	w.Write(a.Body)
}

// Attributes of the log.
const (
	keyHook   = "hook"
	keyStatus = "status"
)
