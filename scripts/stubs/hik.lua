---@meta hik
-- The hik module for editors, made from hiklua's own index of it.

---The keys of a device that is not in site.yaml.
---@class (exact) hik.DeviceKeys
---@field ip? string address or host name; needed unless simulate is given
---@field username? string account on the device, at least Operator; needed unless simulate is given
---@field password? string its password, best as ${NAME} from the environment
---@field password_file? string a file with the password instead, relative to the site, readable by its owner only
---@field port? integer port of the device's web server
---@field scheme? "http"|"https" http or https
---@field auth_mode? "digest"|"basic"|"auto" login: digest, basic, or basic only if nothing else is offered (basic shows the password on the wire)
---@field status_interval? hik.Duration time between two liveness polls; a bare number is milliseconds
---@field timeout? hik.Duration time that one command may take
---@field concurrency? integer commands at once
---@field max_rate? number commands a second, all channels together; 0: no limit
---@field ptz_id? "auto"|"channel"|"stream" number of a channel in PTZ commands: found out, 1, or 101
---@field tls? "any"|"pin"|"verify" certificate: self-signed is tolerated, trusted on first use and a change refused, or verified
---@field simulate? "ipc"|"ptz"|"nvr"|"dvr" a simulated device instead of a real one; ip, username and password may then be left out
---@field channels? table names for the device's channels
---@field [string] hik.UnknownOption

---@class (exact) hik.SnapshotOptions
---@field stream? "main"|"sub" main or sub; default: the channel's in site.yaml, else main
---@field width? integer 1..16384, pixels; together with height; a device that can't scale ignores both
---@field height? integer 1..16384, pixels
---@field quality? integer 1..100, of the JPEG; devices know about three grades
---@field [string] hik.UnknownOption

---@class (exact) hik.MotionOptions
---@field duration? hik.Duration how long to move; without it until ptz_stop, the end of the task, or limits.motion of site.yaml
---@field wait? boolean false: return at once, the host stops the head; default: return when it was stopped
---@field [string] hik.UnknownOption

---@class (exact) hik.PtzMoveOptions
---@field pan? integer -100..100, percent of full speed, right is positive
---@field tilt? integer -100..100, percent of full speed, up is positive
---@field zoom? integer -100..100, percent of full speed, towards tele is positive
---@field duration? hik.Duration how long to move; without it until ptz_stop, the end of the task, or limits.motion of site.yaml
---@field wait? boolean false: return at once, the host stops the head; default: return when it was stopped
---@field [string] hik.UnknownOption

---@class (exact) hik.PresetOptions
---@field wait? boolean true: return when the head has arrived; default: as soon as the device has accepted
---@field special? boolean true: allow the numbers that are functions of the device, such as 94, which reboots it
---@field [string] hik.UnknownOption

---@class (exact) hik.PresetsOptions
---@field special? boolean true: also those that are functions of the device
---@field [string] hik.UnknownOption

---@class (exact) hik.PresetItem
---@field id integer
---@field name string
---@field special boolean
---@field pan number
---@field tilt number
---@field zoom number

---@class (exact) hik.PtzRelativeOptions
---@field pan? number -360..360, degrees to the right
---@field tilt? number -180..180, degrees up
---@field zoom? number -1000..1000, steps of one zoom factor
---@field [string] hik.UnknownOption

---@class (exact) hik.PtzAbsoluteOptions
---@field pan? number 0..360, degrees to the right of the device's zero
---@field tilt? number -90..90, degrees, up is positive
---@field zoom? number 1..1000, factor
---@field [string] hik.UnknownOption

---@class (exact) hik.PtzStatusResult
---@field pan number
---@field tilt number
---@field zoom number

---@class (exact) hik.PtzCapabilitiesResult
---@field position boolean
---@field pan {min: number, max: number}?
---@field tilt {min: number, max: number}?
---@field zoom {min: number, max: number}?
---@field max_presets integer
---@field max_patrols integer
---@field max_patterns integer
---@field preset_names boolean
---@field special integer[]
---@field wiper boolean
---@field park boolean
---@field position3d boolean

---@class (exact) hik.PatrolItem
---@field id integer
---@field name string
---@field enabled boolean
---@field steps {preset: integer, speed: integer, dwell: number}[]

---@class (exact) hik.ExclusiveOptions
---@field timeout? hik.Duration how long to wait for the head; then an error of kind busy
---@field [string] hik.UnknownOption

---@class (exact) hik.StreamUrlOptions
---@field stream? "main"|"sub" main or sub; default: the stream_url of site.yaml, else the channel's stream
---@field [string] hik.UnknownOption

---@class (exact) hik.ChannelItem: hik.Channel
---@field id integer
---@field name string
---@field enabled boolean
---@field online boolean?
---@field stream integer
---@field ptz boolean

---@class (exact) hik.InfoResult
---@field model string
---@field name string
---@field serial string
---@field firmware string
---@field mac string
---@field type string
---@field raw string

---@class (exact) hik.TimeResult
---@field time number
---@field ahead number
---@field mode string
---@field zone string

---@class (exact) hik.InputItem
---@field id integer
---@field active boolean?

---@class (exact) hik.OutputItem
---@field id integer
---@field active boolean?

---@class (exact) hik.SetOutputOptions
---@field duration? hik.Duration switch back after that long, also when the task is ended meanwhile; then it returns
---@field [string] hik.UnknownOption

---@class (exact) hik.RequestOptions
---@field body? string what is sent
---@field query? any a table: {name = value}
---@field content_type? string of the body; default application/xml
---@field [string] hik.UnknownOption

---@class (exact) hik.RequestResult
---@field status integer
---@field content_type string
---@field body string
---@field xml table?

