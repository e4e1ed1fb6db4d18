package rehearsal

import (
	"testing"
	"time"
)

func TestFindingsOfLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("hours of sites in virtual time, which has no races")
	}
	const recorder = `
devices:
  nvr: {simulate: nvr, channels: {ramp: {address: 1}, till: {address: 2}}}
`
	for name, c := range map[string]findingCase{
		"more than a recorder bears": {
			yaml: recorder,
			scripts: map[string]string{"a": `local nvr = hik.device("nvr")
hik.cron("0 14 * * *", {name = "burst"}, function() for n = 1, 150 do nvr:info() end end)
hik.cron("5 14 * * *", {name = "many"}, function() for n = 1, 100 do nvr:info() end end)`},
			span: 4 * time.Hour,
			want: []string{
				`01-14 14:00:00 too_many_commands :0 nvr: 150 commands in a minute, most of them by a/burst: a recorder should not be asked more than 120 times`,
			},
			remedy: "ask less often, spread the jobs (jitter, or other minutes), or set max_rate of the device in site.yaml",
		},
		"more than a recorder bears, in the last minute": {
			yaml:    recorder,
			scripts: map[string]string{"a": `hik.at("14:59", {name = "burst"}, function() for n = 1, 150 do hik.device("nvr"):info() end end)`},
			span:    2 * time.Hour,
			want: []string{
				`01-14 14:59:00 too_many_commands :0 nvr: 150 commands in a minute, most of them by a/burst: a recorder should not be asked more than 120 times`,
			},
			remedy: "ask less often, spread the jobs (jitter, or other minutes), or set max_rate of the device in site.yaml",
		},
		"max_rate says what it bears": {
			yaml: `
devices:
  nvr: {simulate: nvr, max_rate: 20, channels: {ramp: {address: 1}, till: {address: 2}}}
`,
			scripts: map[string]string{"a": `hik.cron("0 14 * * *", function() for n = 1, 150 do hik.device("nvr"):info() end end)`},
			span:    4 * time.Hour,
		},
		"a queue that grows": {
			scripts: map[string]string{"a": `local gate = hik.device("gate")
hik.cron("0 14 * * *", {name = "all"}, function()
  local list = {}
  for n = 1, 100 do list[n] = n end
  hik.parallel(list, function() gate:info() end)
end)`},
			latency: 200 * time.Millisecond,
			span:    4 * time.Hour,
			want: []string{
				`01-14 14:00:00 long_queue :0 50 times gate: a command waited 20s for its turn: info by a/all`,
			},
			remedy: "ask less often, spread the jobs (jitter, or other minutes), or raise concurrency of the device in site.yaml if it can do more at once",
		},
		"max_size bites": {
			yaml:    oneHead + "archive: {keep: 30d, max_size: 1GB}\n",
			scripts: map[string]string{"a": `hik.every("10m", function() hik.snapshot("gate"):archive() end)`},
			span:    24 * time.Hour,
			want: []string{
				`01-14 13:00:00 archive_limit :0: at about 57MB a day the archive has max_size (1GB) on Sun 2026-02-01: from then on the oldest pictures go before their time`,
			},
			remedy: "set max_size to 1.7GB, which is all that the archive will ever have, or keep or thinning to less, or take fewer or smaller pictures (stream = \"sub\")",
		},
		"max_size does not bite": {
			yaml: oneHead + "archive: {thinning: [all 7d, hourly 30d, daily 1y], labels: {alarm: 1y}, max_size: 1GB}\n",
			scripts: map[string]string{"a": `hik.every("10m", function() hik.snapshot("gate"):archive() end)
hik.at("14:00", function() hik.snapshot("gate", {stream = "sub"}):archive{label = "alarm"} end)`},
			span: 24 * time.Hour,
		},
		"nothing bounds the archive": {
			yaml:    oneHead + "archive: {min_free: 1GB}\n",
			scripts: map[string]string{"a": `hik.every("1m", function() hik.snapshot("gate"):archive() end)`},
			span:    24 * time.Hour,
			want: []string{
				`01-14 13:00:00 archive_limit :0: the archive grows by about 580MB a day, and nothing bounds it`,
			},
			remedy: "set keep, thinning or max_size below archive: in site.yaml",
		},
		"a camera bears more": {
			scripts: map[string]string{"a": `hik.cron("0 14 * * *", function() for n = 1, 150 do hik.device("gate"):info() end end)`},
			span:    4 * time.Hour,
		},
	} {
		t.Run(name, c.test)
	}
}
