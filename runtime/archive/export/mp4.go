package export

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// ErrNoFFmpeg says that ffmpeg is not installed.
var ErrNoFFmpeg = errors.New("ffmpeg is not installed, which makes .mp4; .avi needs nothing")

// MP4 writes a time lapse as MP4: ffmpeg compresses the pictures anew, as it
// does without being told otherwise. An odd last row or column is cut off.
func (s *Source) MP4(ctx context.Context, o Options) (*Report, error) {
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		return nil, ErrNoFFmpeg
	}
	v, err := s.lookAtOne(ctx)
	if err != nil {
		return nil, err
	}
	out, err := s.create(o)
	if err != nil {
		return nil, err
	}
	// If this function fails, what ffmpeg still makes of it is thrown away.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := exec.CommandContext(ctx, program, "-v", "error", "-nostdin",
		"-f", "mjpeg", "-framerate", newFrameRate(o.FPS).String(), "-i", "pipe:0",
		"-vf", "crop=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
		"-f", "mp4", "-y", "file:"+out.Name())
	said := &tail{}
	c.Stderr = said
	pipe, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return nil, out.end(err)
	}
	report, err := s.frames(ctx, v, func(int, int) (frameWriter, error) { return bareFrames{pipe}, nil })
	if err == nil {
		err = pipe.Close()
	} else {
		cancel()
	}
	var broken *pipeError
	if ended := c.Wait(); ended != nil && (err == nil || errors.As(err, &broken)) {
		err = fmt.Errorf("ffmpeg: %w: %s", ended, strings.TrimSpace(said.text()))
	}
	report.File = o.File
	return report, out.end(err)
}

// bareFrames gives ffmpeg one picture after another.
type bareFrames struct{ pipe io.Writer }

func (b bareFrames) frame(jpeg []byte) error {
	if err := bare(b.pipe, jpeg); err != nil {
		return &pipeError{err}
	}
	return nil
}

// pipeError says that ffmpeg takes no more; why, it says itself.
type pipeError struct{ error }

// tail keeps the end of what a program says.
type tail struct{ last []byte }

// maxSaid is how much of it, in bytes.
const maxSaid = 2000

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.last = append(t.last, p...)
	if over := len(t.last) - maxSaid; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return len(p), nil
}

func (t *tail) text() string { return string(bytes.ToValidUTF8(t.last, nil)) }