---@class (exact) hik.JobOptions
---@field name? string for logs and the command line; the same name again replaces the job
---@field overlap? "skip"|"queue"|"allow" when the run before has not ended: skip (default), queue or allow
---@field timeout? hik.Duration a run that takes longer is ended
---@field jitter? hik.Duration each run starts by chance up to that much later
---@field timezone? string IANA name, if not the site's
---@field days? string "mon-fri", "sat,sun": on these days only
---@field between? string "22:00-06:00": at these times only
---@field catch_up? hik.Duration a run that was missed by at most that long while the host was down or asleep is made up, once
---@field on_reload? "cancel"|"finish" what becomes of a run when the script is saved: cancel (default) ends it at its next wait, finish lets it run to its end in the old version
---@field [string] hik.UnknownOption

---@class (exact) hik.AfterOptions
---@field name? string for logs and the command line; the same name again replaces the job
---@field overlap? "skip"|"queue"|"allow" when the run before has not ended: skip (default), queue or allow
---@field timeout? hik.Duration a run that takes longer is ended
---@field jitter? hik.Duration each run starts by chance up to that much later
---@field timezone? string IANA name, if not the site's
---@field days? string "mon-fri", "sat,sun": on these days only
---@field between? string "22:00-06:00": at these times only
---@field on_reload? "cancel"|"finish" what becomes of a run when the script is saved: cancel (default) ends it at its next wait, finish lets it run to its end in the old version
---@field [string] hik.UnknownOption

---@class (exact) hik.OnOptions
---@field state? "start"|"stop"|"both" start (default), stop or both
---@field name? string for logs and the command line; the same name again replaces the job
---@field overlap? "skip"|"queue"|"allow" when the run before has not ended: skip (default), queue or allow
---@field timeout? hik.Duration a run that takes longer is ended
---@field timezone? string IANA name, if not the site's
---@field days? string "mon-fri", "sat,sun": on these days only
---@field between? string "22:00-06:00": at these times only
---@field on_reload? "cancel"|"finish" what becomes of a run when the script is saved: cancel (default) ends it at its next wait, finish lets it run to its end in the old version
---@field [string] hik.UnknownOption

---@class (exact) hik.ParallelOptions
---@field limit? integer 1..100000, how many at once; default: all
---@field [string] hik.UnknownOption

---@class (exact) hik.SunResult
---@field sunrise number?
---@field sunset number?
---@field up boolean?

---@class (exact) hik.NotifyOptions
---@field text? string what is told
---@field title? string one line above it; the subject of mail
---@field picture? hik.Snapshot a snapshot that goes along
---@field [string] hik.UnknownOption

---@class (exact) hik.EncodeOptions
---@field indent? boolean true: over several lines
---@field [string] hik.UnknownOption

---@class (exact) hik.HTTPOptions
---@field headers? any a table {name = value}
---@field body? string|hik.Snapshot what is sent: a string or a snapshot, at most 16 MB
---@field json? any a value that is sent as JSON, instead of body
---@field form? table<string, string|number|boolean|any[]> fields of a form, {name = value}, instead of body; a list of values sends the name several times
---@field files? table<string, hik.Snapshot|{name: string?, bytes: string|hik.Snapshot, content_type: string?}> files of a form, {name = snapshot} or {name = {name=, bytes=, content_type=}}, beside form; sent as multipart/form-data
---@field timeout? hik.Duration for the whole of it, redirects included; default 30s, at most 10m
---@field [string] hik.UnknownOption

---@class (exact) hik.PublishOptions
---@field retain? boolean the broker keeps the message for those who come later, one for each topic; an empty one takes it away
---@field qos? integer 0..1, 1: the broker has to say that it has it; default 0
---@field [string] hik.UnknownOption

---@class (exact) hik.ListOptions
---@field device? string of this device only, as site.yaml names it
---@field channel? hik.ChannelName of this channel only: its number, or its name; together with device
---@field label? string with this label only
---@field from? number|string taken then or later: a time as hik.now() has it, "2026-03-28 06:00", or so long ago: "2h"
---@field till? number|string taken before that time
---@field limit? integer 1..10000, so many at most, the newest of them; default 1000
---@field [string] hik.UnknownOption

---@class (exact) hik.PruneOptions
---@field dry_run? boolean remove nothing, tell what would go
---@field [string] hik.UnknownOption

---@class (exact) hik.CaseOptions
---@field from? number|string when the test begins, such as "2026-03-28 21:00"; default: Monday, 1 June 2026, 12:00
---@field allow_errors? boolean an error that no script catches does not fail the test
---@field [string] hik.UnknownOption

---@class (exact) hik.EmitOptions
---@field lasts? hik.Duration how long the alarm goes on; default: a moment
---@field target? "human"|"vehicle" what was seen
---@field region? integer 1..99, the number of the rule
---@field port? integer 1..99, the number of the alarm input
---@field form? table<string, string|number|boolean|any[]> of a request, the fields of a form, {name = value}, in the place of a body
---@field query? any of a request, what follows the ? of the address, {name = value}
---@field [string] hik.UnknownOption

---@class (exact) hik.FaultOptions
---@field lasts? hik.Duration how long; default: until the next call for the device
---@field [string] hik.UnknownOption

---@class (exact) hik.WaitOptions
---@field timeout? hik.Duration how long to wait; then the result is nil
---@field state? "start"|"stop"|"both" start (default), stop or both
---@field [string] hik.UnknownOption

---@class (exact) hik.ArchiveOptions
---@field label? string for archive.labels and hiklua archive, such as "alarm"
---@field event? any what it was taken for: an event, or its type
---@field [string] hik.UnknownOption

---@class hik
---@field state hik.State a table of the script's own that outlives reload and restart; calling it, or a table in it, gives a copy
---@field shared_state hik.State the same for all scripts together; each read and each write is atomic, two of them are not
---@field vars hik.Vars the vars of site.yaml; its tables can't be changed, a list is the script's own copy
---@field script string the script's name: "tour" for scripts/tour.lua
---@field version string the version of hiklua
hik = {}

---The device of that name in site.yaml; with a table {ip=, username=, password=, ...} one that is not in it, keys as in site.yaml.
---@param name hik.DeviceName|hik.DeviceKeys
---@return hik.Device
function hik.device(name) end

