// Package luatest runs the tests of a site: files tests/*_test.lua, whose tests
// each get a host of their own with the scripts of the site, in virtual time,
// against simulated devices. Nothing leaves the machine, and nothing in the
// site's folder is touched.
package luatest
