package isapi

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

const alertPath = "/ISAPI/Event/notification/alertStream"

// AlertStream is a device's event stream. One goroutine calls Next; Close may
// be called from another.
type AlertStream struct {
	c       *Client
	ctx     context.Context
	cl      *call
	body    io.ReadCloser
	split   *splitter
	last    *Alert // for a picture that comes after it
	pending *part  // read ahead
	first   bool
	refusal *http.Response
}

// OpenAlerts opens the event stream: GET
// /ISAPI/Event/notification/alertStream, or the older paths where the device
// wants them. It lives as long as ctx. A device serves few of them: have one,
// over a Sibling, and close it.
func (c *Client) OpenAlerts(ctx context.Context) (*AlertStream, error) {
	cl := &call{op: "event stream", method: http.MethodGet, path: alertPath, stream: true}
	resp, err := c.open(ctx, cl)
	if err != nil {
		e := asError(err)
		switch {
		case e == nil:
			return nil, err
		case e.HTTPStatus == http.StatusNotFound && e.SubCode == "" && e.Code == 0:
			// Before ISAPI the tree had no prefix.
			cl.path = strings.TrimPrefix(alertPath, "/ISAPI")
		case strings.EqualFold(e.SubCode, "methodNotAllowed") || e.HTTPStatus == http.StatusMethodNotAllowed:
			cl.method, cl.path = http.MethodPost, "/ISAPI/Event/notification/subscribeEvent"
			cl.body = []byte(xmlProlog + `<SubscribeEvent version="2.0" xmlns="http://www.isapi.org/ver20/XMLSchema"><heartbeat>10</heartbeat><eventMode>all</eventMode></SubscribeEvent>`)
		default:
			return nil, err
		}
		var second error
		if resp, second = c.open(ctx, cl); second != nil {
			if errors.Is(second, ErrElsewhere) {
				err = second
			}
			return nil, err
		}
	}
	boundary := ""
	if _, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type")); err == nil {
		boundary = params["boundary"]
	}
	return &AlertStream{c: c, ctx: ctx, cl: cl, body: resp.Body, split: newSplitter(resp.Body, boundary), first: true, refusal: resp}, nil
}

// Place finds the channel of an alert again, after Channels has listed what the
// device has.
func (s *AlertStream) Place(a *Alert) { a.Channel, a.Guess = s.c.humanChannel(a.number) }

// Close ends the stream. Next then returns an error.
func (s *AlertStream) Close() error { return s.body.Close() }

// Dropped counts the elements that could not be read. They cost nothing but
// themselves.
func (s *AlertStream) Dropped() int { return s.split.dropped }

// Next waits for the next alert; heartbeats come, too. An alert is given as
// soon as its last byte is there. A picture is attached if the alert
// announces one or if it has arrived right behind; one that comes later is
// given as an Attachment. An error means that the stream is over.
func (s *AlertStream) Next() (*Alert, error) {
	for {
		p, err := s.pending, error(nil)
		s.pending = nil
		if p == nil {
			p, err = s.split.next()
		}
		if err != nil {
			return nil, s.fail(err)
		}
		if p.image {
			if s.last == nil {
				continue
			}
			late := *s.last
			late.Image, late.Attachment = p.body, true
			return &late, nil
		}
		a, err := s.read(p.body)
		if err != nil {
			return nil, err
		}
		if a == nil {
			continue
		}
		s.last = a
		if s.split.imageWaiting() {
			if err := s.attach(a); err != nil {
				return nil, err
			}
		}
		return a, nil
	}
}

// attach takes the picture that has arrived right behind a. Anything else
// that comes is left for the next call.
func (s *AlertStream) attach(a *Alert) error {
	p, err := s.split.next()
	switch {
	case err != nil:
		return s.fail(err)
	case p.image:
		a.Image = p.body
	default:
		s.pending = p
	}
	return nil
}

// read makes an alert of a document. nil: it is none.
func (s *AlertStream) read(body []byte) (*Alert, error) {
	first := s.first
	s.first = false
	var root *Node
	var err error
	text := body
	if wideCharset(text) != nil {
		text = DecodeText(text, "")
	}
	if firstByte(text) == '{' {
		root, err = jsonNode(DecodeText(text, ""))
	} else {
		root, err = ParseXML(body)
	}
	if err != nil {
		s.split.dropped++
		return nil, nil
	}
	if first {
		if err := s.c.notStream(s.cl, s.refusal, root, body); err != nil {
			return nil, err
		}
	}
	return s.c.readAlert(root, body), nil
}

// notStream recognizes a refusal or a web page where the stream should begin.
func (c *Client) notStream(cl *call, resp *http.Response, root *Node, body []byte) error {
	if st := parseStatus(body); st.failed() {
		return c.refused(cl, resp.StatusCode, resp.Header, body, st)
	}
	if strings.EqualFold(root.Name, "html") {
		e := c.fail(cl, ErrBadAnswer)
		e.HTTPStatus, e.Detail, e.Hint = resp.StatusCode, describeBody(body, nil), hintNoXML
		return e
	}
	return nil
}

func (s *AlertStream) fail(err error) error {
	if errors.Is(err, http.ErrBodyReadAfterClose) {
		err = errCancelled
	}
	e := s.c.failNet(s.ctx, s.cl, err)
	if e.Kind() == "offline" && (err == io.EOF || err == io.ErrUnexpectedEOF) {
		e.Detail, e.Hint = "the device ended the stream", "open it again after a pause"
	}
	return e
}
