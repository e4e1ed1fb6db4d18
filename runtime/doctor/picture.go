package doctor

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"

	"github.com/hiklua/hiklua/isapi"
)

// pictureOf is the check of one stream's picture.
func (x *exam) pictureOf(stream isapi.Stream) func(context.Context, *target) Check {
	return func(ctx context.Context, t *target) Check { return x.checkPicture(ctx, t, stream) }
}

// maxPixels is twice what the largest cameras have. A header can claim more,
// and memory would be asked for all of it.
const maxPixels = 64 << 20

// checkPicture takes a picture and looks at it. Of the stream that the site
// does not use a failure is only a warning.
func (x *exam) checkPicture(ctx context.Context, t *target, stream isapi.Stream) Check {
	used := (stream == isapi.Sub) == t.sub
	pic, err := answer(ctx, x, func(ctx context.Context) (*isapi.Picture, error) {
		return x.Client.Picture(ctx, t.id, isapi.PictureOptions{Stream: stream})
	})
	if err != nil {
		c := failed(err)
		if !used && c.State == Fail {
			c.State = Warn
		}
		return c
	}
	if head, err := jpeg.DecodeConfig(bytes.NewReader(pic.Data)); err == nil && head.Width*head.Height > maxPixels {
		return fail(fmt.Sprintf("the picture claims to have %d x %d", head.Width, head.Height), "This is no picture of a camera: check ip: and port: in site.yaml.")
	}
	img, err := jpeg.Decode(bytes.NewReader(pic.Data))
	if err != nil {
		return fail("what comes is no whole JPEG: "+err.Error(), "Restart the device (Configuration > System > Maintenance > Reboot); if this stays, update its firmware.")
	}
	size := img.Bounds().Size()
	finding := fmt.Sprintf("%d x %d, %d kB", size.X, size.Y, (len(pic.Data)+512)/1024)
	if route := x.Client.PictureRoute(t.id); strings.Contains(route, "Proxy") {
		finding += ", over " + strings.Trim(strings.TrimPrefix(route, "/ISAPI/ContentMgmt/"), "/")
	}
	if black(img) {
		return warn(finding+", but it is black",
			"Look at the camera's live view: a cap on the lens, no light and a broken IR light look like this. "+
				"Day/night switching is under Configuration > Image > Display Settings.")
	}
	if width, height := x.streamSize(ctx, t.id, stream); width > 0 && size.X < width && size.Y < height {
		return warn(fmt.Sprintf("%s; the stream has %d x %d: the device sends a smaller picture, also when it is asked for that size", finding, width, height),
			"Nothing is broken, pictures just have that size. Where that is too little, try newer firmware.")
	}
	return fine("%s", finding)
}

// streamSize is what the stream is set to; 0: the device does not tell.
func (x *exam) streamSize(ctx context.Context, channel int, stream isapi.Stream) (width, height int) {
	root, err := x.get(ctx, fmt.Sprintf("/ISAPI/Streaming/channels/%d", isapi.StreamID(channel, stream)))
	if err != nil {
		return 0, 0
	}
	width, okW := root.Int("Video", "videoResolutionWidth")
	height, okH := root.Int("Video", "videoResolutionHeight")
	if !okW || !okH {
		return 0, 0
	}
	return width, height
}

// black reports a picture in which next to nothing is brighter than dark
// grey: 100 x 100 points are looked at. Text on the screen stays below 2 %.
func black(img image.Image) bool {
	const dark, points = 28, 100
	b := img.Bounds()
	bright, all := 0, 0
	for i := range points {
		for j := range points {
			at := img.At(b.Min.X+(2*i+1)*b.Dx()/(2*points), b.Min.Y+(2*j+1)*b.Dy()/(2*points))
			if color.GrayModel.Convert(at).(color.Gray).Y > dark {
				bright++
			}
			all++
		}
	}
	return bright*50 < all
}
