package runtime

// The keys of log lines.
const (
	keyDevice   = "device"
	keyChannel  = "channel"
	keyScript   = "script"
	keyJob      = "job"
	keyTask     = "task"
	keyLine     = "line"
	keyError    = "error"
	keyHint     = "hint"
	keyModel    = "model"
	keyFirmware = "firmware"
	keyUntil    = "until"
	keyDuration = "duration"
	keyKind     = "kind"
	keyTrace    = "traceback"
)
