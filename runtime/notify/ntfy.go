package notify

import (
	"context"
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/web"
)

// ntfyMost is how long a message of ntfy may be, in bytes; a longer one becomes a
// file.
const ntfyMost = 4096

// ntfy publishes on a topic, as https://docs.ntfy.sh/publish/ has it: the body is the
// text, or the picture with the text in a header.
type ntfy struct {
	*poster
	conf *site.Ntfy
}

func (n *ntfy) send(ctx context.Context, l *letter) error {
	header := make(http.Header)
	if token := n.conf.Token.Reveal(); token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	if l.title != "" {
		header.Set("X-Title", encodedWords(cutBytes(l.title, 250)))
	}
	text := cutBytes(l.text, ntfyMost)
	body := web.Body{[]byte(text)}
	if p := l.picture; p != nil {
		body = web.Body{p.Data}
		header.Set("X-Filename", asciiName(p.Name))
		if text != "" {
			header.Set("X-Message", encodedWords(text))
		}
	}
	a, err := n.post(ctx, n.conf.Server+"/"+n.conf.Topic.Reveal(), header, body)
	if err != nil {
		return err
	}
	var told struct {
		Error string `json:"error"`
	}
	json.Unmarshal(a.body, &told) // a proxy before it answers with something else
	hint := ""
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		hint = "check token and topic of the target in site.yaml: the token must be allowed to write to that topic"
	case http.StatusNotFound:
		hint = "check server and topic of the target in site.yaml"
	}
	err = n.judge(a, told.Error, hint)
	if e, ok := err.(*Error); ok && a.status == http.StatusBadRequest {
		e.Picture = true // a server without room for files says so with 400
	}
	return err
}

// encodedWords writes a text for a header, by RFC 2047.
func encodedWords(text string) string {
	return mime.BEncoding.Encode("utf-8", text)
}

// asciiName is a file's name for a header that is not decoded.
func asciiName(name string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f {
			return '_'
		}
		return r
	}, name)
}
