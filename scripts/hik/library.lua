-- hik.library: what the functions of hiklua's own modules take. The modules
-- check their arguments by it, and so does "hiklua check".
--
-- A function is named as scripts call it. args are its arguments in their order,
-- each {name, kind}; the one of kind "options" may be left out, and takes what
-- options lists: {name =, kind =, default =, doc =}. An argument of kind "stops"
-- is a list of tables, each with what stops lists. Kinds are those of
-- hik.options; "a|b" is either. result is what the function gives, with the
-- fields of tables, for editors and the REPL.
--
-- words are those that a file name may have in braces, and options those of a
-- table.
local place = {"device", "channel", "date", "time"}
local stop = {"device", "channel", "date", "time", "preset"}
local snapshot = {
  name = "snapshot", kind = "picture", doc = "options for ch:snapshot, such as {stream = \"sub\"}",
  options = {
    {name = "stream", kind = "stream"}, {name = "width", kind = "pixels"}, {name = "height", kind = "pixels"}, {name = "quality", kind = "percent"},
  },
}

return {
  ["hik.tour"] = {
    run = {
      args = {{"channel", "channel"}, {"stops", "stops"}, {"options", "options"}},
      result = "{rounds, stops, snapshots, errors, yielded}",
      stops = {
        {name = "preset", kind = "preset", needed = true, doc = "number or name"},
        {name = "dwell", kind = "duration", doc = "how long to stay there once the head has arrived"},
        {name = "snapshot", kind = "boolean|file|function", words = stop, doc = "true: save a picture; a string: its file name below data/, with the words {device} {channel} {date} {time} {preset}; a function: it gets the snapshot and the stop"},
      },
      options = {
        {name = "till", kind = "moment", doc = "when to end, as for hik.at: \"06:00\", \"sunrise\", a date and time; it counts from when the run was due"},
        {name = "rounds", kind = "count", doc = "how many rounds; without it and without till the tour goes on until its task is ended"},
        {name = "dwell", kind = "duration", default = "10s", doc = "for stops that have none of their own"},
        {name = "order", kind = "order", default = "listed", doc = "\"listed\", or \"random\": each round has its own, with each stop once and never the same twice in a row"},
        {name = "moves_per_hour", kind = "count", doc = "how often the head may be sent to a preset in any hour, to spare its motors: when that is used up the tour waits where it is and says so once. It counts over a save and a restart"},
        {name = "home", kind = "preset", doc = "the preset to go to at the end, whatever ends the tour but a save and the end of the host, after which it goes on"},
        {name = "yield", kind = "duration|false", default = "30s", doc = "how long the head must have rested after somebody moved it by hand before the tour goes on; false: go on regardless. It needs a head that tells its position, and is left out on others"},
        {name = "hold_on", kind = "events", doc = "an event or a list of them, such as \"motion\": while one of the channel goes on, the head stays at its stop"},
        {name = "hold_for", kind = "duration", default = "30s", doc = "how long it stays there after such an event has ended"},
        {name = "on_error", kind = "function", doc = "function(err, stop), in the place of lines in the log"},
      },
    },
  },
  ["hik.sweep"] = {
    run = {
      args = {{"channel", "channel"}, {"presets", "presets"}, {"options", "options"}},
      result = "list of {preset, snapshot, path, error}",
      options = {
        {name = "settle", kind = "duration", default = "1s", doc = "how long to wait after the head has arrived, for focus and exposure"},
        {name = "save", kind = "boolean|file", words = stop, default = false, doc = "true, or a file name below data/ with the words {device} {channel} {date} {time} {preset}"},
        {name = "home", kind = "preset", doc = "the preset to go to afterwards"},
        snapshot,
      },
    },
  },
  ["hik.timelapse"] = {
    start = {
      args = {{"channel", "channel"}, {"interval", "duration"}, {"options", "options"}},
      result = "job",
      options = {
        {name = "label", kind = "text", doc = "of the pictures in the archive, as for snapshot:archive"},
        {name = "file", kind = "file", words = place, doc = "in the place of the archive: a file name below data/ with the words {device} {channel} {date} {time}"},
        {name = "name", kind = "text", doc = "of the job; \"timelapse DEVICE/CHANNEL\" without it"},
        {name = "between", kind = "between", doc = "at these times only, as for hik.every"},
        {name = "days", kind = "days", doc = "on these days only, as for hik.every"},
        {name = "timezone", kind = "timezone", doc = "IANA name, if not the site's"},
        {name = "preset", kind = "preset", doc = "the preset to go to before each picture"},
        snapshot,
        {name = "tries", kind = "count", default = 3, doc = "how often a picture is tried, seconds apart, before it is given up with an error in the log"},
      },
    },
  },
  ["hik.retry"] = {
    [""] = { -- the module is the function
      args = {{"function", "function"}, {"options", "options"}},
      result = "what fn returns",
      options = {
        {name = "times", kind = "count", default = 3, doc = "tries in all"},
        {name = "pause", kind = "duration", default = "1s", doc = "before the second try; each later pause is twice the one before"},
        {name = "all", kind = "boolean", default = false, doc = "true: also after errors that will not pass by themselves"},
      },
    },
  },
}