---The devices of site.yaml, in its order.
---@return hik.Device[]
function hik.devices() end

---Takes a picture.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.SnapshotOptions
---@return hik.Snapshot
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, options?: hik.SnapshotOptions): hik.Snapshot
function hik.snapshot(dev, ch, options) end

---Moves the head, -100..100 on each axis: right and up are positive.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param pan integer -100..100, percent of full speed
---@param tilt integer -100..100, percent of full speed
---@param options? hik.MotionOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, pan: integer, tilt: integer, options?: hik.MotionOptions)
function hik.ptz_pan_tilt(dev, ch, pan, tilt, options) end

---Zooms, -100..100: towards tele is positive.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param zoom integer -100..100, percent of full speed
---@param options? hik.MotionOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, zoom: integer, options?: hik.MotionOptions)
function hik.ptz_zoom(dev, ch, zoom, options) end

---Moves all axes at once, -100..100.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PtzMoveOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, options?: hik.PtzMoveOptions)
function hik.ptz_move(dev, ch, options) end

---Moves the focus, -100..100: far is positive, 0 stops it.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param speed integer
---@param options? hik.MotionOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, speed: integer, options?: hik.MotionOptions)
function hik.focus(dev, ch, speed, options) end

---Moves the iris, -100..100: open is positive, 0 stops it.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param speed integer
---@param options? hik.MotionOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, speed: integer, options?: hik.MotionOptions)
function hik.iris(dev, ch, speed, options) end

---Stops pan, tilt and zoom, ahead of everything that waits for the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
function hik.ptz_stop(dev, ch) end

---Turns the head to a preset, by number or name.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param preset integer|string
---@param options? hik.PresetOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, preset: integer|string, options?: hik.PresetOptions)
function hik.preset(dev, ch, preset, options) end

---Turns the head to a preset, by number or name.
---The same as preset.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param preset integer|string
---@param options? hik.PresetOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, preset: integer|string, options?: hik.PresetOptions)
function hik.ptz_preset(dev, ch, preset, options) end

---The presets that are set; pan, tilt, zoom where the device tells.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PresetsOptions
---@return hik.PresetItem[]
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, options?: hik.PresetsOptions): hik.PresetItem[]
function hik.presets(dev, ch, options) end

---Stores where the head looks as a preset.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@param name string
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, id: integer, name: string)
function hik.set_preset(dev, ch, id, name) end

---Forgets a preset, by number or name.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param preset integer|string
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, preset: integer|string)
function hik.delete_preset(dev, ch, preset) end

---Moves the head by so much; kind unsupported on a head that does not tell its position.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PtzRelativeOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, options?: hik.PtzRelativeOptions)
function hik.ptz_relative(dev, ch, options) end

---Moves the head there; an axis that is left out stays.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PtzAbsoluteOptions
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, options?: hik.PtzAbsoluteOptions)
function hik.ptz_absolute(dev, ch, options) end

---Where the head looks: degrees 0-360, degrees with up positive, zoom factor.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@return hik.PtzStatusResult
function hik.ptz_status(dev, ch) end

---Turns the head to its home position.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
function hik.ptz_home(dev, ch) end

---Makes home of where the head looks.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
function hik.set_home(dev, ch) end

---What this head can do; pan, tilt and zoom are {min, max}, special lists the presets that are functions of the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@return hik.PtzCapabilitiesResult
function hik.ptz_capabilities(dev, ch) end

---The patrols that the device itself keeps; steps are {preset, speed, dwell}.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@return hik.PatrolItem[]
function hik.patrols(dev, ch) end

---Starts a patrol of the device; it goes on until patrol_stop or another command for the head.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, id: integer)
function hik.patrol_start(dev, ch, id) end

---Stops a patrol of the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, id: integer)
function hik.patrol_stop(dev, ch, id) end

---Holds a patrol of the device where it is.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, id: integer)
function hik.patrol_pause(dev, ch, id) end

---Calls fn with the channel while the head is this task's alone; others wait.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param options? hik.ExclusiveOptions
---@param fn fun(ch: hik.Channel): any
---@return any ...
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, options?: hik.ExclusiveOptions, fn: (fun(ch: hik.Channel): any)): any
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, fn: (fun(ch: hik.Channel): any)): any
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, ch: hik.ChannelName|hik.Channel, fn: (fun(ch: hik.Channel): any)): any
function hik.exclusive(dev, ch, options, fn) end

---The address for live preview, without password.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.StreamUrlOptions
---@return string
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, options?: hik.StreamUrlOptions): string
function hik.stream_url(dev, ch, options) end

---Asks the device for its channels; each can be used as a channel: for _, ch in ipairs(dev:channels()) do ch:snapshot() end.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@return hik.ChannelItem[]
function hik.channels(dev) end

---Asks the device for its channels; each can be used as a channel: for _, ch in ipairs(dev:channels()) do ch:snapshot() end.
---The same as channels.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@return hik.ChannelItem[]
function hik.get_channels(dev) end

---What the device says of itself; raw is its whole answer.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@return hik.InfoResult
function hik.info(dev) end

---What the device says of itself; raw is its whole answer.
---The same as info.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@return hik.InfoResult
function hik.get_device_info(dev) end

---The device's clock: time as hik.now() has it, ahead in seconds (negative: behind), mode NTP or manual.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@return hik.TimeResult
function hik.time(dev) end

---Sets the device's clock, to now if no time is given; a device that follows NTP stops doing so.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param time? number
function hik.set_time(dev, time) end

---Restarts the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
function hik.reboot(dev) end

---The alarm inputs; active is nil where the device does not tell.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@return hik.InputItem[]
function hik.inputs(dev) end

---The relays; active is nil where the device does not tell.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@return hik.OutputItem[]
function hik.outputs(dev) end

---Switches a relay.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param n integer
---@param on boolean
---@param options? hik.SetOutputOptions
function hik.set_output(dev, n, on, options) end

