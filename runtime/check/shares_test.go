package check_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/check"
	"github.com/hiklua/hiklua/runtime/site"
)

const twoShares = `-- site.yaml --
devices:
  gate: {simulate: ptz}
  yard: {simulate: ptz}
cluster: {hosts: {left: h1}, engine: "nats://h", shares: {west: [yard], east: ["*"]}}
-- scripts/all.lua --
hik.every("1h", function() for _, device in ipairs(hik.devices()) do print(device.name) end end)
-- scripts/archive.lua --
hik.every("1h", function() hik.archive.prune() print(#hik.archive.list{from = "1d"}) end)
-- scripts/broken.lua --
hik.every(
-- scripts/by_module.lua --
require("deep.cams")
-- scripts/gate.lua --
hik.on("gate/1:motion", print)
-- scripts/none.lua --
print("gate")
-- scripts/of_one.lua --
hik.every("1h", function() print(#hik.archive.list{device = "gate"}) end)
-- scripts/two.lua --
hik.on("gate:motion", print)
hik.on("yard:motion", print)
-- scripts/_off.lua --
hik.on("gate:motion", print)
-- lib/deep/cams/init.lua --
require "more"
-- lib/more.lua --
return {gate = hik.device("gate")}
`

// Where each script runs, from a folder that is not the site's.
func TestShares(t *testing.T) {
	dir := unpack(t, twoShares)
	s, err := site.Load(dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	s.Dir = t.TempDir()
	want := `all [west east] goes over all devices
archive [west east] goes over all devices
broken [west] names no device
by_module [east] names gate
gate [east] names gate
none [west] names no device
of_one [east] names gate
two [east] names gate
`
	var got strings.Builder
	for _, script := range check.Shares(dir, s) {
		fmt.Fprintln(&got, script.Script, script.Shares, script.Why)
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	s.Cluster.Shares = []site.Share{{Name: site.OneShare, Devices: s.DeviceNames()}}
	for _, script := range check.Shares(dir, s) {
		if fmt.Sprint(script.Shares) != "[site]" {
			t.Errorf("with one share %s runs in %v", script.Script, script.Shares)
		}
	}
}

// The report has the same, where there is more than one share.
func TestReportHasShares(t *testing.T) {
	if shares := check.Site(unpack(t, twoShares), noEnv, true).Shares; len(shares) != 8 || shares[0].Script != "all" {
		t.Errorf("%v", shares)
	}
	one := strings.Replace(twoShares, `, shares: {west: [yard], east: ["*"]}`, "", 1)
	if shares := check.Site(unpack(t, one), noEnv, true).Shares; shares != nil {
		t.Errorf("with one share: %v", shares)
	}
}
