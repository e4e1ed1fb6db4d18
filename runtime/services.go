package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive/upload"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/files"
	"github.com/hiklua/hiklua/runtime/schedule"
)

// newWeb is what carries hik.http: connections that no device shares.
func newWeb(conf Config) http.RoundTripper {
	if conf.HTTP != nil {
		return conf.HTTP
	}
	if clock.IsVirtual(conf.Clock) {
		return noWeb{}
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSHandshakeTimeout:    30 * time.Second,
		IdleConnTimeout:        30 * time.Second,
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    4,
		MaxResponseHeaderBytes: 256 << 10,
		ForceAttemptHTTP2:      true,
	}
}

// noWeb stands for the network where time is not real: a rehearsal must not
// send its webhooks, and no answer would come in its time.
type noWeb struct{}

func (noWeb) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}
}

// closeWeb drops the connections that are idle.
func (h *Host) closeWeb() {
	if t, ok := h.web.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// HTTP implements luaapi.Services.
func (s *script) HTTP() http.RoundTripper { return s.host.web }

// SaveFile implements luaapi.Script.
func (s *script) SaveFile(_ context.Context, path string, data []byte) (string, error) {
	clean, err := s.host.files.ForScripts(path)
	if err != nil {
		return "", fileFailure(path, err)
	}
	if _, err := s.host.files.Write(clean, data); err != nil {
		return "", fileFailure(path, err)
	}
	return s.host.files.Shown(clean), nil
}

// ReadFile implements luaapi.Services.
func (s *script) ReadFile(_ context.Context, path string) ([]byte, error) {
	clean, err := s.host.files.ForScripts(path)
	if err != nil {
		return nil, fileFailure(path, err)
	}
	data, err := s.host.files.Read(clean)
	return data, fileFailure(path, err)
}

// AppendFile implements luaapi.Services.
func (s *script) AppendFile(_ context.Context, path string, data []byte) error {
	clean, err := s.host.files.ForScripts(path)
	if err == nil {
		err = s.host.files.Append(clean, data)
	}
	return fileFailure(path, err)
}

// RemoveFile implements luaapi.Services.
func (s *script) RemoveFile(_ context.Context, path string) error {
	clean, err := s.host.files.ForScripts(strings.TrimSuffix(path, "/"))
	if err == nil {
		err = s.host.files.Remove(clean)
	}
	return fileFailure(path, err)
}

// FileExists implements luaapi.Services.
func (s *script) FileExists(_ context.Context, path string) (bool, error) {
	clean, err := s.host.files.ForScripts(strings.TrimSuffix(path, "/"))
	if err != nil {
		return false, fileFailure(path, err)
	}
	exists, err := s.host.files.Exists(clean)
	return exists, fileFailure(path, err)
}

// RenameFile implements luaapi.Services.
func (s *script) RenameFile(_ context.Context, from, to string) (string, error) {
	old, err := s.host.files.ForScripts(from)
	if err != nil {
		return "", fileFailure(from, err)
	}
	clean, err := s.host.files.ForScripts(to)
	if err != nil {
		return "", fileFailure(to, err)
	}
	if err := s.host.files.Rename(old, clean); err != nil {
		return "", fileFailure(from, err)
	}
	return s.host.files.Shown(clean), nil
}

// ListFiles implements luaapi.Services.
func (s *script) ListFiles(_ context.Context, folder string) ([]luaapi.FileInfo, error) {
	below := path.Clean(folder) // "." of ""
	if top := strings.TrimSuffix(s.host.files.Shown(""), "/"); below == top {
		below = "."
	}
	top := below == "."
	if !top {
		clean, err := s.host.files.ForScripts(strings.TrimSuffix(folder, "/"))
		if err != nil {
			return nil, fileFailure(folder, err)
		}
		below = clean
	}
	found, err := s.host.files.List(below)
	if err != nil {
		return nil, fileFailure(folder, err)
	}
	var list []luaapi.FileInfo
	for _, i := range found {
		if top && files.Reserved(i.Name) {
			continue
		}
		list = append(list, luaapi.FileInfo(i))
	}
	return list, nil
}

// fileFailure tells an error of a file in the words of scripts.
func fileFailure(name string, err error) error {
	var bad *files.PathError
	var size *files.SizeError
	told := &luaapi.Failure{Kind: "disk", Err: err}
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		told.Kind, told.Message = "misuse", bad.Error()
	case errors.As(err, &size):
		told.Kind, told.Message = "misuse", size.Error()
	case errors.Is(err, fs.ErrNotExist):
		told.Kind, told.Message = "not_found", fmt.Sprintf("no file %q in the data folder", name)
	case errors.Is(err, syscall.ENOSPC):
		told.Message, told.Hint = fmt.Sprintf("%s: the disk is full", name), "make room on the disk of the site's data folder"
	case errors.Is(err, fs.ErrPermission):
		told.Message, told.Hint = fmt.Sprintf("%s: permission denied", name), "the data folder must belong to the account that hiklua runs as"
	default:
		told.Message = err.Error()
	}
	return told
}

// Sun implements luaapi.Services.
func (s *script) Sun(date time.Time) (luaapi.SunTimes, error) {
	site := s.host.site()
	if site.Location == nil {
		return luaapi.SunTimes{}, &luaapi.Failure{
			Kind: "misuse", Message: "sun: the site has no location",
			Hint: "site.yaml needs one, such as location: {lat: 52.52, lon: 13.40}",
		}
	}
	t := schedule.Sun(date, schedule.Place{Lat: site.Location.Lat, Lon: site.Location.Lon}, site.Timezone)
	return luaapi.SunTimes(t), nil
}

// scriptEnv is os.getenv of scripts. A variable that holds the password of a
// device of the site is not for them: they name the device. Nor is the account of
// the archive's second place, of the broker or of the page, nor what only a target
// of notify or the caller of a hook needs.
func (h *Host) scriptEnv(name string) (string, bool) {
	value, ok := h.conf.Getenv(name)
	if !ok || value == "" {
		return value, ok
	}
	if a := h.site().Archive; a != nil && a.CopyTo != nil && a.CopyTo.Bucket != "" && slices.Contains(upload.SecretVariables, name) {
		return "", false
	}
	secret := isapi.NewSecret(value)
	for _, d := range h.site().Devices {
		if d.Password == secret {
			return "", false
		}
	}
	for _, t := range h.site().Notify {
		if slices.Contains(t.Secrets(), secret) {
			return "", false
		}
	}
	if m := h.site().MQTT; m != nil && m.Password == secret {
		return "", false
	}
	if slices.Contains(h.site().Web.Secrets(), secret) {
		return "", false
	}
	return value, true
}
