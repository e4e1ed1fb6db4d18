package isapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// PictureOptions choose the picture. Width and Height go together, 0 is the
// stream's own size; a device that does not scale ignores them. Quality is
// 1-100, 0 leaves it to the device, which knows three grades.
type PictureOptions struct {
	Stream  Stream
	Width   int
	Height  int
	Quality int
	// Begun, if it is set, is told of a picture before its first byte is
	// written: of all but its data. It may be told again, of another one, if
	// nothing was written of the first.
	Begun func(Picture)
}

// Picture is one still image.
type Picture struct {
	ContentType string    // image/jpeg
	Time        time.Time // of the answer, by the device's clock; zero: it did not say
	Data        []byte
}

// Size is how many pixels the picture has, as its JPEG header says; ok is false where
// that is not to be found.
func (p *Picture) Size() (width, height int, ok bool) { return jpegSize(p.Data) }

// pictureRoutes are the paths that give a picture. Some recorders answer 400
// badXmlContent on the first and want the second.
var pictureRoutes = []string{
	"/ISAPI/Streaming/channels/",
	"/ISAPI/ContentMgmt/StreamingProxy/channels/",
}

// maxSide is the most pixels that a picture is asked for on a side.
const maxSide = 32768

// maxPictureTries bounds how often one path is asked: a device error in place
// of a picture passes.
const maxPictureTries = 3

// Picture takes a still image: GET /ISAPI/Streaming/channels/101/picture, or
// the StreamingProxy path where the device wants it. Anything that is no
// whole JPEG is an error; at most 64 MB are read.
func (c *Client) Picture(ctx context.Context, channel int, opt PictureOptions) (*Picture, error) {
	var buf bytes.Buffer
	var picture Picture
	begun := opt.Begun
	opt.Begun = func(p Picture) {
		picture = p
		if begun != nil {
			begun(p)
		}
	}
	for attempt := 0; ; attempt++ {
		_, _, err := c.PictureTo(ctx, &buf, channel, opt)
		if err == nil {
			picture.Data = buf.Bytes()
			return &picture, nil
		}
		// Part of it was there already: PictureTo could not start over, we can.
		if attempt > 0 || buf.Len() == 0 || !errors.Is(err, ErrCut) || ctx.Err() != nil {
			return nil, err
		}
		buf.Reset()
	}
}

// PictureTo is Picture into w, without a copy in memory; n is what was
// written. When it fails with n > 0, w holds the beginning of a picture and
// must be thrown away. An error of w comes back as it is.
func (c *Client) PictureTo(ctx context.Context, w io.Writer, channel int, opt PictureOptions) (n int64, contentType string, err error) {
	const op = "snapshot"
	if err := checkChannel(channel); err != nil {
		return 0, "", c.misuse(op, channel, "%v", err)
	}
	if _, err := opt.query(); err != nil {
		return 0, "", c.misuse(op, channel, "%v", err)
	}
	if opt.Stream == Main && opt.Width == 0 {
		return c.mainPicture(ctx, w, channel, opt)
	}
	return c.picture(ctx, w, channel, opt)
}

// picture asks the paths that give pictures for one.
func (c *Client) picture(ctx context.Context, w io.Writer, channel int, opt PictureOptions) (n int64, contentType string, err error) {
	query, err := opt.query()
	if err != nil {
		return 0, "", err
	}
	id := StreamID(channel, opt.Stream)
	if c.known.old() {
		id = oldStreamID(channel, opt.Stream)
	}
	first, learned := recall(c.known, c.known.pictures, channel)
	var firstErr error
	for i := range pictureRoutes {
		route := (first + i) % len(pictureRoutes)
		cl := &call{
			op: "snapshot", channel: channel, method: http.MethodGet, query: query, limit: maxPicture,
			path: pictureRoutes[route] + itoa(id) + "/picture",
		}
		n, contentType, err = c.pictureFrom(ctx, w, cl, opt.Begun)
		if err == nil {
			if !learned || i > 0 {
				note(c.known, c.known.pictures, channel, route)
			}
			return n, contentType, nil
		}
		if firstErr == nil {
			firstErr = err
		}
		if n > 0 || !absent(err) {
			return n, "", err
		}
	}
	return 0, "", firstErr
}

// oldStreamID is the id of a stream on firmware of before ISAPI, which counts
// the streams of a camera 1, 2.
func oldStreamID(channel int, s Stream) int {
	if channel == 1 && s == Sub {
		return 2
	}
	return channel
}

// PictureRoute is the path under which a channel's pictures were found so
// far: one of Streaming/channels/ and ContentMgmt/StreamingProxy/channels/,
// from /ISAPI/ on; "" before the first picture.
func (c *Client) PictureRoute(channel int) string {
	if route, ok := recall(c.known, c.known.pictures, channel); ok {
		return pictureRoutes[route]
	}
	return ""
}

// pictureFrom asks one path, again while the device has a passing fault.
func (c *Client) pictureFrom(ctx context.Context, w io.Writer, cl *call, begun func(Picture)) (int64, string, error) {
	for try := 1; ; try++ {
		n, ctype, err := c.pictureOnce(ctx, w, cl, begun)
		if err == nil || n > 0 || ctx.Err() != nil {
			return n, ctype, err
		}
		e := asError(err)
		again := e != nil && (e.transient() && try < maxPictureTries || errors.Is(e, ErrCut) && try < 2)
		if !again {
			return 0, "", err
		}
	}
}

