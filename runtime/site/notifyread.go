package site

import (
	"net/url"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/hiklua/hiklua/isapi"
)

var targetFields = []field[Target]{
	{name: "webhook", kind: "map", meaning: "a web server that is told by POST: as JSON, with a picture as a form",
		rules: rules{needed: true, unless: []string{"ntfy", "telegram", "mail"}, hint: " (or ntfy, telegram or mail in its place)"},
		read:  way(func(t *Target) **Webhook { return &t.Webhook }, readWebhook), sub: func(path string) []Key { return keysOf(path, webhookFields) }, also: []string{"http", "url", "hook"}},
	{name: "ntfy", kind: "map", meaning: "a topic of ntfy.sh, or of an ntfy server of your own",
		read: way(func(t *Target) **Ntfy { return &t.Ntfy }, readNtfy), sub: func(path string) []Key { return keysOf(path, ntfyFields) }},
	{name: "telegram", kind: "map", meaning: "a chat to which a bot of Telegram writes",
		read: way(func(t *Target) **Telegram { return &t.Telegram }, readTelegram), sub: func(path string) []Key { return keysOf(path, telegramFields) }},
	{name: "mail", kind: "map", meaning: "mail, by way of a server that takes it",
		read: way(func(t *Target) **Mail { return &t.Mail }, readMail), sub: func(path string) []Key { return keysOf(path, mailFields) }, also: []string{"email", "e-mail", "smtp"}},
	{name: "max_per_hour", kind: "whole number 1 to 1000", def: "20", meaning: "messages an hour and way, so many at once; what is more is folded into one",
		read: intField(func(t *Target) *int { return &t.MaxPerHour }, 1, 1000)},
}

var webhookFields = []field[Webhook]{
	{name: "url", kind: "text", meaning: "its address, http or https; a user and password in it log in with Basic", rules: rules{needed: true},
		read: func(r *reader, n *yaml.Node, w *Webhook) { w.URL = r.secretURL(n) }},
	{name: "headers", kind: "map", meaning: "headers that are sent along, such as Authorization", read: readWebhookHeaders},
}

var ntfyFields = []field[Ntfy]{
	{name: "topic", kind: "text", meaning: "the topic's name; who knows it can read it", rules: rules{needed: true}, pattern: `^[A-Za-z0-9_-]{1,64}$`, read: readTopic},
	{name: "token", kind: "text", meaning: "an access token, for topics that are not open",
		read: secretField(func(t *Ntfy) *isapi.Secret { return &t.Token })},
	{name: "server", kind: "text", def: ntfyServer, meaning: "address of the server",
		read: serverField(func(t *Ntfy) *string { return &t.Server }), also: []string{"url"}},
}

var telegramFields = []field[Telegram]{
	{name: "token", kind: "text", meaning: "the bot's token, as BotFather gives it", rules: rules{needed: true}, read: secretField(func(t *Telegram) *isapi.Secret { return &t.Token })},
	{name: "chat", kind: "text", meaning: "number of the chat, negative for a group, or @name of a channel", rules: rules{needed: true}, pattern: `^(-?[0-9]{1,19}|@[A-Za-z0-9_]{1,64})$`, read: readChat, also: []string{"chat_id", "chats"}},
	{name: "server", kind: "text", def: telegramServer, meaning: "address of the Bot API",
		read: serverField(func(t *Telegram) *string { return &t.Server }), also: []string{"url"}},
}

// readNotify reads the targets. In a run with simulated devices nothing is sent,
// and no secret has to be there.
func readNotify(r *reader, n *yaml.Node, into *Site) {
	r.madeUp = r.unlocked
	defer func() { r.madeUp = false }()
	for _, p := range r.pairs(n) {
		name := p.key.Value
		if !r.checkName(p.key, "target", name) {
			continue
		}
		r.under(name, func() {
			t := Target{Name: name, MaxPerHour: 20}
			readWay(r, p.value, targetFields, &t)
			into.Notify = append(into.Notify, t)
		})
	}
}

// way makes the read function of a way, which read fills in.
func way[W any](dst func(*Target) **W, read func(r *reader, n *yaml.Node, w *W)) func(*reader, *yaml.Node, *Target) {
	return func(r *reader, n *yaml.Node, t *Target) {
		w := new(W)
		*dst(t) = w
		read(r, n, w)
	}
}

