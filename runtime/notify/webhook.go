package notify

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/web"
)

// webhook tells a web server: by JSON, with a picture by a form of the same fields
// and the file "picture".
type webhook struct {
	*poster
	conf *site.Webhook
}

func (w *webhook) send(ctx context.Context, l *letter) error {
	fields := []web.Field{{Name: "target", Value: l.target}, {Name: "title", Value: l.title}, {Name: "text", Value: l.text},
		{Name: "script", Value: l.script}, {Name: "time", Value: l.time.Format(time.RFC3339)}}
	var body web.Body
	var contentType string
	if p := l.picture; p != nil {
		body, contentType = web.Multipart(fields, []web.File{{Field: "picture", Name: p.Name, ContentType: p.ContentType, Data: p.Data}})
	} else {
		object := make(map[string]string)
		for _, f := range fields {
			object[f.Name] = f.Value
		}
		text, err := json.Marshal(object)
		if err != nil {
			return &Error{Message: err.Error(), Refused: true}
		}
		body, contentType = web.Body{text}, "application/json"
	}
	header := http.Header{"Content-Type": {contentType}}
	for _, h := range w.conf.Headers {
		header.Set(h.Name, h.Value.Reveal())
	}
	a, err := w.post(ctx, w.conf.URL.Reveal(), header, body)
	if err != nil {
		return err
	}
	hint := ""
	switch a.status {
	case http.StatusUnauthorized, http.StatusForbidden:
		hint = "check the address and the headers of the webhook in site.yaml"
	case http.StatusNotFound, http.StatusGone, http.StatusMethodNotAllowed:
		hint = "check the address of the webhook in site.yaml; it is told by POST"
	}
	return w.judge(a, "", hint)
}
