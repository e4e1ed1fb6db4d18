package site

import (
	"encoding/pem"
	"errors"
	"flag"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/bad/*.want from what Load says")

// marker is the password in every test file; no message may hold it.
const marker = "hunter2"

func testEnv(name string) (string, bool) {
	value, set := map[string]string{
		"GATE_PASSWORD": marker, "EMPTY": "", "PORT": "8000", "CITY": "Europe/Paris", "SCHEME": marker, "TZ": "Europe/Berlin",
		"FROM_WINDOWS": marker + "\r", "TABBED": marker + "\t",
	}[name]
	return value, set
}

// siteOf writes a folder with that site.yaml and the password files it may name.
func siteOf(t *testing.T, yaml []byte) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]struct {
		text string
		mode os.FileMode
	}{
		FileName: {string(yaml), 0o600}, "good": {marker + "\n", 0o600}, "open": {marker, 0o644}, "group": {marker, 0o640},
		"nothing": {"\n", 0o600}, "pem": {pemText("CERTIFICATE") + pemText("PRIVATE KEY"), 0o600}, "two": {marker + "\n" + marker, 0o600}, "huge": {strings.Repeat(marker, 1000), 0o600},
	}
	for name, f := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(f.text), f.mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, f.mode); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func pemText(kind string) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte("bytes")}))
}

func TestBadFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files in testdata/bad", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			if goruntime.GOOS == "windows" && strings.HasSuffix(file, "_open.yaml") {
				t.Skip("files have no modes here")
			}
			yaml, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Load(siteOf(t, yaml), testEnv)
			if err == nil {
				t.Fatalf("no error; the site is %+v", s)
			}
			if _, ok := errors.AsType[Problems](err); !ok || s != nil {
				t.Errorf("error is %T, site is %v", err, s)
			}
			got := err.Error() + "\n"
			if strings.Contains(got, marker) {
				t.Errorf("shows the password:\n%s", got)
			}
			wantFile := strings.TrimSuffix(file, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(wantFile, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(wantFile)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got:\n%swant:\n%s", got, want)
			}
		})
	}
}

func TestGoodFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/good/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no files in testdata/good", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			yaml, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := siteOf(t, yaml)
			first, err := Load(dir, testEnv)
			if err != nil {
				t.Fatal(err)
			}
			second, err := Load(dir, testEnv)
			if err != nil {
				t.Fatal(err)
			}
			if changes := Compare(first, second); !changes.Empty() {
				t.Errorf("read twice, it differs: %+v", changes)
			}
		})
	}
}

func TestMissingFolderAndFile(t *testing.T) {
	empty := t.TempDir()
	yml := t.TempDir()
	if err := os.WriteFile(filepath.Join(yml, "site.yml"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	large := t.TempDir()
	if err := os.WriteFile(filepath.Join(large, FileName), make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ dir, want string }{
		{empty, `no site.yaml in ` + empty + `: run "hiklua init ` + empty + `"`},
		{yml, `no site.yaml in ` + yml + `: rename site.yml to site.yaml`},
		{folder, `site.yaml: is not a regular file`},
		{large, `site.yaml: is larger than 1 MB; is it the right file?`},
	} {
		if _, err := Load(c.dir, testEnv); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
	if os.Getuid() == 0 || goruntime.GOOS == "windows" {
		t.Skip("root reads everything")
	}
	locked := siteOf(t, []byte("vars: {}"))
	if err := os.Chmod(filepath.Join(locked, FileName), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(locked, testEnv); err == nil || err.Error() != "site.yaml: the file cannot be read: permission denied" {
		t.Errorf("got %v", err)
	}
}

func TestWholeSite(t *testing.T) {
	yaml, err := os.ReadFile("testdata/good/full.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Load(siteOf(t, yaml), testEnv)
	if err != nil {
		t.Fatal(err)
	}
	if s.TimezoneName != "Europe/Berlin" || !s.TimezoneGiven || s.Timezone.String() != "Europe/Berlin" {
		t.Errorf("zone: %v %q %v", s.Timezone, s.TimezoneName, s.TimezoneGiven)
	}
	if *s.Location != (Place{52.52, 13.40}) {
		t.Errorf("place: %v", *s.Location)
	}
	if got := strings.Join(s.DeviceNames(), " "); got != "gate zoo nvr toy" {
		t.Errorf("devices: %s", got)
	}
	gate, _ := s.Device("gate")
	want := Device{
		Name: "gate", Host: "192.0.2.10", Username: "operator", Password: gate.Password, Port: 81, Scheme: "http",
		AuthMode: AuthAuto, StatusInterval: 30 * time.Second, Timeout: 5 * time.Second, Concurrency: 2, MaxRate: 2.5,
		PTZID: PTZIDStream, TLS: TLSPin,
		Channels: []Channel{
			{"yard", 1, StreamSub, "rtsp://u@192.0.2.10/Streaming/Channels/102"},
			{"Tor 2", 2, StreamMain, ""},
		},
	}
	if !gate.Equal(want) || gate.Password.Reveal() != marker {
		t.Errorf("gate:\n got %+v\nwant %+v", gate, want)
	}
	nvr, _ := s.Device("nvr")
	if nvr.Port != 443 || nvr.StatusInterval != time.Minute || nvr.Password.Reveal() != marker || nvr.Host != "fe80::1" ||
		nvr.Address() != "https://[fe80::1]:443" {
		t.Errorf("nvr: %+v", nvr)
	}
	if toy, _ := s.Device("toy"); toy.Simulate != ModelPTZ || toy.Host != "" || !toy.Password.IsZero() {
		t.Errorf("toy: %+v", toy)
	}
	a := s.Archive
	copyTo := CopyTo{
		Address: "s3://bucket?endpoint=http://127.0.0.1:9000&region=eu-central-1&prefix=site/a",
		Bucket:  "bucket", Endpoint: "http://127.0.0.1:9000", Region: "eu-central-1", Prefix: "site/a",
	}
	if a.MaxSize != 200e9 || a.MinFree != 5e9 || len(a.Thinning) != 3 || a.Thinning[2] != (Thin{ThinDaily, 365 * 24 * time.Hour}) ||
		a.Labels[0] != (LabelKeep{"alarm", 365 * 24 * time.Hour}) || len(a.Schedules) != 2 || a.Schedules[0].Every != 15*time.Minute ||
		a.Schedules[1].Between != "sunset-30m-sunrise+1h" || *a.CopyTo != copyTo ||
		a.CopyKeep != 90*24*time.Hour || a.CopyRate != 500e3 || !slices.Equal(a.Watch, []ArchiveWatch{WatchDark, WatchBlurred}) {
		t.Errorf("archive: %+v", a)
	}
	if s.Limits != (Limits{20 * time.Second, 2 * time.Second, time.Minute, 500, 1 << 30}) {
		t.Errorf("limits: %+v", s.Limits)
	}
	if s.Vars["night"] != "22:00" || s.Vars["dwell"] != "15s" || s.Vars["n"] != 3.0 || s.Vars["on"] != true || s.Vars["money"] != "$5 ${x}" {
		t.Errorf("vars: %v", s.Vars)
	}
	if nested := s.Vars["nested"].(map[string]any); nested["list"].([]any)[1] != "b" {
		t.Errorf("vars: %v", s.Vars)
	}
}

func TestSimulatedNeedsNoSecrets(t *testing.T) {
	none := func(string) (string, bool) { return "", false }
	dir := siteOf(t, []byte("devices:\n  gate: {ip: 192.0.2.1, username: \"${USER}\", password: \"${NOT_SET}\"}\n"+
		"  yard: {ip: 192.0.2.2, username: u, password_file: not/there}\n"))
	if _, err := Load(dir, none); err == nil {
		t.Error("Load does not miss the secrets")
	}
	s, err := LoadSimulated(dir, none)
	if err != nil || len(s.Devices) != 2 {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestMachineZone(t *testing.T) {
	s, err := Load(siteOf(t, []byte("vars: {a: 1}")), os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	if s.Timezone == nil || s.TimezoneName == "" || s.TimezoneGiven || s.Archive != nil || s.Location != nil {
		t.Errorf("got %+v", s)
	}
	if s.Limits != DefaultLimits() {
		t.Errorf("limits: %+v", s.Limits)
	}
}

// A password file that a Windows tool wrote, and an address with a zone.
func TestTextOfWindowsAndZones(t *testing.T) {
	dir := t.TempDir()
	wide := "\xff\xfe"
	for _, c := range "geheim-ü\r\n" {
		wide += string([]byte{byte(c), byte(c >> 8)})
	}
	for name, text := range map[string]string{
		"wide": wide, "marked": "\xef\xbb\xbfgeheim-ü\n",
		"site.yaml": "devices:\n  a: {ip: \"fe80::1%eth0\", username: u, password_file: wide}\n  b: {ip: \"[fe80::1%eth0]\", username: u, password_file: marked}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Load(dir, testEnv)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range s.Devices {
		if d.Host != "fe80::1%eth0" || d.Password.Reveal() != "geheim-ü" {
			t.Errorf("%s: host %q, password of %d bytes", d.Name, d.Host, len(d.Password.Reveal()))
		}
	}
}

// A simulated device makes up what it lacks of an account.
func TestSimulatedDeviceNeedsNoSecrets(t *testing.T) {
	dir := t.TempDir()
	yaml := "devices:\n  a:\n    ip: 192.0.2.1\n    username: ${NOT_SET}\n    password: ${NOT_SET}\n    simulate: ptz\n  b: {simulate: ipc, password_file: not-there}\n"
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(dir, testEnv)
	if err != nil || len(s.Devices) != 2 {
		t.Fatal(err)
	}
}
