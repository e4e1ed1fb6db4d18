package main

import (
	"fmt"
	"html"
	"os"
	"strings"
	"testing"
)

// demoDrawing draws docs/demo.svg, the README's picture: what the demo says in
// virtual time, without its middle. With -update it is drawn anew.
func demoDrawing(t *testing.T, s *session, file string) {
	drawn := drawTerminal("hiklua demo", demoLines(s.out.String()))
	if *update {
		if err := os.WriteFile(file, []byte(drawn), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if drawn != read(t, file) {
		t.Error("docs/demo.svg is not what the demo says: go test ./cmd/hiklua -run TestDemo/drawing -update")
	}
}

// demoLines leaves out where the devices are, and what repeats itself.
func demoLines(text string) []string {
	_, text, _ = strings.Cut(text, "\n\n")
	all := strings.Split(text, "\n")
	for i, line := range all {
		if strings.Contains(line, " simulated ") {
			all[i] = strings.TrimRight(strings.TrimSuffix(line, "in memory"), " ")
		}
	}
	var lines []string
	before := func(piece string) {
		for len(all) > 0 && !strings.Contains(all[0], piece) {
			lines, all = append(lines, all[0]), all[1:]
		}
	}
	skip := func(piece string) {
		for len(all) > 0 && !strings.Contains(all[0], piece) {
			all = all[1:]
		}
		lines = append(lines, "...")
	}
	before("archive  nvr/ramp")
	skip("saves scripts/patrol.lua")
	before("sweep    nvr/yard -> ")
	skip("are over")
	before("patrol.lua was edited")
	return lines
}

// drawTerminal is an SVG of a terminal that shows a command and its lines.
func drawTerminal(command string, lines []string) string {
	const rowHeight, columnWidth, margin = 17, 7.8, 14
	width := 0
	for _, line := range lines {
		width = max(width, len([]rune(line)))
	}
	w, h := float64(width)*columnWidth+2*margin, rowHeight*(len(lines)+2)+2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%d" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="13">`+"\n", w, h)
	fmt.Fprintf(&b, `<rect width="%.0f" height="%d" rx="8" fill="#14181d"/>`+"\n", w, h)
	row := func(i int, text, colour string) {
		if text != "" {
			fmt.Fprintf(&b, `<text x="%d" y="%d" fill="%s" xml:space="preserve">%s</text>`+"\n", margin, margin+rowHeight*(i+1)-4, colour, html.EscapeString(text))
		}
	}
	row(0, "$ "+command, "#ffffff")
	for i, line := range lines {
		colour := "#c9d1d9"
		switch {
		case line == "..." || strings.Contains(line, "simulated"):
			colour = "#8b949e"
		case strings.Contains(line, "demo     "):
			colour = "#ffb454"
		case strings.Contains(line, " -> "):
			colour = "#7ee787"
		}
		row(i+2, line, colour)
	}
	b.WriteString("</svg>\n")
	return b.String()
}