---Switches the head's "light" or "wiper".
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param ch hik.ChannelName|hik.Channel
---@param what "light"|"wiper"
---@param on boolean
---@overload fun(dev: hik.DeviceName|hik.Device|hik.Channel, what: "light"|"wiper", on: boolean)
function hik.aux(dev, ch, what, on) end

---Sends a request of your own; the path begins with /ISAPI/; xml is the answer as hik.xml.decode gives it.
---It waits for the device, and raises a hik.Error if that fails.
---@param dev hik.DeviceName|hik.Device|hik.Channel
---@param method "GET"|"PUT"|"POST"|"DELETE"
---@param path string
---@param options? hik.RequestOptions
---@return hik.RequestResult
function hik.request(dev, method, path, options) end

---Runs fn by a cron line: 5 fields, 6 with seconds first, or @hourly and its like.
---@param spec string
---@param options? hik.JobOptions
---@param fn fun(run: hik.Firing)
---@return hik.Job
---@overload fun(spec: string, fn: (fun(run: hik.Firing))): hik.Job
function hik.cron(spec, options, fn) end

---Runs fn each time the duration has passed, the first time one duration from now.
---@param duration hik.Duration
---@param options? hik.JobOptions
---@param fn fun(run: hik.Firing)
---@return hik.Job
---@overload fun(duration: hik.Duration, fn: (fun(run: hik.Firing))): hik.Job
function hik.every(duration, options, fn) end

---Runs fn each day at "22:30", "sunset-15m" or "sunrise+1h"; once at a date and time.
---@param when string
---@param options? hik.JobOptions
---@param fn fun(run: hik.Firing)
---@return hik.Job
---@overload fun(when: string, fn: (fun(run: hik.Firing))): hik.Job
function hik.at(when, options, fn) end

---Runs fn once, when the duration has passed.
---@param duration hik.Duration
---@param options? hik.AfterOptions
---@param fn fun(run: hik.Firing)
---@return hik.Job
---@overload fun(duration: hik.Duration, fn: (fun(run: hik.Firing))): hik.Job
function hik.after(duration, options, fn) end

---Runs fn(event) on "gate:motion" or "gate/yard:motion"; on "mqtt:door/+" for each message of MQTT with such a topic, + a word, # the rest; on "http:door" for each request to that hook, which gets what fn returns; for another name fn(value) each time a script emits it.
---@param event hik.EventName
---@param options? hik.OnOptions
---@param fn fun(event: hik.Event|any, run: hik.Firing)
---@return hik.Job
---@overload fun(event: hik.EventName, fn: (fun(event: hik.Event|any, run: hik.Firing))): hik.Job
function hik.on(event, options, fn) end

---Tells every script that listens by hik.on(name, fn); each gets a copy of the value.
---@param name string
---@param value? any
function hik.emit(name, value) end

---Runs fn(...) as a task of its own beside this one; from a script that loads: once the script is live.
---@param fn fun(...): any
---@param ... any
---@return hik.Task
function hik.spawn(fn, ...) end

---Calls fn(item, index) for all items at once, each in a task of its own, and returns the results in order; the first error is raised after all have ended.
---@param list any[]
---@param fn fun(item: any, index: integer): any
---@param options? hik.ParallelOptions
---@return any[]
function hik.parallel(list, fn, options) end

---Waits; other tasks of the script run meanwhile.
---@param duration hik.Duration
function hik.sleep(duration) end

---Calls fn and ends it with an error of kind timeout if it takes longer.
---@param duration hik.Duration
---@param fn fun(): any
---@return any ...
function hik.timeout(duration, fn) end

---Calls fn and then the second function, also when fn fails, or its task is cancelled or runs into a timeout; not when the script is saved anew or the host stops.
---@param fn fun(): any
---@param last fun()
---@return any ...
function hik.finally(fn, last) end

---Has this run of a job begun once more, with the same time, if it is cut off before till by a save, the end of the host or a crash; returns till, which counts from when the run was due, or without one what was noted before, and that time, both as hik.now() has them.
---@param till? number|string
---@return number?, number?
function hik.resume(till) end

---Runs fn when the script is reloaded or the host stops; it has 5 seconds.
---@param fn fun()
function hik.on_stop(fn) end

---The time in seconds since 1970, with fractions.
---@return number
function hik.now() end

---A time (default: now) in the site's zone; format as os.date has it, with %L for milliseconds; default "%Y-%m-%d %H:%M:%S"; "*t" gives a table; "!" first: UTC.
---@param format? string
---@param time? number
---@return string|any
---@overload fun(time?: number): string|any
function hik.date(format, time) end

---When the sun rises and sets at the site's location on a date: today, that of a time as hik.now() has it, or one like "2026-06-21"; where it does neither, up is true (it stays up) or false (it stays down).
---@param date? number|string
---@return hik.SunResult
function hik.sun(date) end

---A value as the REPL shows it, as Lua that can be pasted back where it can: long and deep tables are cut, binary strings told by their size; for people, hik.json.encode is for programs.
---@param value any
---@return string
function hik.inspect(value) end

---Tells those whom site.yaml has under notify by that name, with a text in the place of the table, too; it returns at once, the host delivers it in the background and tries for a day.
---@param target string
---@param options? string|hik.NotifyOptions
function hik.notify(target, options) end

---@class hik.log
hik.log = {}

---A line of detail, shown with --log-level debug; fields is a table {key = value}.
---@param message any
---@param fields? table<string, any>
function hik.log.debug(message, fields) end

---A line that tells what happened; fields is a table {key = value}.
---@param message any
---@param fields? table<string, any>
function hik.log.info(message, fields) end

---A line about something to look at some day; fields is a table {key = value}.
---@param message any
---@param fields? table<string, any>
function hik.log.warn(message, fields) end

---A line about something that has to be mended; fields is a table {key = value}.
---@param message any
---@param fields? table<string, any>
function hik.log.error(message, fields) end

---@class hik.json
---@field null any JSON's null, which a table can hold
hik.json = {}

