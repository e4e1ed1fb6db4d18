local say = require "say"
say:set_namespace("de") say:set("hello", "Hallo %s")
say:set_namespace("en") say:set("bye", "Bye")
say:set_namespace("de")
print(say("hello", {"Welt"}), say("bye"), say("none"))
