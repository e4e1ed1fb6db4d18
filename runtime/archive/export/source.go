package export

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// ErrNone says that there is no picture to export.
var ErrNone = errors.New("no picture of the archive is chosen")

// Source is what is exported.
type Source struct {
	Folder *os.Root // of the archive
	// Entries are the pictures, the oldest first. They are gone through more
	// than once.
	Entries iter.Seq2[archive.Entry, error]
	Zone    *time.Location // of the times that are shown

	// Progress, unless nil, is told how many of how many pictures are done.
	Progress func(done, of int)
}

// Options say where to.
type Options struct {
	File    string  // where the result goes
	Replace bool    // a file of that name is replaced
	FPS     float64 // of a time lapse: pictures a second
}

// Report says what became of an export.
type Report struct {
	File     string    `json:"file"`
	Pictures int       `json:"pictures"` // that are in it
	Width    int       `json:"width,omitempty"`
	Height   int       `json:"height,omitempty"`
	Fitted   int       `json:"fitted,omitempty"`  // pictures of another size than the time lapse, which were fitted into it
	Changed  int       `json:"changed,omitempty"` // pictures whose bytes are not those that the archive has on record
	Left     int       `json:"left_out"`          // pictures that are missing or broken
	LeftOut  []LeftOut `json:"why,omitempty"`     // the first of them
}

// LeftOut is a picture that is not in the result.
type LeftOut struct {
	Path string `json:"path"` // in the archive
	Why  string `json:"why"`
}

// maxLeftOut is how many pictures a report names.
const maxLeftOut = 100

func (r *Report) leaveOut(e *archive.Entry, why error) {
	r.Left++
	if len(r.LeftOut) < maxLeftOut {
		r.LeftOut = append(r.LeftOut, LeftOut{e.Path, why.Error()})
	}
}

// survey is what the index says of the pictures before one of them is opened.
type survey struct {
	count         int
	first, last   time.Time
	width, height int // of most of them
	channels      []string
}

// ChannelsError says that one channel is needed and more are chosen.
type ChannelsError struct{ Channels []string }

func (e *ChannelsError) Error() string {
	return fmt.Sprintf("the pictures are of %d channels (%s); here they must be of one",
		len(e.Channels), strings.Join(e.Channels, ", "))
}

// maxNamed is how many channels an error names.
const maxNamed = 8

// each goes through the entries until ctx ends; its error is the last thing that
// it gives. of is how many there were when they were looked at, for Progress; 0
// tells nothing.
func (s *Source) each(ctx context.Context, of int) iter.Seq2[archive.Entry, error] {
	return func(yield func(archive.Entry, error) bool) {
		seen := 0
		for e, err := range s.Entries {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil && of > 0 {
				seen++
				s.progress(seen, max(of, seen))
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// look goes through the entries once.
func (s *Source) look(ctx context.Context) (survey, error) {
	var v survey
	sizes := make(map[[2]int]int)
	for e, err := range s.each(ctx, 0) {
		if err != nil {
			return v, err
		}
		if v.count == 0 {
			v.first = e.Taken
		}
		v.count++
		v.last = e.Taken
		if e.Width > 0 && e.Height > 0 {
			sizes[[2]int{e.Width, e.Height}]++
		}
		if name := e.ChannelPath(); len(v.channels) < maxNamed && !slices.Contains(v.channels, name) {
			v.channels = append(v.channels, name)
		}
	}
	if v.count == 0 {
		return v, ErrNone
	}
	most := 0
	for size, n := range sizes {
		if n > most || n == most && size[0]*size[1] > v.width*v.height {
			most, v.width, v.height = n, size[0], size[1]
		}
	}
	return v, nil
}

// lookAtOne is look where all pictures have to be of one channel.
func (s *Source) lookAtOne(ctx context.Context) (survey, error) {
	v, err := s.look(ctx)
	if err == nil && len(v.channels) > 1 {
		err = &ChannelsError{v.channels}
	}
	return v, err
}

func (s *Source) progress(done, of int) {
	if s.Progress != nil {
		s.Progress(done, of)
	}
}