---A value as JSON: lists and tables with names, keys sorted; an empty table is {} unless hik.json.array or decode made it.
---@param value any
---@param options? hik.EncodeOptions
---@return string
function hik.json.encode(value, options) end

---The value of a JSON text; null is hik.json.null, which is true in an if: compare it.
---@param text string
---@return any
function hik.json.decode(text) end

---Marks a table as a list, so that it is [] when it is empty.
---@param list? any[]
---@return any[]
function hik.json.array(list) end

---@class hik.xml
hik.xml = {}

---XML of the root's name and its content: text, or a list of elements in their order, each {name, content, attributes}: encode("PTZData", {{"pan", 40}, {"tilt", 0}}); attributes are a table {name = value}.
---@param root string
---@param content string|number|boolean|hik.Element[]
---@param attributes? table<string, string|number|boolean>
---@return string
function hik.xml.encode(root, content, attributes) end

---XML as a table: text is a string, an element is a table of its children, repeated ones are a list, attributes are under _attr.
---@param text string
---@return table
function hik.xml.decode(text) end

---Value as a list: nil is an empty one, what is no list becomes its only item; for elements that may come once or more often.
---@param value any
---@return any[]
function hik.xml.list(value) end

---@class hik.base64
hik.base64 = {}

---A string of bytes, at most 48 MB, as base64.
---@param bytes string
---@return string
function hik.base64.encode(bytes) end

---The bytes of a base64 text; blanks, line ends and a missing = at the end don't matter, both alphabets are read.
---@param text string
---@return string
function hik.base64.decode(text) end

---@class hik.http
hik.http = {}

---Asks a web server, http or https; any status is an answer, look at it; no answer is an error of kind offline or timeout; at most 5 redirects, to other hosts without your headers; 8 at once, others wait.
---@param url string
---@param options? hik.HTTPOptions
---@return hik.Response
function hik.http.get(url, options) end

---Sends something to a web server; any status is an answer, look at it; no answer is an error of kind offline or timeout; at most 5 redirects, to other hosts without your headers; 8 at once, others wait.
---@param url string
---@param options? hik.HTTPOptions
---@return hik.Response
function hik.http.post(url, options) end

---Puts something onto a web server; any status is an answer, look at it; no answer is an error of kind offline or timeout; at most 5 redirects, to other hosts without your headers; 8 at once, others wait.
---@param url string
---@param options? hik.HTTPOptions
---@return hik.Response
function hik.http.put(url, options) end

---Deletes something on a web server; any status is an answer, look at it; no answer is an error of kind offline or timeout; at most 5 redirects, to other hosts without your headers; 8 at once, others wait.
---@param url string
---@param options? hik.HTTPOptions
---@return hik.Response
function hik.http.delete(url, options) end

---Sends a request with a method of your choice; any status is an answer, look at it; no answer is an error of kind offline or timeout; at most 5 redirects, to other hosts without your headers; 8 at once, others wait.
---@param method "GET"|"HEAD"|"POST"|"PUT"|"PATCH"|"DELETE"|"OPTIONS"
---@param url string
---@param options? hik.HTTPOptions
---@return hik.Response
function hik.http.request(method, url, options) end

---@class hik.mqtt
hik.mqtt = {}

---Sends a message to the MQTT broker of site.yaml: a text or a number as it stands, a table as JSON, a snapshot as its picture, at most 1 MB; false: the broker is away or asked for too much, and the message is dropped.
---@param topic string
---@param value string|number|boolean|table|hik.Snapshot
---@param options? hik.PublishOptions
---@return boolean
function hik.mqtt.publish(topic, value, options) end

---@class hik.file
hik.file = {}

---The content of a file below the site's data folder, at most 16 MB; an error of kind not_found if there is none.
---@param path string
---@return string
function hik.file.read(path) end

---Writes a file below the site's data folder, whole or not at all, at most 16 MB; makes its folders; returns the path that read takes, data/ in front.
---@param path string
---@param bytes string
---@return string
function hik.file.write(path, bytes) end

---Adds to the end of a file below the site's data folder, all of it or nothing, also when several scripts do so at once; makes the file if there is none; 16 MB a call, 1 GB a file.
---@param path string
---@param bytes string
function hik.file.append(path, bytes) end

---What is in the site's data folder, or in a folder below it, {name, size, time, dir} each, by name; hiklua's own files are left out.
---@param folder? string
---@return hik.File[]
function hik.file.list(folder) end

---Removes a file below the site's data folder, or a folder that is empty.
---@param path string
function hik.file.remove(path) end

---Whether there is a file or a folder of that name below the site's data folder.
---@param path string
---@return boolean
function hik.file.exists(path) end

---Gives a file below the site's data folder another name there, also in another folder, which it makes; replaces a file that has the name; returns the path that read takes, data/ in front.
---@param path string
---@param to string
---@return string
function hik.file.rename(path, to) end

---@class hik.archive
hik.archive = {}

---The pictures in the site's archive, the oldest first.
---@param options? hik.ListOptions
---@return hik.Picture[]
function hik.archive.list(options) end

---Removes what keep, thinning, labels, max_size and min_free of site.yaml let go, as the host does by itself.
---@param options? hik.PruneOptions
---@return hik.PruneResult
function hik.archive.prune(options) end

---@class hik.test
hik.test = {}

---A test: fn is called on a site of its own, with the scripts of the folder, simulated devices and time that passes only while the test waits.
---@param name string
---@param options? hik.CaseOptions
---@param fn fun()
---@overload fun(name: string, fn: (fun()))
function hik.test.case(name, options, fn) end

---Lets so much time pass: jobs run, heads move, alarms come.
---@param duration hik.Duration
function hik.test.advance(duration) end

---Lets time pass until then: "22:30", "sunset-15m", or a date and time, as hik.at takes it.
---@param when string
function hik.test.advance_to(when) end

---Loads a script of the site anew, or all of them, as a change of the file does.
---@param script? string
function hik.test.reload(script) end

