package jpeg

import (
	"bytes"
	"encoding/json"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func newStamp() *Stamp {
	return &Stamp{
		Taken: time.Date(2026, 10, 25, 2, 30, 15, 123_456_000, time.FixedZone("", 2*3600)),
		Make:  "Maker", Model: "DS-1", Description: "gate channel 1 (Hof Süd), alarm",
		Properties: []Property{{"Device", "gate"}, {"Label", `<&"'> ünï` + "\n"}, {"Preset", strings.Repeat("ü", 2000)}},
	}
}

// image is what is in a picture behind the segments that come before its tables.
func imageData(t *testing.T, data []byte) []byte {
	t.Helper()
	var s scanner
	if _, err := s.feed(data); err != nil {
		t.Fatal(err)
	}
	return data[s.leadEnd:s.at]
}

func TestTheImageIsNotTouched(t *testing.T) {
	for name, data := range pictures(t) {
		for _, size := range []int{1, 50, 1 << 20} {
			got, w, err := through(data, size, newStamp())
			if err != nil {
				t.Fatal(name, err)
			}
			if !bytes.Equal(imageData(t, got), imageData(t, data)) {
				t.Errorf("%s: the image data differ", name)
			}
			if w.Info().Width != 96 {
				t.Errorf("%s: %+v", name, w.Info())
			}
			if !samePixels(decode(t, got), decode(t, data)) {
				t.Errorf("%s shows something else", name)
			}
			_, read, err := through(got, 10, nil)
			told := read.Properties()
			if err != nil || told["Device"] != "gate" || told["Label"] != `<&"'> ünï`+"\n" || len(told["Preset"]) != maxText {
				t.Errorf("%s tells %q, %v", name, told, err)
			}
		}
	}
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func samePixels(a, b image.Image) bool {
	if a.Bounds() != b.Bounds() {
		return false
	}
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			if a.At(x, y) != b.At(x, y) {
				return false
			}
		}
	}
	return true
}

// A picture of an archive that is archived again tells the new things, and does
// not grow.
func TestStampedTwice(t *testing.T) {
	for name, data := range pictures(t) {
		once, _, err := through(data, 100, &Stamp{Taken: time.Unix(1, 0), Make: "M", Description: "one", Properties: []Property{{"Label", "one"}}})
		if err != nil {
			t.Fatal(err)
		}
		twice, _, err := through(once, 100, &Stamp{Taken: time.Unix(2, 0), Make: "M", Description: "two", Properties: []Property{{"Label", "two"}}})
		if err != nil {
			t.Fatal(err)
		}
		if name != "camera.jpg" && len(twice) != len(once) {
			t.Errorf("%s: %d bytes, then %d", name, len(once), len(twice))
		}
		if _, w, _ := through(twice, 100, nil); w.Properties()["Label"] != "two" {
			t.Errorf("%s tells %q", name, w.Properties())
		}
	}
}

// What the camera says that nobody can read stays as it is.
func TestDamagedEXIFStays(t *testing.T) {
	good := pictures(t)["baseline.jpg"]
	for _, content := range []string{"", "II", "XX*\x00\x08\x00\x00\x00", "II*\x00\xff\xff\xff\xff", "II*\x00\x08\x00\x00\x00\xff\xff", "MM\x00*\x00\x00\x00\x00", "MM\x00*\x00\x00\x00\x08\x00\x01\x87\x69\x00\x04\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00"} {
		seg := segment{markAPP1, []byte(exifHeader + content)}.append(nil)
		data := bytes.Join([][]byte{good[:2], seg, good[2:]}, nil)
		got, _, err := through(data, 1000, newStamp())
		if err != nil || !bytes.Contains(got, seg) || bytes.Count(got, []byte(exifHeader)) != 1 {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// exiftool reads a picture as the world does.
func exiftool(t *testing.T, data []byte) map[string]any {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.jpg")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	tool, err := exec.LookPath("exiftool")
	if err != nil {
		t.Skip("exiftool is not installed (Debian: libimage-exiftool-perl)")
	}
	out, err := exec.CommandContext(t.Context(), tool, "-json", "-G1", "-struct", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var list []map[string]any
	if err := json.Unmarshal(out, &list); err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func TestExiftoolReadsIt(t *testing.T) {
	for name, data := range pictures(t) {
		got, _, err := through(data, 100, newStamp())
		if err != nil {
			t.Fatal(err)
		}
		told := exiftool(t, got)
		want := map[string]any{
			"ExifIFD:DateTimeOriginal": "2026:10:25 02:30:15", "ExifIFD:OffsetTimeOriginal": "+02:00",
			"IFD0:ImageDescription": "gate channel 1 (Hof Süd), alarm", "IFD0:Make": "Maker", "IFD0:Model": "DS-1",
			"XMP-hiklua:Device": "gate", "XMP-xmp:CreateDate": "2026:10:25 02:30:15.123+02:00",
		}
		if name == "camera.jpg" {
			want["IFD0:Make"], want["IFD0:Model"] = "HIKVISION", "DS-2DE4A425"
			want["XMP-hiklua:CameraTime"], want["XMP-dc:Title"] = "2001:02:03 04:05:06", "Gate"
			want["IFD1:ThumbnailLength"], want["ExifIFD:ExposureTime"] = 642.0, "1/25"
			want["File:Comment"] = "a comment with"
		}
		for key, value := range want {
			if told[key] != value {
				t.Errorf("%s: %s is %v, want %v", name, key, told[key], value)
			}
		}
		for key, value := range told {
			if strings.Contains(key, "Warning") || strings.Contains(key, "Error") {
				t.Errorf("%s: %s: %v", name, key, value)
			}
		}
	}
}

func TestIdentifyReadsIt(t *testing.T) {
	tool, err := exec.LookPath("identify")
	if err != nil {
		t.Skip("identify is not installed (Debian: imagemagick)")
	}
	for name, data := range pictures(t) {
		got, _, err := through(data, 100, newStamp())
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), tool, "-format", "%m %wx%h", "jpeg:-")
		cmd.Stdin = bytes.NewReader(got)
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) != "JPEG 96x64" {
			t.Errorf("%s: %s, %v", name, out, err)
		}
	}
}
