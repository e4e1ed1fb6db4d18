package site

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: whatever the file holds, there is a site or one line for each
// problem with a place inside the file, and never a panic.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/bad/*.yaml", "testdata/good/*.yaml"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if data, err := os.ReadFile(file); err == nil {
				f.Add(data)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parse(data, &reader{file: FileName, dir: "nowhere", env: testEnv})
		if (s == nil) == (err == nil) {
			t.Fatalf("site %v, error %v", s, err)
		}
		if err == nil {
			return
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + strings.Count(string(data), "\u0085") +
			strings.Count(string(data), "\u2028") + strings.Count(string(data), "\u2029") + 1
		for _, p := range err.(Problems) {
			if strings.ContainsAny(p.String(), "\n\r") || p.Message == "" {
				t.Errorf("not one line: %q", p.String())
			}
			if p.Line < 0 || p.Line > lines {
				t.Errorf("%q in a file of %d lines", p.String(), lines)
			}
		}
	})
}
