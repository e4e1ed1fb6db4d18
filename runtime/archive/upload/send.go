package upload

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
)

// saveEvery is how often it is put on record how far the copying has come. What
// was copied since is found in its place after a crash.
const saveEvery = time.Minute

// send is the sender.
func (u *Uploader) send() {
	defer u.finish()
	pause := retryFirst
	for clock.Cause(u.ctx) == nil {
		u.mu.Lock()
		appended := u.appended
		u.mu.Unlock()
		worked, err := u.round()
		switch {
		case clock.Cause(u.ctx) != nil:
		case err != nil:
			u.failing(err, pause)
			clock.Sleep(u.ctx, u.clk, pause)
			pause = min(2*pause, retryMost)
		case worked:
			u.succeeds()
			pause = retryFirst
		default:
			u.rest(appended)
		}
	}
}

// finish leaves everything as the next start needs it.
func (u *Uploader) finish() {
	if u.place != nil {
		u.place.Close()
	}
	u.mu.Lock()
	open, batch := u.open, u.pending
	if !u.writer {
		u.pending = nil
	}
	waits := u.writer
	u.mu.Unlock()
	if !open {
		return
	}
	if !waits && len(batch) > 0 {
		u.append(batch)
	}
	u.save()
	u.disk.Lock()
	u.writing.close()
	u.disk.Unlock()
}

// rest waits until there is something to do. appended is what the count was when
// there was nothing.
func (u *Uploader) rest(appended int) {
	u.mu.Lock()
	if u.appended != appended {
		u.mu.Unlock()
		return
	}
	u.wake = u.clk.NewWaiter()
	w := u.wake
	u.mu.Unlock()
	if u.conf.Keep > 0 {
		defer u.clk.AfterFunc(expireEvery, w.Wake).Stop()
	}
	clock.WaitFor(u.ctx, w)
}

// round does the next piece of work: it reports false if there is none.
func (u *Uploader) round() (worked bool, err error) {
	if err := u.openList(); err != nil {
		return false, err
	}
	if err := u.catchUp(); err != nil {
		return false, err
	}
	if removed, err := u.removeOld(); removed || err != nil {
		return removed, err
	}
	batch, bad, err := u.reading.read(u.state.Copied, atOnce+1)
	if bad > 0 {
		u.log.Warn("lines of the list of pictures that are to be copied cannot be read: they are passed over", "lines", bad)
	}
	if err != nil {
		return false, err
	}
	if len(batch) == 0 {
		return false, nil
	}
	if err := u.openPlace(); err != nil {
		return false, err
	}
	now := batch[:min(len(batch), atOnce)]
	errs := make([]error, len(now))
	names := make([]string, len(now))
	group := clock.NewGroup(u.clk)
	for i, q := range now {
		group.Go(func() { names[i], errs[i] = u.copy(q.Picture) })
	}
	group.Wait()
	if clock.Cause(u.ctx) != nil {
		return false, nil
	}
	done, gone := 0, 0
	for ; done < len(now); done++ {
		if errors.Is(errs[done], errGone) {
			gone++
		} else if err = u.settle(now[done].Picture, names[done], errs[done]); err != nil {
			break
		}
		u.state.Copied = now[done].after
	}
	u.advanced(done, gone, batch[done:])
	if u.clk.Now().Sub(u.saved) >= saveEvery {
		u.save()
	}
	if done > 0 {
		return true, nil
	}
	return false, err
}

// settle counts what became of a picture. An error: it has to be tried again.
func (u *Uploader) settle(p Picture, name string, err error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	var told *Error
	switch {
	case err == nil:
		u.status.Copied++
		if name != p.Path {
			if u.state.Renamed == nil {
				u.state.Renamed = make(map[string]string)
			}
			u.state.Renamed[p.Path] = name
			u.log.Warn("the second place has another picture of that name: the copy got a name of its own", keyPicture, p.Path, "copy", name)
		}
	case errors.As(err, &told) && told.Picture:
		u.status.Refused++
		u.log.Error("a picture cannot be copied", keyPicture, p.Path, keyError, err)
	default:
		return err
	}
	return nil
}