// pictureBuffers are for pictures on their way: a host with many cameras has many.
var pictureBuffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

func (c *Client) pictureOnce(ctx context.Context, w io.Writer, cl *call, begun func(Picture)) (int64, string, error) {
	resp, err := c.open(ctx, cl)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	head := make([]byte, 512)
	got, err := io.ReadFull(resp.Body, head)
	head = head[:got]
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, "", c.failRead(ctx, cl, resp.StatusCode, err)
	}
	if got < 2 || head[0] != 0xFF || head[1] != 0xD8 {
		return 0, "", c.noPicture(ctx, cl, resp, head)
	}
	if err != nil && resp.ContentLength > int64(got) {
		return 0, "", c.failRead(ctx, cl, resp.StatusCode, io.ErrUnexpectedEOF)
	}
	ctype := resp.Header.Get("Content-Type")
	if !strings.HasPrefix(strings.ToLower(ctype), "image/") {
		ctype = "image/jpeg" // by its first bytes, whatever the device calls it
	}
	if begun != nil {
		at, _ := http.ParseTime(resp.Header.Get("Date"))
		begun(Picture{ContentType: ctype, Time: at})
	}
	tail := &tailWriter{w: w}
	if b, ok := w.(interface{ Grow(int) }); ok && resp.ContentLength > 0 && resp.ContentLength < 16<<20 {
		b.Grow(int(resp.ContentLength))
	}
	buf := pictureBuffers.Get().(*[64 << 10]byte)
	defer pictureBuffers.Put(buf)
	n, err := io.CopyBuffer(tail, io.LimitReader(io.MultiReader(bytes.NewReader(head), resp.Body), cl.limit+1), buf[:])
	switch {
	case tail.failed != nil:
		return n, "", tail.failed // w's own error, as it is
	case err != nil:
		return n, "", c.failRead(ctx, cl, resp.StatusCode, err)
	case n > cl.limit:
		return n, "", c.failRead(ctx, cl, resp.StatusCode, errTooLong)
	case resp.ContentLength > n, !tail.ended():
		return n, "", c.failRead(ctx, cl, resp.StatusCode, io.ErrUnexpectedEOF)
	}
	return n, ctype, nil
}

// noPicture says what came in a picture's place: devices put their refusal
// there, with status 200 and type image/jpeg.
func (c *Client) noPicture(ctx context.Context, cl *call, resp *http.Response, head []byte) error {
	rest, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	body := append(head, rest...)
	if st := parseStatus(body); st.failed() {
		return c.refused(cl, resp.StatusCode, resp.Header, body, st)
	}
	if err == nil && len(body) == 0 {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return c.failRead(ctx, cl, resp.StatusCode, err)
	}
	e := c.fail(cl, ErrBadAnswer)
	e.HTTPStatus = resp.StatusCode
	if e.Detail = c.scrub(describeBody(body, nil)); e.Detail == "" {
		e.Detail = "the answer is no JPEG picture"
	}
	e.Hint = "the channel may have no video; list the channels, and look at it in the device's web page"
	return e
}

func (o PictureOptions) query() (url.Values, error) {
	switch {
	case o.Stream != Main && o.Stream != Sub:
		return nil, errors.New("stream is neither main nor sub")
	case (o.Width == 0) != (o.Height == 0):
		return nil, errors.New("width and height go together")
	case o.Width < 0 || o.Width > maxSide || o.Height < 0 || o.Height > maxSide:
		return nil, errors.New("width and height are 1-32768")
	case o.Quality < 0 || o.Quality > 100:
		return nil, errors.New("quality is 1-100")
	}
	q := url.Values{}
	if o.Width > 0 {
		q.Set("videoResolutionWidth", itoa(o.Width))
		q.Set("videoResolutionHeight", itoa(o.Height))
	}
	switch {
	case o.Quality > 66:
		q.Set("imageQuality", "best")
	case o.Quality > 33:
		q.Set("imageQuality", "better")
	case o.Quality > 0:
		q.Set("imageQuality", "general")
	}
	if len(q) > 0 {
		q.Set("snapShotImageType", "JPEG")
	}
	return q, nil
}

// tailWriter passes on and keeps the end, where a JPEG's last marker is. Some
// devices put a few bytes behind it.
type tailWriter struct {
	w      io.Writer
	tail   []byte
	failed error
}

const tailSize = 4096

func (t *tailWriter) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	if err != nil {
		t.failed = err
		return n, err
	}
	if len(p) >= tailSize {
		t.tail = append(t.tail[:0], p[len(p)-tailSize:]...)
		return n, nil
	}
	t.tail = append(t.tail, p...)
	if over := len(t.tail) - tailSize; over > 0 {
		t.tail = t.tail[:copy(t.tail, t.tail[over:])]
	}
	return n, nil
}

func (t *tailWriter) ended() bool { return bytes.LastIndex(t.tail, []byte{0xFF, 0xD9}) >= 0 }
