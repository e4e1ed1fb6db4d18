package luaapi

import (
	"context"
	"log/slog"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/hiklua/hiklua/isapi"
)

// LongestTest is how long a test may take, in its own time.
const LongestTest = 31 * 24 * time.Hour

// Tester is what the file of a test can do beside what every script can: see
// and change the simulated devices of its site. Reload, Restart and Call wait; the
// other methods don't, and are called by the holder of the script's lock.
type Tester interface {
	// Case notes a test. The error is about its name.
	Case(TestCase) error
	// Raise has a device notice something, as Alert of the simulator; it reports
	// whether the event reaches those who listen.
	Raise(TestEvent) (reaches bool, err error)
	// Message has a message of MQTT come; it reports whether a script listens.
	Message(Message) (told bool, err error)
	// Call calls the handler of a hook, and waits for the answer.
	Call(ctx context.Context, r HookRequest) (HookAnswer, error)
	// Fault lets something be wrong with a device for as long as lasts says; 0:
	// until the next call. "" mends it. The error is about the words.
	Fault(device, fault string, lasts time.Duration) error
	// Left is how long the test may still go on, in its own time.
	Left() time.Duration
	// Reload has a script of the site, "" all, be loaded anew as by a change of its
	// file.
	Reload(ctx context.Context, script string) error
	// Restart ends the scripts of the site as the end of the host does, and begins
	// them after down as its start does, with what was saved.
	Restart(ctx context.Context, down time.Duration) error
	// Commands are those that devices were sent since the test began, in the
	// order in which they ended, without what only asks how a device is, or what the
	// host asks for itself.
	Commands() []TestCommand
	// Head is where a head looks, and whether it moves; channel 0 is that of a
	// device that has one.
	Head(device string, channel int) (pose isapi.Pose, moving bool, err error)
	// Lines are what scripts have printed and logged, and what the host has.
	Lines() []TestLine
	// Notices are the notifications that would have been sent.
	Notices() []TestNotice
	// Requests are those that hik.http would have sent.
	Requests() []TestRequest
}

// TestCase is one test.
type TestCase struct {
	Name        string
	Place       string    // file:line of hik.test.case
	From        time.Time // when it begins; zero: noon of a Monday in June
	AllowErrors bool      // an error that no script catches is not its failure
	Fn          *lua.LFunction
}

// TestEvent is something that a simulated device is to notice.
type TestEvent struct {
	Device  string
	Channel int // 0: the device itself
	Type    string
	Target  string        // human or vehicle
	Region  int           // of a rule
	Port    int           // of an alarm input
	Lasts   time.Duration // 0: a moment
}

// TestCommand is a command that a device was sent.
type TestCommand struct {
	Time              time.Time
	Device            string
	Channel           int
	Script, Job, Task string
	What, Detail      string
	Name              string // of the preset
	Error             string // its kind; "": it succeeded
}

// TestLine is a line of the log, or one that a script printed.
type TestLine struct {
	Time    time.Time
	Level   string // print, debug, info, warn, error
	Script  string // "": the host's own
	Message string
	Fields  []slog.Attr // {key = value} of hik.log, or what the host says beside the message
}

// Text is the line with its fields: "door open by=gate".
func (l TestLine) Text() string {
	text := l.Message
	for _, a := range l.Fields {
		text += " " + a.Key + "=" + a.Value.Resolve().String()
	}
	return text
}

// TestNotice is a notification.
type TestNotice struct {
	Time           time.Time
	Script, Target string
	Title, Text    string
	Picture        bool
}

// TestRequest is a request of hik.http.
type TestRequest struct {
	Time        time.Time
	Script      string
	Method, URL string
	Body        string
}