// advanced notes that so many pictures wait no more, of which some were gone, and
// which are next.
func (u *Uploader) advanced(done, gone int, next []queued) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if gone > 0 && !u.goneLogged {
		u.log.Warn("pictures were gone from the archive before they were copied: their time was over, or somebody removed them", keyPlace, u.conf.To.Address)
	}
	u.goneLogged = gone > 0
	u.status.Gone += gone
	u.status.Waiting = max(u.status.Waiting-done, 0)
	switch {
	case len(next) > 0:
		u.status.Oldest = next[0].Taken
	case u.status.Waiting == 0:
		u.status.Oldest = time.Time{}
	}
}

// errGone: the archive does not have the picture any more.
var errGone = errors.New("the picture is gone")

// copy copies one picture, and returns the name of the copy.
func (u *Uploader) copy(p Picture) (string, error) {
	f, err := u.conf.Open(p.Path)
	if err != nil {
		return "", u.unreadable(p, err)
	}
	defer f.Close()
	sum, err := sumOf(f)
	if err != nil {
		return "", u.unreadable(p, err)
	}
	if sum.SHA256 != p.SHA256 {
		return "", &Error{Place: p.Path, Message: "it has other bytes than when it was archived", Picture: true}
	}
	limit := oneTakes
	if u.conf.Rate > 0 {
		limit += atOnce * time.Duration(float64(sum.Size)/float64(u.conf.Rate)*float64(time.Second))
	}
	ctx, cancel := clock.WithTimeout(u.clk, u.ctx, limit)
	defer cancel()
	name, err := u.place.Put(ctx, p.Path, f, sum)
	if err != nil && errors.Is(clock.Cause(ctx), context.DeadlineExceeded) {
		err = &Error{Place: u.conf.To.Address, Message: fmt.Sprintf("a picture of %d kB did not arrive within %s", sum.Size/1000, clock.FormatDuration(limit)), Err: err}
	}
	return name, err
}

// unreadable says what a picture is that cannot be read. All of them are, when
// the archive's own disk is away: that passes.
func (u *Uploader) unreadable(p Picture, err error) error {
	away := u.conf.Present()
	switch {
	case away != nil:
		return away
	case errors.Is(err, fs.ErrNotExist):
		return errGone
	case errors.Is(err, syscall.EIO):
		return &Error{Place: p.Path, Message: plainCause(err), Picture: true, Err: err}
	}
	return err
}

func sumOf(f *os.File) (Sum, error) {
	m, s := md5.New(), sha256.New()
	n, err := io.Copy(io.MultiWriter(m, s), f)
	return Sum{n, [16]byte(m.Sum(nil)), [32]byte(s.Sum(nil))}, err
}

// failing notes that nothing can be copied, and logs the first time.
func (u *Uploader) failing(err error, pause time.Duration) {
	now := u.clk.Now()
	u.mu.Lock()
	first := u.status.Failing == nil || u.status.Failing.Error() != err.Error()
	if u.status.Failing == nil {
		u.status.Since = now
	}
	u.status.Failing, u.status.RetryAt = err, now.Add(pause)
	waiting := u.status.Waiting
	u.mu.Unlock()
	if first {
		args := []any{keyError, err, keyWaiting, waiting}
		if told, ok := errors.AsType[*Error](err); ok && told.Hint != "" {
			args = append(args, keyHint, told.Hint)
		}
		u.log.Warn("pictures wait to be copied to the second place", args...)
	}
}

// succeeds notes that pictures are copied.
func (u *Uploader) succeeds() {
	u.mu.Lock()
	was, since := u.status.Failing, u.status.Since
	u.status.Failing, u.status.Since, u.status.RetryAt = nil, time.Time{}, time.Time{}
	waiting := u.status.Waiting
	u.mu.Unlock()
	if was != nil {
		u.log.Info("pictures are copied to the second place again", keyPlace, u.conf.To.Address, keyWaiting, waiting,
			"after", clock.FormatDuration(u.clk.Now().Sub(since).Round(time.Second)))
	}
}

// openPlace opens the second place, if it is not.
func (u *Uploader) openPlace() error {
	if u.place != nil {
		return nil
	}
	to := u.conf.To
	switch {
	case u.conf.Place != nil:
		u.place = u.conf.Place
	case to.Folder != "":
		dir := to.Folder
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(u.conf.Dir, dir)
		}
		f, err := openFolder(to.Address, dir, u.state.Marker, u.pace)
		if err != nil {
			return err
		}
		u.place, u.state.Marker = f, f.marker
		u.save()
	default:
		b, err := openS3(&to, u.conf.Getenv, u.pace)
		if err != nil {
			return err
		}
		u.place = b
	}
	return nil
}
