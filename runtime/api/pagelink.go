package api

import (
	"context"
	"net/http"
	"time"
)

// PageLink is a link that logs in at the page, once.
type PageLink struct {
	URL   string    `json:"url"`
	Until time.Time `json:"until"` // it works as long as that
	Local bool      `json:"local"` // the page is for programs of the host's machine only
}

// pageLink is POST /api/page/link.
func (a *API) pageLink(context.Context, Nothing) (PageLink, error) {
	if a.conf.PageLink == nil {
		return PageLink{}, failed(http.StatusConflict, "no_page", "this host has no page", "")
	}
	link, err := a.conf.PageLink()
	if err != nil {
		return PageLink{}, failed(http.StatusConflict, "no_page", err.Error(), "")
	}
	return link, nil
}

// PageLink asks for a link that logs in at the page.
func (c *Client) PageLink(ctx context.Context) (link PageLink, err error) {
	err = c.post(ctx, "/api/page/link", Nothing{}, &link)
	return link, err
}
