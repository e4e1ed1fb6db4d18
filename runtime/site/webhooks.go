package site

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

// Hook is a way in by HTTP: who has its token may call the handler of
// hik.on("http:NAME").
type Hook struct {
	Name      string
	Token     isapi.Secret
	Line, Col int // of its name in site.yaml
}

// sameHooks reports whether two lists mean the same, wherever it is written.
func sameHooks(a, b []Hook) bool {
	return slices.EqualFunc(a, b, func(a, b Hook) bool { return a.Name == b.Name && a.Token == b.Token })
}

// HookNameRule says what CheckHookName wants.
const HookNameRule = "letters A to Z, digits, - and _, at most 64"

var hookNameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// ValidHookName reports whether a hook may have that name: it is a part of an
// address.
func ValidHookName(name string) bool { return hookNameForm.MatchString(name) }

// Hook returns the hook of that name; a site without a page has none.
func (w *Web) Hook(name string) (Hook, bool) {
	if w != nil {
		for _, h := range w.Hooks {
			if h.Name == name {
				return h, true
			}
		}
	}
	return Hook{}, false
}

// HookNames lists the hooks in the order of the file.
func (w *Web) HookNames() []string {
	if w == nil {
		return nil
	}
	names := make([]string, len(w.Hooks))
	for i, h := range w.Hooks {
		names[i] = h.Name
	}
	return names
}

// Secrets are what nothing may show of the page: its password, and the tokens.
func (w *Web) Secrets() []isapi.Secret {
	if w == nil {
		return nil
	}
	all := []isapi.Secret{w.Password}
	for _, h := range w.Hooks {
		all = append(all, h.Token)
	}
	return all
}

var hookFields = []field[Hook]{
	{name: "token", kind: "text", meaning: "what its callers send, best as ${NAME} from the environment; a hook has one of its own",
		rules: rules{needed: true, unless: []string{"token_file"}, alone: []string{"token_file"}, reason: "one is enough", hint: " (or token_file in its place)"},
		read:  readHookToken, also: []string{"secret", "password", "key"}},
	{name: "token_file", kind: "text", meaning: "a file with the token instead, relative to the site, readable by its owner only",
		read: passwordFileField(func(h *Hook) *isapi.Secret { return &h.Token }), also: []string{"password_file", "secret_file"}},
}

// shortToken is what can be guessed in the lifetime of an installation.
const shortToken = 16

func readHookToken(r *reader, n *yaml.Node, h *Hook) {
	secretField(func(h *Hook) *isapi.Secret { return &h.Token })(r, n, h)
	if length := len(h.Token.Reveal()); length > 0 && length < shortToken {
		r.warn(n, fmt.Sprintf("the token of the hook has fewer than %d characters: it can be guessed (openssl rand -hex 16 makes one)", shortToken))
	}
}

func readWebHooks(r *reader, n *yaml.Node, w *Web) {
	for _, p := range r.pairs(n) {
		name := p.key.Value
		if !ValidHookName(name) {
			r.plain(p.key, "hook name "+quoted(name)+" is not allowed ("+HookNameRule+")")
			continue
		}
		r.under(name, func() {
			if p.value.Kind == yaml.ScalarNode && !isNull(p.value) {
				// It is not shown: it may be the token.
				r.fail(p.value, `a map is due here, such as {token: "${%s_TOKEN}"}`, strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
				return
			}
			h := Hook{Name: name, Line: p.key.Line, Col: p.key.Column}
			given := readWay(r, p.value, hookFields, &h)
			for _, other := range w.Hooks {
				if !h.Token.IsZero() && h.Token == other.Token {
					r.fail(tokenNode(given, p.value), "the token is that of %s, too: each hook has one of its own", quoted(other.Name))
				}
			}
			w.Hooks = append(w.Hooks, h)
		})
	}
}

// tokenNode is where the token of a hook is given.
func tokenNode(given map[string]*yaml.Node, otherwise *yaml.Node) *yaml.Node {
	for _, key := range []string{"token", "token_file"} {
		if n := given[key]; n != nil {
			return n
		}
	}
	return otherwise
}

// checkHookTokens refuses the page's password as a token: the caller of a hook
// could do all that the page can.
func (w *Web) checkHookTokens(r *reader, hooks *yaml.Node) {
	for _, h := range w.Hooks {
		if !h.Token.IsZero() && h.Token == w.Password {
			r.fail(hooks, "the token of %s is the password of the page, too: a hook has one of its own", quoted(h.Name))
		}
	}
}
