package runtime

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const randomly = `
	local tour = require "hik.tour"
	hik.at("12:10", {name = "night"}, function()
		tour.run(hik.device("gate"):channel("yard"), {{preset = 1}, {preset = 2}, {preset = 3}, {preset = 4}, {preset = 5}}, {rounds = 8, dwell = "10s", order = "random"})
	end)`

// wantRounds says that presets are visited in rounds that have each of 1 to 5 once, and none twice in a row.
func wantRounds(t *testing.T, visited []string) {
	t.Helper()
	if len(visited) != 40 {
		t.Fatalf("%d visits: %s", len(visited), visited)
	}
	orders := make(map[string]bool)
	for round := range slices.Chunk(visited, 5) {
		orders[strings.Join(round, " ")] = true
		if sorted := slices.Sorted(slices.Values(round)); strings.Join(sorted, " ") != "1 2 3 4 5" {
			t.Errorf("a round is %s", round)
		}
	}
	if len(orders) < 4 {
		t.Errorf("the rounds are much the same: %v", visited)
	}
	if len(slices.Compact(slices.Clone(visited))) != len(visited) {
		t.Errorf("one is visited twice in a row: %s", visited)
	}
}

// In random order each round has each stop once, and none comes twice in a row; the seed of the host decides.
func TestTourInRandomOrder(t *testing.T) {
	tours := make(map[uint64]string)
	for _, seed := range []uint64{1, 1, 2} {
		w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": randomly})
		w.host.conf.Seed = seed
		w.start()
		w.run(time.Hour)
		wantRounds(t, strings.Fields(w.visited()))
		if tours[seed] != "" && tours[seed] != w.visited() {
			t.Errorf("seed %d: %s and %s", seed, tours[seed], w.visited())
		}
		tours[seed] = w.visited()
	}
	if tours[1] == tours[2] {
		t.Error("another seed gives the same order: ", tours[1])
	}
}

// Over a save and a restart the round goes on that was cut off.
func TestTourInRandomOrderGoesOn(t *testing.T) {
	w := newKeeper(t, oneHead, map[string]string{"scripts/a.lua": randomly})
	w.start()
	w.run(11*time.Minute + 20*time.Second)
	before := strings.Fields(w.visited())
	w.write("scripts/a.lua", randomly+" -- saved")
	w.sync()
	w.run(15 * time.Second)
	second := strings.Fields(w.visited())[len(before):]
	n := w.next(time.Minute, nil)
	n.host.conf.Seed = 7
	n.start()
	n.run(time.Hour)
	third := strings.Fields(n.visited())
	if len(before) == 0 || len(second) == 0 || before[len(before)-1] != second[0] || second[len(second)-1] != third[0] {
		t.Fatal(before, second, third)
	}
	wantRounds(t, slices.Concat(before, second[1:], third[1:]))
}

// A stop whose preset is missing takes no part; a preset that is there under two stops does not come twice in a row.
func TestTourInRandomOrderOfPresetsThatAreMissing(t *testing.T) {
	w := newWorld(t, oneHead, map[string]string{"scripts/a.lua": `
		local tour = require "hik.tour"
		local yard = hik.device("gate"):channel("yard")
		hik.spawn(function()
			yard:set_preset(2, "porch")
			tour.run(yard, {{preset = "porch"}, {preset = 250}, {preset = 2}, {preset = 3}, {preset = 4}}, {rounds = 20, dwell = 1, order = "random"})
			tour.run(yard, {{preset = 5}}, {rounds = 2, dwell = 1, order = "random"})
		end)`})
	w.start()
	w.run(time.Hour)
	got := strings.Fields(w.visited())
	if len(got) != 82 || got[80] != "5" || len(slices.Compact(slices.Clone(got))) != 81 {
		t.Error(got)
	}
}