// readWay reads the keys of a way and checks what they ask of one another.
func readWay[W any](r *reader, n *yaml.Node, fields []field[W], w *W) map[string]*yaml.Node {
	given := readMap(r, n, fields, w)
	if isNull(n) || n.Kind == yaml.MappingNode {
		checkRules(r, n, fields, given)
	}
	return given
}

func readWebhook(r *reader, n *yaml.Node, w *Webhook) {
	readWay(r, n, webhookFields, w)
}

func readNtfy(r *reader, n *yaml.Node, t *Ntfy) {
	t.Server = ntfyServer
	readWay(r, n, ntfyFields, t)
}

func readTelegram(r *reader, n *yaml.Node, t *Telegram) {
	t.Server = telegramServer
	readWay(r, n, telegramFields, t)
}

// secretField reads a text that no message shows.
func secretField[T any](dst func(*T) *isapi.Secret) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		text, ok := r.scalar(n)
		if ok && strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) {
			r.fail(n, "has a line end or another control character in it%s", r.fromVariable(n))
			return
		}
		if ok {
			*dst(into) = isapi.NewSecret(text)
		}
	}
}

// webAddress parses the address of a web server; a problem does not quote it.
func (r *reader) webAddress(n *yaml.Node) (*url.URL, bool) {
	text, ok := r.scalar(n)
	if !ok {
		return nil, false
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		r.fail(n, "is no address; what is special in it is written with %%, such as %%40 for @%s", r.fromVariable(n))
	case u.Scheme != "http" && u.Scheme != "https":
		r.fail(n, "must begin with http:// or https://%s", r.fromVariable(n))
	case u.Hostname() == "":
		r.fail(n, "has no host%s", r.fromVariable(n))
	case u.Fragment != "":
		r.fail(n, "has a # in it: that is written %%23%s", r.fromVariable(n))
	default:
		return u, true
	}
	return nil, false
}

func (r *reader) secretURL(n *yaml.Node) isapi.Secret {
	u, ok := r.webAddress(n)
	if !ok {
		return isapi.Secret{}
	}
	return isapi.NewSecret(u.String())
}

// serverField reads the address of a server to which paths are added.
func serverField[T any](dst func(*T) *string) func(*reader, *yaml.Node, *T) {
	return func(r *reader, n *yaml.Node, into *T) {
		u, ok := r.webAddress(n)
		switch {
		case !ok:
		case u.User != nil || u.RawQuery != "":
			r.fail(n, "is the address of the server alone, such as https://ntfy.example.org")
		default:
			*dst(into) = strings.TrimRight(u.String(), "/")
		}
	}
}

var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")

func readWebhookHeaders(r *reader, n *yaml.Node, w *Webhook) {
	for _, p := range r.pairs(n) {
		if !headerName.MatchString(p.key.Value) {
			r.fail(p.key, "%s is no name of a header", quoted(p.key.Value))
			continue
		}
		h := WebhookHeader{Name: p.key.Value}
		r.under(h.Name, func() { secretField(func(h *WebhookHeader) *isapi.Secret { return &h.Value })(r, p.value, &h) })
		w.Headers = append(w.Headers, h)
	}
}

var (
	topicForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	chatForm  = regexp.MustCompile(`^(-?[0-9]{1,19}|@[A-Za-z0-9_]{1,64})$`)
)

func readTopic(r *reader, n *yaml.Node, t *Ntfy) {
	text, ok := r.scalar(n)
	switch {
	case !ok:
	case !topicForm.MatchString(text):
		r.fail(n, "is no name of a topic: up to 64 letters, digits, _ and -; the server's address comes in server%s", r.fromVariable(n))
	default:
		t.Topic = isapi.NewSecret(text)
	}
}

func readChat(r *reader, n *yaml.Node, t *Telegram) {
	text, ok := r.scalar(n)
	switch {
	case !ok:
	case !chatForm.MatchString(text):
		r.fail(n, "%s is no chat: a number such as 123456789 or -1001234567890, or the @name of a channel", shown(n))
	default:
		t.Chat = text
	}
}
