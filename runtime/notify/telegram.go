package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/site"
	"github.com/hiklua/hiklua/runtime/web"
)

// What a bot of Telegram may send, https://core.telegram.org/bots/api.
const (
	telegramText    = 4096 // units of UTF-16
	telegramCaption = 1024
	telegramPhoto   = 10 << 20 // bytes; what is larger goes as a file
)

// telegram writes into a chat as a bot: sendMessage, sendPhoto, sendDocument.
type telegram struct {
	*poster
	conf *site.Telegram
}

func (t *telegram) send(ctx context.Context, l *letter) error {
	text := heading(l.title, l.text)
	method, body, contentType := "sendMessage", web.Body(nil), "application/json"
	if p := l.picture; p != nil {
		field := "photo"
		if method = "sendPhoto"; len(p.Data) > telegramPhoto {
			method, field = "sendDocument", "document"
		}
		body, contentType = web.Multipart(
			[]web.Field{{Name: "chat_id", Value: t.conf.Chat}, {Name: "caption", Value: cutUTF16(text, telegramCaption)}},
			[]web.File{{Field: field, Name: p.Name, ContentType: p.ContentType, Data: p.Data}})
	} else {
		message, err := json.Marshal(map[string]string{"chat_id": t.conf.Chat, "text": cutUTF16(text, telegramText)})
		if err != nil {
			return &Error{Message: err.Error(), Refused: true}
		}
		body = web.Body{message}
	}
	a, err := t.post(ctx, t.conf.Server+"/bot"+t.conf.Token.Reveal()+"/"+method, http.Header{"Content-Type": {contentType}}, body)
	if err != nil {
		return err
	}
	return t.verdict(a, l.picture != nil)
}

// verdict tells what the Bot API answered.
func (t *telegram) verdict(a *answer, picture bool) error {
	var told struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter int   `json:"retry_after"`
			MigrateTo  int64 `json:"migrate_to_chat_id"`
		} `json:"parameters"`
	}
	json.Unmarshal(a.body, &told) // what is not from the Bot API is told by its status
	if a.status == http.StatusOK && !told.OK {
		return &Error{Message: a.host + ": the answer is not from the Bot API", Hint: "check server of the target in site.yaml", Refused: true}
	}
	hint := ""
	switch {
	case told.Parameters.MigrateTo != 0:
		hint = fmt.Sprintf("the group has another number now: chat: %d in site.yaml", told.Parameters.MigrateTo)
	case a.status == http.StatusUnauthorized, a.status == http.StatusNotFound:
		hint = "check token of the target in site.yaml: BotFather shows it with /token"
	case a.status == http.StatusForbidden:
		hint = "the bot may not write there: write /start to it, or take it into the group"
	case strings.Contains(told.Description, "chat not found"):
		hint = "check chat of the target in site.yaml, and write /start to the bot: it can't write first"
	}
	err := t.judge(a, told.Description, hint)
	if e, ok := err.(*Error); ok {
		e.After = max(e.After, time.Duration(min(told.Parameters.RetryAfter, int(keptFor/time.Second)))*time.Second)
		e.Picture = e.Picture || picture && a.status == http.StatusBadRequest && hint == ""
	}
	return err
}
