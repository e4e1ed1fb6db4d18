---@meta
-- Types that the hik module uses. hik.lua beside it has the functions.

---A length of time: a number of seconds, or text such as "90s", "1m30s", "2h", "500ms", "1d".
---@alias hik.Duration number|string

---What an option would be that there is not: its name is misspelt, or it is of another function.
---@class (exact) hik.UnknownOption

---What went wrong with a command. pcall gives it, error raises it again, and
---tostring makes one readable line of it.
---@class (exact) hik.Error
---@field kind "unauthorized"|"locked"|"forbidden"|"not_found"|"unsupported"|"busy"|"offline"|"timeout"|"bad_answer"|"misuse"|"device"|"elsewhere"|"cancelled"|string
---@field message string one line, without place and hint
---@field hint? string what to do about it
---@field device? string name of the device
---@field channel? integer
---@field status? integer HTTP status
---@field sub_status? string the device's own word, such as "lowPrivilege"
---@field retryable boolean the same may work later without anybody's doing
---@field file? string where it happened
---@field line? integer
---@field traceback? string

---What a job's function is told about its run. Times are as hik.now() has them.
---@class (exact) hik.Firing
---@field name string of the job
---@field scheduled number when it was due
---@field started number when it began
---@field late number seconds from one to the other

---Something that a device noticed, or that became of the device itself.
---@class (exact) hik.Event
---@field type hik.EventWord|string the word, or the device's own where there is none
---@field native string the device's own eventType; "" if hiklua noticed it
---@field state "start"|"stop"
---@field device string name of the device
---@field channel? integer
---@field time number when it was noticed, as hik.now() has it
---@field port? integer alarm input
---@field target? string "human", "vehicle"
---@field region? integer of the rule that fired
---@field image? hik.Snapshot the picture that came with it
---@field raw string what the device sent
---@field label? string of the pictures that a gap is in
---@field reason? string of a gap: why pictures are missing
---@field host? string of held: the host that drives the device now, this one
---@field from? string of held: the host that drove it before
---@field since? number of held, and of stale over a takeover: until when that host did, as hik.now() has it
---@field till? number of these: when this one began to

---The words of events. An event that has none goes by the device's own type: ch:on("someType" --[[@as hik.EventWord]], ...).
---@alias hik.EventWord "audio"|"face"|"intrusion"|"io"|"line_crossing"|"login_failed"|"motion"|"region_enter"|"region_exit"|"scene_change"|"storage_error"|"storage_full"|"tamper"|"video_loss"|"online"|"offline"|"locked"|"unauthorized"|"stale"|"held"|"lost"|"moved"|"gap"|"frozen"|"dark"|"blurred"|"any"

---The answer of a web server.
---@class (exact) hik.Response
---@field status integer 200 and so on; an error status is an answer too
---@field headers table<string, string> found in any spelling of the name
---@field body string
---@field json any the value of body, where its type says JSON and it is

---A file or folder of hik.file.list.
---@class (exact) hik.File
---@field name string without the folder
---@field size integer bytes; 0 for a folder
---@field time number when it was last changed, as hik.now() has it
---@field dir boolean true for a folder

---A picture of the archive.
---@class (exact) hik.Picture
---@field path string its file
---@field device string
---@field channel integer
---@field name? string of the channel in site.yaml
---@field label? string
---@field event? string type of the event for which it was taken
---@field time number when it was taken, as hik.now() has it
---@field device_time? number by the device's clock
---@field head? {pan: number, tilt: number, zoom: number, preset: string?} where the head looked
---@field size integer bytes
---@field width? integer pixels
---@field height? integer
---@field sha256 string of the file

---An element for hik.xml.encode: its name, its content (text, or elements in a list), its attributes.
---@class hik.Element
---@field [1] string
---@field [2]? string|number|boolean|hik.Element[]
---@field [3]? table<string, string|number|boolean>

---A table that outlives reload and restart. Strings, numbers, booleans and tables of them; what is assigned is copied.
---@class hik.State
---@field [string] any
---@field [integer] any
---@operator call: table
---@operator len: integer
