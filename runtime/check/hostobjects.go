package check

import (
	"bytes"
	"context"
	"io"
	"net/http"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
)

// job is what a script gets for one. What it lacks says nothing about the script, as with host.
type job struct {
	luaapi.Job
	host *host
}

func (j job) Name() string { return "job" }
func (j job) Run() error   { return errRehearsal }
func (j job) Stop()        { j.host.effects++ }

// spawned is a task that has not ended.
type spawned struct{ luaapi.Spawned }

func (spawned) Name() string                           { return "task" }
func (spawned) Done() bool                             { return false }
func (spawned) Wait(*lua.LState) ([]lua.LValue, error) { return nil, errRehearsal }
func (spawned) Cancel()                                {}

// takePicture carries out a snapshot, so that what is asked of one can be looked at.
func takePicture(f func(context.Context, *isapi.Client) error) error {
	client, err := isapi.New(isapi.Config{Host: "192.0.2.1", Username: "x", Password: isapi.NewSecret("x"), Transport: camera{}})
	if err != nil {
		return err
	}
	return f(context.Background(), client)
}

// camera answers everything with a picture.
type camera struct{}

func (camera) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"image/jpeg"}}, Body: io.NopCloser(bytes.NewReader([]byte("\xff\xd8\xff\xd9"))),
	}, nil
}
