---@meta
-- Types that the hik module uses. hik.lua beside it has the functions.

---A length of time: a number of seconds, or text such as "90s", "1m30s", "2h", "500ms", "1d".
---@alias hik.Duration number|string

---What went wrong with a command. pcall gives it, error raises it again, and
---tostring makes one readable line of it.
---@class hik.Error
---@field kind "unauthorized"|"locked"|"forbidden"|"not_found"|"unsupported"|"busy"|"offline"|"timeout"|"bad_answer"|"misuse"|"device"|"cancelled"|string
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
---@class hik.Firing
---@field name string of the job
---@field scheduled number when it was due
---@field started number when it began
---@field late number seconds from one to the other
