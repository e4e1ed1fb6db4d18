package runtime

// The keys of log lines.
const (
	keyDevice  = "device"
	keyChannel = "channel"
	keyScript  = "script"
	keyJob     = "job"
	keyTask    = "task"
	keyLine    = "line"
	keyError   = "error"
	keyHint    = "hint"
	keyUntil   = "until"
	keyKind    = "kind"
	keyTrace   = "traceback"
)
