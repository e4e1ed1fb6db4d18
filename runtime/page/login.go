package page

import (
	"bytes"
	"html"
	"net/http"
	"strings"
)

// Marks in login.html: the first gives way to what is to be said; what lies
// between the others is left out where no password is configured.
const (
	messageMark = "<!--message-->"
	formBegin   = "<!--form-->"
	formEnd     = "<!--/form-->"
)

// What the login says.
const (
	saysNoPassword = `No password is set for this page. On the machine of the host, "hiklua page" gives a link that logs in.`
	saysWrong      = "This is not the password."
	saysTooMany    = `Too many wrong passwords. Wait a minute, or log in by the link that "hiklua page" gives on the machine of the host.`
	saysUsed       = `This link has been used, or a minute has passed. "hiklua page" gives another one.`
)

// login shows the form, or takes the password.
func (f *front) login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		if _, in := f.session(r); in {
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		f.loginPage(w, http.StatusOK, "")
		return
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		f.refuse(w, r, http.StatusUnsupportedMediaType, "misuse", "the body must be a form", "Content-Type: application/x-www-form-urlencoded")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		f.refuse(w, r, http.StatusBadRequest, "misuse", "the form cannot be read", "")
		return
	}
	if f.web.Password.IsZero() {
		f.page.counts.refused("login")
		f.loginPage(w, http.StatusForbidden, "")
		return
	}
	switch v, wait := f.page.guesses.check(r.PostForm.Get("password"), f.web.Password); v {
	case rightPassword:
		f.page.conf.Log.Info("page: logged in by the password", keyAddress, addressOf(r))
		f.begin(w)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	case tooManyGuesses:
		f.page.counts.refused("login")
		setRetry(w, wait)
		f.loginPage(w, http.StatusTooManyRequests, saysTooMany)
	default:
		f.page.counts.refused("login")
		f.wrongGuess(r)
		f.loginPage(w, http.StatusForbidden, saysWrong)
	}
}

// maxForm is more than a password has.
const maxForm = 4 << 10

// loginPage sends the form with what is to be said.
func (f *front) loginPage(w http.ResponseWriter, status int, message string) {
	b, err := assets.ReadFile("assets/login.html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if f.web.Password.IsZero() {
		if message == "" {
			message = saysNoPassword
		}
		before, rest, has := bytes.Cut(b, []byte(formBegin))
		if _, after, ends := bytes.Cut(rest, []byte(formEnd)); has && ends {
			b = append(bytes.Clone(before), after...)
		}
	}
	if message != "" {
		said := `<p class="message" role="alert">` + html.EscapeString(message) + "</p>"
		b = bytes.Replace(b, []byte(messageMark), []byte(said), 1)
	}
	w.Header().Set("Content-Type", typeOf("login.html"))
	w.WriteHeader(status)
	w.Write(b)
}

// enter logs in by a link.
func (f *front) enter(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		return // what looks at a link before a person does must not use it up
	}
	if !f.page.links.use(r.URL.Query().Get("key")) {
		f.page.counts.refused("login")
		f.loginPage(w, http.StatusForbidden, saysUsed)
		return
	}
	f.page.conf.Log.Info("page: logged in by a link", keyAddress, addressOf(r))
	f.begin(w)
	f.goTo(w, r, "/")
}

// toLogin sends a browser without a session to the login. After a link in a
// page or a mail of others the cookie may only have been held back.
func (f *front) toLogin(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		f.goTo(w, r, "/")
		return
	}
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// goTo sends a browser on. One that comes from a link in a page or a mail of
// others holds the cookie back on redirects, too, until a page of our own asks.
func (f *front) goTo(w http.ResponseWriter, r *http.Request, path string) {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		http.Redirect(w, r, path, http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", typeOf("go.html"))
	w.Write([]byte(`<!doctype html><html lang="en"><meta charset="utf-8"><title>hiklua</title>` +
		`<meta http-equiv="refresh" content="0; url=` + path + `"><p><a href="` + path + `">Go on</a></p></html>` + "\n"))
}

// logout ends the session.
func (f *front) logout(w http.ResponseWriter, r *http.Request) {
	if s, ok := sessionOf(r); ok {
		f.page.sessions.logOut(s.id)
	}
	f.setCookie(w, "", -1)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}
