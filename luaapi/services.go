package luaapi

import (
	"context"
	"net/http"
	"time"
)

// Services are what a script may use beside devices: the network, the data
// folder, the sun. They are part of Script.
type Services interface {
	// HTTP carries the requests of hik.http; never nil. It knows nothing of
	// devices and their passwords. Any goroutine may call it.
	HTTP() http.RoundTripper

	// ReadFile gives a file below the data folder. Called inside Task.Wait, as
	// are the next five. Their errors name the path; kind misuse is for paths
	// that no script may use, not_found for what is not there.
	ReadFile(ctx context.Context, path string) ([]byte, error)
	// AppendFile adds data to the end of a file, all of it or nothing, and
	// makes the file if there is none.
	AppendFile(ctx context.Context, path string, data []byte) error
	// ListFiles lists a folder by name; "" is the data folder itself.
	ListFiles(ctx context.Context, folder string) ([]FileInfo, error)
	// RemoveFile removes a file, or a folder that is empty.
	RemoveFile(ctx context.Context, path string) error
	// FileExists says whether there is a file or a folder of that name.
	FileExists(ctx context.Context, path string) (bool, error)
	// RenameFile gives a file another name, replaces a file that has it, and
	// returns the path as SaveFile does.
	RenameFile(ctx context.Context, from, to string) (string, error)

	// Notify queues a notification for a target of site.yaml. It does not wait. The
	// error is UnknownTarget.
	Notify(ctx context.Context, target string, n Notice) error

	// Broker is NoBroker if site.yaml has no broker of MQTT.
	Broker() error
	// Publish sends a message to it, unless the broker is away. Called inside
	// Task.Wait: it waits for a connection that is being made.
	Publish(ctx context.Context, m Message) (sent bool, err error)

	// Hook is NoHook if site.yaml has no token for a hook.
	Hook(name string) error

	// Sun gives the sun's times on the local date of date. The error says that
	// the site has no location.
	Sun(date time.Time) (SunTimes, error)
}

// Notice is a notification.
type Notice struct {
	Title, Text string // one of them, or Picture, is given
	Picture     []byte // nil: none; nothing may change it
	PictureName string
	ContentType string // of Picture
}

// FileInfo is one file or folder of a listing.
type FileInfo struct {
	Name string // without the folder
	Size int64  // bytes; 0 for a folder
	Time time.Time
	Dir  bool
}

// SunTimes are the sun's times on one date.
type SunTimes struct {
	Rise, Set time.Time // zero: there is none on that date
	// Where both are missing, one of these tells why.
	AlwaysUp, AlwaysDown bool
}