---Ends the host and starts it again at once, or after it was down for a while: its scripts begin anew with what is saved, the test goes on.
---@param down? hik.Duration
function hik.test.restart(down) end

---A simulated device notices something: "gate" or "gate/yard", and a word such as "motion"; false if its settings keep the event from being told; or, for "mqtt:TOPIC" and a payload, a message of MQTT comes; false if no script listens; or, for "http:NAME" and a body, a request to that hook, with its answer.
---@param place hik.Channel|hik.Device|string
---@param event hik.EventWord
---@param options? hik.EmitOptions
---@return any
function hik.test.emit(place, event, options) end

---Something is wrong with a simulated device: "offline", "slow=2s", "busy", as hiklua sim --fault has it; without a fault all is well again.
---@param device hik.Device|string
---@param fault? string
---@param options? hik.FaultOptions
---@overload fun(device: hik.Device|string, options?: hik.FaultOptions)
function hik.test.fault(device, fault, options) end

---The commands that devices, or one device or channel, were sent since the test began: {time, device, channel, script, job, task, what, detail, name, error, text} each.
---@param place? hik.Channel|hik.Device|string
---@return table[]
function hik.test.journal(place) end

---The same commands, a text each: "preset 2 (fence)", "ptz_stop", "snapshot".
---@param place? hik.Channel|hik.Device|string
---@return string[]
function hik.test.commands(place) end

---Where the head of a simulated device looks, without a command: degrees, zoom factor.
---@param place hik.Channel|hik.Device|string
---@return hik.HeadResult
function hik.test.head(place) end

---What scripts have printed and logged since the test began, and the host: {time, level, script, message, fields} each; with a text, those lines that it is a part of.
---@param text? string
---@return table[]
function hik.test.log(text) end

---What hik.notify would have sent since the test began: {time, script, target, title, text, picture} each.
---@return table[]
function hik.test.notices() end

---What hik.http has sent since the test began, which stays on this machine and is answered with {}: {time, script, method, url, body} each.
---@return table[]
function hik.test.requests() end

---Fails unless both are the same: tables by what is in them.
---@param actual any
---@param expected any
---@param message? any
function hik.test.equal(actual, expected, message) end

---Fails unless two numbers differ by at most within.
---@param actual any
---@param expected any
---@param within number
---@param message? any
function hik.test.near(actual, expected, within, message) end

---Fails if the value is nil or false.
---@param value any
---@param message? any
---@return any
function hik.test.truthy(value, message) end

---Fails unless one item of the list is the value; of a string: unless the value is a part of it.
---@param list any[]
---@param value any
---@param message? any
function hik.test.contains(list, value, message) end

---Fails unless fn raises an error; expected is its kind, such as "not_found", or a part of its message.
---@param fn fun()
---@param expected? string
---@param message? any
---@return any
---@overload fun(fn: (fun()), message?: any): any
function hik.test.errors(fn, expected, message) end

---@class hik.Device
---@field name string its name in site.yaml
---@field state string unknown, online, offline, unauthorized, locked, or elsewhere (another host of the cluster drives it)
---@field events string its event stream: flowing, stale (silent or lost, nothing is known) or off (nobody listens)
local Device = {}

---A channel by number or name; left out, the only one.
---@param channel? hik.ChannelName
---@return hik.Channel
function Device:channel(channel) end

---Runs fn(event) on "motion", another word, a type as the device writes it, or "any".
---@param event hik.EventWord
---@param options? hik.OnOptions
---@param fn fun(event: hik.Event, run: hik.Firing)
---@return hik.Job
---@overload fun(self: hik.Device, event: hik.EventWord, fn: (fun(event: hik.Event, run: hik.Firing))): hik.Job
function Device:on(event, options, fn) end

---Waits for the next such event; nil if the timeout comes first.
---@param event hik.EventWord
---@param options? hik.WaitOptions
---@return hik.Event?
function Device:wait(event, options) end

---Takes a picture.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.SnapshotOptions
---@return hik.Snapshot
---@overload fun(self: hik.Device, options?: hik.SnapshotOptions): hik.Snapshot
function Device:snapshot(ch, options) end

---Moves the head, -100..100 on each axis: right and up are positive.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param pan integer -100..100, percent of full speed
---@param tilt integer -100..100, percent of full speed
---@param options? hik.MotionOptions
---@overload fun(self: hik.Device, pan: integer, tilt: integer, options?: hik.MotionOptions)
function Device:ptz_pan_tilt(ch, pan, tilt, options) end

---Zooms, -100..100: towards tele is positive.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param zoom integer -100..100, percent of full speed
---@param options? hik.MotionOptions
---@overload fun(self: hik.Device, zoom: integer, options?: hik.MotionOptions)
function Device:ptz_zoom(ch, zoom, options) end

---Moves all axes at once, -100..100.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PtzMoveOptions
---@overload fun(self: hik.Device, options?: hik.PtzMoveOptions)
function Device:ptz_move(ch, options) end

---Moves the focus, -100..100: far is positive, 0 stops it.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param speed integer
---@param options? hik.MotionOptions
---@overload fun(self: hik.Device, speed: integer, options?: hik.MotionOptions)
function Device:focus(ch, speed, options) end

---Moves the iris, -100..100: open is positive, 0 stops it.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param speed integer
---@param options? hik.MotionOptions
---@overload fun(self: hik.Device, speed: integer, options?: hik.MotionOptions)
function Device:iris(ch, speed, options) end

---Stops pan, tilt and zoom, ahead of everything that waits for the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
function Device:ptz_stop(ch) end

---Turns the head to a preset, by number or name.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param preset integer|string
---@param options? hik.PresetOptions
---@overload fun(self: hik.Device, preset: integer|string, options?: hik.PresetOptions)
function Device:preset(ch, preset, options) end

---Turns the head to a preset, by number or name.
---The same as preset.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param preset integer|string
---@param options? hik.PresetOptions
---@overload fun(self: hik.Device, preset: integer|string, options?: hik.PresetOptions)
function Device:ptz_preset(ch, preset, options) end

