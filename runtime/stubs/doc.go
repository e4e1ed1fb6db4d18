// Package stubs makes the files that editors read beside a site: the stubs of
// the hik module and its library, and one with the names of this very site, so
// that a wrong device is underlined while it is typed. They are written for
// lua-language-server, whose settings are .luarc.json. The JSON Schema of
// site.yaml beside them is for yaml-language-server.
package stubs
