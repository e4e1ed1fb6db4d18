package upload

import (
	"errors"
	"time"
)

// catchUpBatch is how many pictures of the index go to the list at once.
const catchUpBatch = 256

// openList finds where the last host ended, the first time that it is called.
func (u *Uploader) openList() error {
	u.mu.Lock()
	open := u.open
	u.mu.Unlock()
	if open {
		return nil
	}
	u.disk.Lock()
	err := u.writing.open()
	u.disk.Unlock()
	if err != nil {
		return err
	}
	st, notice, err := u.reading.loadState()
	if err != nil {
		return err
	}
	if notice != "" {
		u.log.Warn(notice)
	}
	fresh := st.Place != u.conf.To.Address
	if fresh {
		// Another place gets everything.
		if st.Place != "" || u.writing.last > 0 && notice == "" {
			u.log.Info("the archive has another second place: every picture is copied to it", keyPlace, u.conf.To.Address)
			u.disk.Lock()
			err = u.writing.clear()
			u.disk.Unlock()
			if err != nil {
				return err
			}
		}
		st = state{Place: u.conf.To.Address}
	}
	u.state, u.saved = st, u.clk.Now()
	// A list that was lost goes on behind what was copied of it.
	u.writing.last = max(u.writing.last, st.Copied.Segment)
	u.reading.last = u.writing.last
	waiting, oldest, err := u.count()
	if err == nil && fresh {
		// At once, so that a host that is killed soon does not begin anew.
		err = u.reading.saveState(st)
	}
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.lastAt = st.Last
	u.open = true
	u.status.Waiting += waiting
	if waiting > 0 {
		u.status.Oldest = oldest
	}
	return nil
}

// count counts the pictures that wait.
func (u *Uploader) count() (n int, oldest time.Time, err error) {
	err = u.each(u.state.Copied, func(q queued) bool {
		if n == 0 {
			oldest = q.Taken
		}
		n++
		return true
	})
	return n, oldest, err
}

// each gives the list from a position on.
func (u *Uploader) each(from position, fn func(queued) bool) error {
	for {
		some, _, err := u.reading.read(from, catchUpBatch)
		if err != nil || len(some) == 0 {
			return err
		}
		for _, q := range some {
			if !fn(q) {
				return nil
			}
			from = q.after
		}
	}
}

// catchUp puts on the list what the index has and the list lacks: pictures of
// the time in which the host was killed, all of them for a place that is new.
func (u *Uploader) catchUp() error {
	u.mu.Lock()
	missing, from := u.missing, u.lastAt
	u.mu.Unlock()
	if !missing {
		return nil
	}
	if !from.IsZero() {
		from = from.Add(-margin)
	}
	known := make(map[string]bool)
	if err := u.each(position{}, func(q queued) bool {
		if !from.IsZero() && !q.Taken.Before(from) {
			known[q.Path] = true
		}
		return true
	}); err != nil {
		return err
	}
	var batch []Picture
	recent := u.clk.Now().Add(-margin)
	put := func() error {
		err := u.append(batch)
		if err == nil {
			u.mu.Lock()
			u.status.Waiting += len(batch)
			if u.status.Oldest.IsZero() && len(batch) > 0 {
				u.status.Oldest = batch[0].Taken
			}
			u.mu.Unlock()
		}
		batch = batch[:0]
		return err
	}
	err := u.conf.Since(u.ctx, from, func(p Picture) error {
		if known[p.Path] {
			return nil
		}
		if !p.Taken.Before(recent) {
			known[p.Path] = true
		}
		if batch = append(batch, p); len(batch) < catchUpBatch {
			return nil
		}
		return put()
	})
	if err == nil && len(batch) > 0 {
		err = put()
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if err == nil {
		u.missing = false
		kept := u.pending[:0]
		for _, p := range u.pending {
			if known[p.Path] {
				u.status.Waiting--
				continue
			}
			kept = append(kept, p)
		}
		u.pending = kept
	}
	u.startWriter()
	return err
}

// save puts on record how far the copying has come, and drops what the list need
// not have any more.
func (u *Uploader) save() {
	u.mu.Lock()
	u.state.Last = u.lastAt
	u.mu.Unlock()
	if u.conf.Keep == 0 {
		u.state.Expired = u.state.Copied
	}
	u.saved = u.clk.Now()
	u.disk.Lock()
	u.reading.last = u.writing.last
	u.disk.Unlock()
	err := u.reading.saveState(u.state)
	if err == nil {
		err = u.reading.drop(u.state.Expired)
	}
	if err != nil {
		u.log.Error("it cannot be put on record what was copied", keyError, err)
	}
}

// removeOld deletes the copies that are older than Keep, by the list of what was
// copied, and reports whether it has looked.
func (u *Uploader) removeOld() (looked bool, err error) {
	now := u.clk.Now()
	if u.conf.Keep == 0 || now.Before(u.expire) {
		return false, nil
	}
	if err := u.openPlace(); err != nil {
		return false, err
	}
	before := now.Add(-u.conf.Keep)
	var failed error
	err = u.each(u.state.Expired, func(q queued) bool {
		if q.at.compare(u.state.Copied) >= 0 || !q.Taken.Before(before) {
			return false
		}
		name := q.Path
		if other, renamed := u.state.Renamed[name]; renamed {
			name = other
		}
		if failed = u.place.Remove(u.ctx, name); failed != nil {
			return false
		}
		delete(u.state.Renamed, q.Path)
		u.state.Expired = q.after
		return true
	})
	if err := errors.Join(failed, err); err != nil {
		return false, err
	}
	u.expire = now.Add(expireEvery)
	return true, nil
}