---The presets that are set; pan, tilt, zoom where the device tells.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PresetsOptions
---@return hik.PresetItem[]
---@overload fun(self: hik.Device, options?: hik.PresetsOptions): hik.PresetItem[]
function Device:presets(ch, options) end

---Stores where the head looks as a preset.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@param name string
---@overload fun(self: hik.Device, id: integer, name: string)
function Device:set_preset(ch, id, name) end

---Forgets a preset, by number or name.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param preset integer|string
---@overload fun(self: hik.Device, preset: integer|string)
function Device:delete_preset(ch, preset) end

---Moves the head by so much; kind unsupported on a head that does not tell its position.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PtzRelativeOptions
---@overload fun(self: hik.Device, options?: hik.PtzRelativeOptions)
function Device:ptz_relative(ch, options) end

---Moves the head there; an axis that is left out stays.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.PtzAbsoluteOptions
---@overload fun(self: hik.Device, options?: hik.PtzAbsoluteOptions)
function Device:ptz_absolute(ch, options) end

---Where the head looks: degrees 0-360, degrees with up positive, zoom factor.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@return hik.PtzStatusResult
function Device:ptz_status(ch) end

---Turns the head to its home position.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
function Device:ptz_home(ch) end

---Makes home of where the head looks.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
function Device:set_home(ch) end

---What this head can do; pan, tilt and zoom are {min, max}, special lists the presets that are functions of the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@return hik.PtzCapabilitiesResult
function Device:ptz_capabilities(ch) end

---The patrols that the device itself keeps; steps are {preset, speed, dwell}.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch? hik.ChannelName|hik.Channel
---@return hik.PatrolItem[]
function Device:patrols(ch) end

---Starts a patrol of the device; it goes on until patrol_stop or another command for the head.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@overload fun(self: hik.Device, id: integer)
function Device:patrol_start(ch, id) end

---Stops a patrol of the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@overload fun(self: hik.Device, id: integer)
function Device:patrol_stop(ch, id) end

---Holds a patrol of the device where it is.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param id integer
---@overload fun(self: hik.Device, id: integer)
function Device:patrol_pause(ch, id) end

---Calls fn with the channel while the head is this task's alone; others wait.
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param options? hik.ExclusiveOptions
---@param fn fun(ch: hik.Channel): any
---@return any ...
---@overload fun(self: hik.Device, options?: hik.ExclusiveOptions, fn: (fun(ch: hik.Channel): any)): any
---@overload fun(self: hik.Device, fn: (fun(ch: hik.Channel): any)): any
---@overload fun(self: hik.Device, ch: hik.ChannelName|hik.Channel, fn: (fun(ch: hik.Channel): any)): any
function Device:exclusive(ch, options, fn) end

---The address for live preview, without password.
---@param ch? hik.ChannelName|hik.Channel
---@param options? hik.StreamUrlOptions
---@return string
---@overload fun(self: hik.Device, options?: hik.StreamUrlOptions): string
function Device:stream_url(ch, options) end

---Asks the device for its channels; each can be used as a channel: for _, ch in ipairs(dev:channels()) do ch:snapshot() end.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.ChannelItem[]
function Device:channels() end

---Asks the device for its channels; each can be used as a channel: for _, ch in ipairs(dev:channels()) do ch:snapshot() end.
---The same as channels.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.ChannelItem[]
function Device:get_channels() end

---What the device says of itself; raw is its whole answer.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.InfoResult
function Device:info() end

---What the device says of itself; raw is its whole answer.
---The same as info.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.InfoResult
function Device:get_device_info() end

---The device's clock: time as hik.now() has it, ahead in seconds (negative: behind), mode NTP or manual.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.TimeResult
function Device:time() end

---Sets the device's clock, to now if no time is given; a device that follows NTP stops doing so.
---It waits for the device, and raises a hik.Error if that fails.
---@param time? number
function Device:set_time(time) end

---Restarts the device.
---It waits for the device, and raises a hik.Error if that fails.
function Device:reboot() end

---The alarm inputs; active is nil where the device does not tell.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.InputItem[]
function Device:inputs() end

---The relays; active is nil where the device does not tell.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.OutputItem[]
function Device:outputs() end

---Switches a relay.
---It waits for the device, and raises a hik.Error if that fails.
---@param n integer
---@param on boolean
---@param options? hik.SetOutputOptions
function Device:set_output(n, on, options) end

---Switches the head's "light" or "wiper".
---It waits for the device, and raises a hik.Error if that fails.
---@param ch hik.ChannelName|hik.Channel
---@param what "light"|"wiper"
---@param on boolean
---@overload fun(self: hik.Device, what: "light"|"wiper", on: boolean)
function Device:aux(ch, what, on) end

---Sends a request of your own; the path begins with /ISAPI/; xml is the answer as hik.xml.decode gives it.
---It waits for the device, and raises a hik.Error if that fails.
---@param method "GET"|"PUT"|"POST"|"DELETE"
---@param path string
---@param options? hik.RequestOptions
---@return hik.RequestResult
function Device:request(method, path, options) end

---@class hik.Channel
---@field id number its number, from 1
---@field name string its name in site.yaml, else the name the script used, else its number
---@field device hik.Device the device it belongs to
---@field stream_url string the address for live preview, without password; ch:stream_url{stream = ...} gives that of a stream
local Channel = {}

---Runs fn(event) on "motion", another word, a type as the device writes it, or "any".
---@param event hik.EventWord
---@param options? hik.OnOptions
---@param fn fun(event: hik.Event, run: hik.Firing)
---@return hik.Job
---@overload fun(self: hik.Channel, event: hik.EventWord, fn: (fun(event: hik.Event, run: hik.Firing))): hik.Job
function Channel:on(event, options, fn) end

---Waits for the next such event; nil if the timeout comes first.
---@param event hik.EventWord
---@param options? hik.WaitOptions
---@return hik.Event?
function Channel:wait(event, options) end

