package index

import (
	"context"
	"time"

	"github.com/hiklua/hiklua/runtime/archive"
)

// Last gives the last n pictures that q chooses, the oldest first. It looks
// back from the newest picture, further each time, so that the whole of a large
// archive is read only where that is needed.
func (x *Index) Last(ctx context.Context, q archive.Query, n int) ([]archive.Entry, error) {
	if err := x.flushed(ctx); err != nil {
		return nil, err
	}
	end := x.Totals().Newest
	if !q.Till.IsZero() && q.Till.Before(end) {
		end = q.Till
	}
	for span := time.Hour; ; span *= 24 {
		part := q
		if from := end.Add(-span); !end.IsZero() && from.After(q.From) && span < lookedBack {
			part.From = from
		}
		var ring []archive.Entry
		at := 0
		err := x.List(ctx, part, func(e archive.Entry) error {
			if len(ring) < n {
				ring = append(ring, e)
			} else {
				ring[at] = e
				at = (at + 1) % n
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(ring) == n || part.From.Equal(q.From) {
			return append(ring[at:len(ring):len(ring)], ring[:at]...), nil
		}
	}
}

// lookedBack is beyond what is looked at piece by piece.
const lookedBack = 1000 * 24 * time.Hour
