package luaapi

import lua "github.com/yuin/gopher-lua"

// entry is one name that scripts see: a function, a method or a field. The
// tables of entries are the only place where names, arguments and options
// stand; Open and API are both made of them.
type entry struct {
	name    string
	aliases []string
	args    string // as the documentation writes them: "duration, fn"
	options []Option
	result  string
	doc     string
	fn      func(*call) int                                     // a function or a method
	get     func(m *module, L *lua.LState, self any) lua.LValue // a field
	command *command                                            // fn is made for a command
}

// Entry is one name of the API, for tools.
type Entry struct {
	// Owner is what the name belongs to: "hik", a library such as "hik.log",
	// or an object: "device", "channel", "snapshot", "job", "task".
	Owner string
	Name  string
	// Kind is "function", "method", "field", or "library" for hik.log and its
	// like, whose names are listed under their own Owner.
	Kind string
	// AliasOf is the entry's first name if Name is another one for it.
	AliasOf string
	// Args are the arguments as the documentation writes them.
	Args string
	// Options are the keys that the table of options may have.
	Options []Option
	Result  string
	Doc     string
	// Command reports whether it asks a device, so that a script that is
	// loading may not call it.
	Command bool
	// NeedsChannel reports whether a command wants a channel.
	NeedsChannel bool
	// NeedsHead reports whether a command is one for the head of a channel, which
	// a fixed camera refuses.
	NeedsHead bool
}

// API lists everything that the hik module offers: hik first, then its
// libraries and objects, each in the order of the documentation.
func API() []Entry {
	var list []Entry
	for _, o := range owners() {
		for _, e := range o.entries {
			item := Entry{Owner: o.name, Name: e.name, Kind: "function", Args: e.args, Options: e.options, Result: e.result, Doc: e.doc}
			switch {
			case e.get != nil && o.library(e.name):
				item.Kind = "library"
			case e.get != nil:
				item.Kind = "field"
			case o.object:
				item.Kind = "method"
			}
			if e.command != nil {
				item.Command, item.NeedsChannel, item.NeedsHead = !e.command.quiet, e.command.channel, e.command.head
			}
			list = append(list, item)
			for _, alias := range e.aliases {
				other := item
				other.Name, other.AliasOf = alias, e.name
				list = append(list, other)
			}
		}
	}
	return list
}

// owner is the module, a library of it, or a kind of object.
type owner struct {
	name    string
	object  bool
	entries []entry
}

// library reports whether name is a library of this owner.
func (o owner) library(name string) bool {
	for _, other := range libraries() {
		if other.name == o.name+"."+name {
			return true
		}
	}
	return false
}

// libraries are the tables inside hik.
func libraries() []owner {
	return []owner{
		{name: "hik.log", entries: logEntries},
		{name: "hik.json", entries: jsonEntries},
		{name: "hik.xml", entries: xmlEntries},
		{name: "hik.base64", entries: base64Entries},
		{name: "hik.http", entries: httpEntries},
		{name: "hik.mqtt", entries: mqttEntries},
		{name: "hik.file", entries: fileEntries},
		{name: "hik.archive", entries: archiveEntries},
		{name: "hik.test", entries: testEntries},
	}
}

func owners() []owner {
	list := []owner{{name: "hik", entries: hikEntries()}}
	list = append(list, libraries()...)
	return append(list,
		owner{name: "device", object: true, entries: deviceEntries()},
		owner{name: "channel", object: true, entries: channelEntries()},
		owner{name: "snapshot", object: true, entries: snapshotMethods},
		owner{name: "job", object: true, entries: jobMethods},
		owner{name: "task", object: true, entries: taskMethods},
	)
}

func hikEntries() []entry {
	var list []entry
	list = append(list, deviceFunctions...)
	for _, cmd := range commands() {
		list = append(list, cmd.entry(onHik))
	}
	list = append(list, jobFunctions...)
	list = append(list, eventFunctions...)
	list = append(list, taskFunctions...)
	list = append(list, timeFunctions...)
	list = append(list, sunFunctions...)
	list = append(list, inspectEntry, notifyEntry)
	for _, lib := range libraries() {
		list = append(list, libraryField(lib))
	}
	list = append(list, stateFields...)
	return append(list, scriptFields...)
}

func deviceEntries() []entry {
	list := append([]entry(nil), deviceFields...)
	list = append(list, deviceMethods...)
	list = append(list, eventMethods...)
	for _, cmd := range commands() {
		list = append(list, cmd.entry(onDevice))
	}
	return list
}

func channelEntries() []entry {
	list := append([]entry(nil), channelFields...)
	list = append(list, eventMethods...)
	for _, cmd := range commands() {
		if cmd.channel && cmd.name != streamURLName {
			list = append(list, cmd.entry(onChannel))
		}
	}
	return list
}

// commands are all commands of devices and channels, in the order of the
// documentation.
func commands() []*command {
	var list []*command
	for _, group := range [][]command{
		snapshotCommands, ptzCommands, presetCommands, positionCommands, patrolCommands,
		exclusiveCommands, streamCommands,
		channelsCommands, infoCommands, timeCommands, ioCommands, requestCommands,
	} {
		for i := range group {
			list = append(list, &group[i])
		}
	}
	return list
}
