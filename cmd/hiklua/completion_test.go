package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/hiklua/hiklua/runtime/happening"
	"github.com/hiklua/hiklua/scripts"
)

// TestCompletion asks as a shell does: with the words of the line, the last one
// as far as it is typed.
func TestCompletion(t *testing.T) {
	t.Chdir(t.TempDir())
	files := map[string]string{
		"site.yaml":       journalSite + "archive: {labels: {alarm: 1y}, schedules: [{channels: [\"gate/yard\"], every: 1h, label: routine}]}\n",
		"scripts/a.lua":   `hik.every(60, {name = "night tour"}, function() end) hik.on("gate:motion", {name = "alarm"}, print) hik.cron("@daily", {name = "keep"}, print)`,
		"scripts/b.lua":   `hik.cron("@daily", {name = "keep"}, print)`,
		"scripts/bad.lua": `hik.evry(1)`,
	}
	write(t, ".", files)
	for name, text := range files {
		write(t, ".", map[string]string{"other/" + name: strings.ReplaceAll(text, "gate", "pier")})
	}
	write(t, ".", map[string]string{"many/site.yaml": clusterSite})
	const noFiles, dirs = ":4", ":16"
	for line, want := range map[string]string{
		"sim --model ":                "dvr ipc nvr ptz " + noFiles,
		"sim --fault ":                "busy clock-wrong cut html late locked offline reset slow stream-silent wrong-password " + noFiles,
		"run --log-level ":            "debug error info warn " + noFiles,
		"--log-format ":               "json text " + noFiles,
		"job ":                        "run " + noFiles,
		"job run ":                    "a/keep alarm b/keep night tour " + noFiles,
		"job run keep ":               dirs,
		"script hold ":                "a b bad " + noFiles,
		"script release a ":           dirs,
		"doctor ":                     "gate nvr " + noFiles,
		"doctor gate ":                "nvr " + noFiles,
		"doctor other ":               "nvr pier " + noFiles,
		"journal --device ":           "gate nvr " + noFiles,
		"journal other --device ":     "nvr pier " + noFiles,
		"journal --script ":           "a b bad " + noFiles,
		"events --device ":            "gate nvr " + noFiles,
		"emit ":                       "gate gate/yard nvr " + noFiles,
		"emit other ":                 "nvr pier pier/yard " + noFiles,
		"emit gate ":                  strings.Join(slices.Sorted(slices.Values(happening.Words())), " ") + " " + noFiles,
		"emit gate motion ":           noFiles,
		"log --script ":               "a b bad " + noFiles,
		"log --device ":               "gate nvr " + noFiles,
		"status ":                     dirs,
		"status other ":               noFiles,
		"exec --site ":                dirs,
		"repl --device ":              noFiles,
		"login ":                      "gate nvr " + noFiles,
		"demo --dir ":                 dirs,
		"archive list ":               "gate gate/yard nvr " + noFiles,
		"archive export gate ":        "gate/yard nvr " + noFiles,
		"archive list other ":         "nvr pier pier/yard " + noFiles,
		"archive list --label ":       "alarm routine " + noFiles,
		"archive list other --label ": "alarm routine " + noFiles,
		"archive verify ":             dirs,
		"lib list ":                   dirs,
		"cluster ":                    "init leave move release status " + noFiles,
		"cluster status ":             dirs,
		"cluster move ":               "site " + noFiles,
		"cluster move site ":          noFiles,
		"cluster move site left ":     dirs,
		"cluster leave ":              noFiles,
		"run many --cluster ":         "left right " + noFiles,
		"witness ":                    noFiles,
		"witness box ":                dirs,
		"lib show ":                   strings.Join(scripts.Names(), " ") + " " + noFiles,
		"lib show hik.tour ":          dirs,
	} {
		s := newSession(t)
		words := strings.Split(line, " ")
		if status := s.run(context.Background(), append([]string{"__complete"}, words...)...); status != statusOK {
			t.Errorf("%s: status %d %s", line, status, s.err.String())
		}
		got := strings.Split(strings.TrimSpace(s.out.String()), "\n")
		for i := range got {
			got[i], _, _ = strings.Cut(got[i], "\t")
		}
		last := got[len(got)-1]
		got = got[:len(got)-1]
		slices.Sort(got)
		if text := strings.Join(append(got, last), " "); text != want {
			t.Errorf("%s: %s, want %s", line, text, want)
		}
	}
}