---Takes a picture.
---It waits for the device, and raises a hik.Error if that fails.
---@param options? hik.SnapshotOptions
---@return hik.Snapshot
function Channel:snapshot(options) end

---Moves the head, -100..100 on each axis: right and up are positive.
---It waits for the device, and raises a hik.Error if that fails.
---@param pan integer -100..100, percent of full speed
---@param tilt integer -100..100, percent of full speed
---@param options? hik.MotionOptions
function Channel:ptz_pan_tilt(pan, tilt, options) end

---Zooms, -100..100: towards tele is positive.
---It waits for the device, and raises a hik.Error if that fails.
---@param zoom integer -100..100, percent of full speed
---@param options? hik.MotionOptions
function Channel:ptz_zoom(zoom, options) end

---Moves all axes at once, -100..100.
---It waits for the device, and raises a hik.Error if that fails.
---@param options? hik.PtzMoveOptions
function Channel:ptz_move(options) end

---Moves the focus, -100..100: far is positive, 0 stops it.
---It waits for the device, and raises a hik.Error if that fails.
---@param speed integer
---@param options? hik.MotionOptions
function Channel:focus(speed, options) end

---Moves the iris, -100..100: open is positive, 0 stops it.
---It waits for the device, and raises a hik.Error if that fails.
---@param speed integer
---@param options? hik.MotionOptions
function Channel:iris(speed, options) end

---Stops pan, tilt and zoom, ahead of everything that waits for the device.
---It waits for the device, and raises a hik.Error if that fails.
function Channel:ptz_stop() end

---Turns the head to a preset, by number or name.
---It waits for the device, and raises a hik.Error if that fails.
---@param preset integer|string
---@param options? hik.PresetOptions
function Channel:preset(preset, options) end

---Turns the head to a preset, by number or name.
---The same as preset.
---It waits for the device, and raises a hik.Error if that fails.
---@param preset integer|string
---@param options? hik.PresetOptions
function Channel:ptz_preset(preset, options) end

---The presets that are set; pan, tilt, zoom where the device tells.
---It waits for the device, and raises a hik.Error if that fails.
---@param options? hik.PresetsOptions
---@return hik.PresetItem[]
function Channel:presets(options) end

---Stores where the head looks as a preset.
---It waits for the device, and raises a hik.Error if that fails.
---@param id integer
---@param name string
function Channel:set_preset(id, name) end

---Forgets a preset, by number or name.
---It waits for the device, and raises a hik.Error if that fails.
---@param preset integer|string
function Channel:delete_preset(preset) end

---Moves the head by so much; kind unsupported on a head that does not tell its position.
---It waits for the device, and raises a hik.Error if that fails.
---@param options? hik.PtzRelativeOptions
function Channel:ptz_relative(options) end

---Moves the head there; an axis that is left out stays.
---It waits for the device, and raises a hik.Error if that fails.
---@param options? hik.PtzAbsoluteOptions
function Channel:ptz_absolute(options) end

---Where the head looks: degrees 0-360, degrees with up positive, zoom factor.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.PtzStatusResult
function Channel:ptz_status() end

---Turns the head to its home position.
---It waits for the device, and raises a hik.Error if that fails.
function Channel:ptz_home() end

---Makes home of where the head looks.
---It waits for the device, and raises a hik.Error if that fails.
function Channel:set_home() end

---What this head can do; pan, tilt and zoom are {min, max}, special lists the presets that are functions of the device.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.PtzCapabilitiesResult
function Channel:ptz_capabilities() end

---The patrols that the device itself keeps; steps are {preset, speed, dwell}.
---It waits for the device, and raises a hik.Error if that fails.
---@return hik.PatrolItem[]
function Channel:patrols() end

---Starts a patrol of the device; it goes on until patrol_stop or another command for the head.
---It waits for the device, and raises a hik.Error if that fails.
---@param id integer
function Channel:patrol_start(id) end

---Stops a patrol of the device.
---It waits for the device, and raises a hik.Error if that fails.
---@param id integer
function Channel:patrol_stop(id) end

---Holds a patrol of the device where it is.
---It waits for the device, and raises a hik.Error if that fails.
---@param id integer
function Channel:patrol_pause(id) end

---Calls fn with the channel while the head is this task's alone; others wait.
---It waits for the device, and raises a hik.Error if that fails.
---@param options? hik.ExclusiveOptions
---@param fn fun(ch: hik.Channel): any
---@return any ...
---@overload fun(self: hik.Channel, fn: (fun(ch: hik.Channel): any)): any
function Channel:exclusive(options, fn) end

---Switches the head's "light" or "wiper".
---It waits for the device, and raises a hik.Error if that fails.
---@param what "light"|"wiper"
---@param on boolean
function Channel:aux(what, on) end

---@class hik.Snapshot
---@field content_type string "image/jpeg"
---@field base64 string the picture as base64
---@field bytes string the picture's bytes
---@field size number how many bytes
---@field width number? pixels
---@field height number? pixels
---@field time number when it was taken, as hik.now() has it
local Snapshot = {}

---Writes the picture to a file below the site's data folder, whole or not at all, and returns the file's full path.
---@param path string
---@return string
function Snapshot:save(path) end

---Files the picture in the site's archive, under archive.layout of site.yaml, and returns the file's path; from then on .bytes reads the file.
---@param options? hik.ArchiveOptions
---@return string
function Snapshot:archive(options) end

---@class hik.Job
---@field name string its name
local Job = {}

---When it runs next, as hik.now() has it; nil if never.
---@return number?
function Job:next() end

---Starts a run now, beside its times.
function Job:run() end

---Removes the job; a run that is under way goes on.
function Job:stop() end

---@class hik.Task
---@field name string its name in the log
---@field done boolean whether it has ended
local Task = {}

---Waits for its end; raises the error that ended it.
---@return any ...
function Task:wait() end

---Ends it at its next wait.
function Task:cancel() end

return hik
