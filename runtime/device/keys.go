package device

// The keys of log lines about devices.
const (
	keyDevice   = "device"
	keyChannel  = "channel"
	keyTask     = "task"
	keyError    = "error"
	keyHint     = "hint"
	keyModel    = "model"
	keyFirmware = "firmware"
	keyUntil    = "until"
	keyDuration = "duration"
)
