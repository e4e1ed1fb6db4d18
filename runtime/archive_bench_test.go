package runtime

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/site"
)

// jpegOf is a picture of a size in bytes that decodes as far as its header.
func jpegOf(t testing.TB, size int) []byte {
	t.Helper()
	small, err := os.ReadFile("archive/jpeg/testdata/baseline.jpg")
	if err != nil {
		t.Fatal(err)
	}
	end := len(small) - 2
	data := make([]byte, 0, size)
	data = append(data, small[:end]...)
	random := rand.New(rand.NewPCG(1, 2))
	for len(data) < size-2 {
		data = append(data, byte(random.IntN(0xFF))) // never FF
	}
	return append(data, small[end:]...)
}

// pictureServer is a camera that has nothing but a picture, and no password. It
// takes as long as delay says for each picture.
func pictureServer(t testing.TB, picture []byte, delay func() time.Duration) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/picture") {
			http.NotFound(w, r)
			return
		}
		time.Sleep(delay())
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Content-Length", fmt.Sprint(len(picture)))
		w.Write(picture)
	}))
	t.Cleanup(server.Close)
	return server
}

func atOnce() time.Duration { return 0 }

// delays are how long cameras take for a picture: 0.2 to 0.7 s.
type delays struct {
	mu     sync.Mutex
	random *rand.Rand
}

// begin has the delays of a round drawn from here on: for whoever begins it, they
// are the same.
func (d *delays) begin(round int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.random = rand.New(rand.NewPCG(uint64(round), 0))
}

func (d *delays) next() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return 200*time.Millisecond + time.Duration(d.random.Int64N(int64(500*time.Millisecond)))
}

// archiveSite is a host with so many cameras, all of them at one address, and an
// archive.
func archiveSite(t testing.TB, server *httptest.Server, cameras int) (*Host, []luaapi.Device) {
	t.Helper()
	dir := t.TempDir()
	var yaml strings.Builder
	fmt.Fprint(&yaml, "timezone: UTC\ndevices:\n")
	for n := range cameras {
		fmt.Fprintf(&yaml, "  cam%d: {ip: 127.0.%d.%d, username: a, password: b, port: 80, status_interval: 1h}\n", n, n/250, n%250+1)
	}
	fmt.Fprint(&yaml, "archive: {path: data/archive}\n")
	if err := os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(yaml.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err := site.Load(dir, noEnv)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{MaxIdleConnsPerHost: cameras}
	h, err := New(Config{
		Site: conf, Clock: clock.Real(), Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Version: "test",
		Transport: func(site.Device) (http.RoundTripper, error) {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				r = r.Clone(r.Context())
				r.URL.Host = strings.TrimPrefix(server.URL, "http://")
				return transport.RoundTrip(r)
			}), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Close()
		transport.CloseIdleConnections()
	})
	var devices []luaapi.Device
	for _, d := range h.Devices() {
		devices = append(devices, d)
		h.archiving.headless.Store(d.Name()+"/1", true)
	}
	h.devices.Start()
	return h, devices
}

// bare fetches and writes a picture with the same syncs, and does nothing else
// but to give what it writes to also.
func bare(client *http.Client, url, dir, name string, also io.Writer) error {
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	f, err := os.CreateTemp(dir, ".*.part")
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.MultiWriter(f, also), resp.Body); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// cost is what a round of pictures took.
type cost struct {
	time, cpu time.Duration // cpu is that of the whole process: the cameras' too
	allocated uint64        // bytes
}

// each runs take once for each camera, all at once.
func each(cameras int, take func(camera int) error) (cost, error) {
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	began, used := time.Now(), cpuTime()
	errs := make(chan error, cameras)
	for n := range cameras {
		go func() { errs <- take(n) }()
	}
	var err error
	for range cameras {
		if one := <-errs; one != nil {
			err = one
		}
	}
	c := cost{time: time.Since(began), cpu: cpuTime() - used}
	goruntime.ReadMemStats(&after)
	c.allocated = after.TotalAlloc - before.TotalAlloc
	return c, err
}

// medians are the median times of some rounds, and all that they allocated.
func medians(rounds []cost) (c cost) {
	var times, cpu []time.Duration
	for _, one := range rounds {
		times, cpu = append(times, one.time), append(cpu, one.cpu)
		c.allocated += one.allocated
	}
	slices.Sort(times)
	slices.Sort(cpu)
	c.time, c.cpu = times[len(times)/2], cpu[len(cpu)/2]
	return c
}

// BenchmarkArchive compares a picture's way from a camera into the archive with
// a bare loop over the same pictures with the same syncs, in turn: "speed" is the
// archive's throughput as a part of the loop's, "hashed" as a part of that of a
// loop which computes the SHA-256 of what it writes, too, "cpu" what the archive
// computes as a multiple of what the loop does, and "memory" what it allocates as
// a multiple of that. Times are the medians of the rounds.
func BenchmarkArchive(b *testing.B) {
	for _, c := range []struct {
		name          string
		cameras, size int
		delayed       bool // as cameras are; otherwise they answer at once
	}{
		{"1-camera-500kB", 1, 500 << 10, true},
		{"200-cameras-500kB", 200, 500 << 10, true},
		{"1-at-once-500kB", 1, 500 << 10, false},
		{"1-at-once-10MB", 1, 10 << 20, false},
		{"200-at-once-500kB", 200, 500 << 10, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			var wait delays
			delay := atOnce
			if c.delayed {
				delay = wait.next
			}
			server := pictureServer(b, jpegOf(b, c.size), delay)
			h, devices := archiveSite(b, server, c.cameras)
			dir := b.TempDir()
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: c.cameras}}
			defer client.CloseIdleConnections()
			for n := range c.cameras {
				for _, kind := range []string{"loop", "hashed"} {
					if err := os.MkdirAll(filepath.Join(dir, kind, fmt.Sprint(n)), 0o700); err != nil {
						b.Fatal(err)
					}
				}
			}
			round := 0
			loop := func(kind string, n int, also io.Writer) error {
				return bare(client, server.URL+"/ISAPI/Streaming/channels/101/picture", filepath.Join(dir, kind, fmt.Sprint(n)), fmt.Sprintf("%d.jpg", round), also)
			}
			ways := []func(n int) error{
				func(n int) error { return loop("loop", n, io.Discard) },
				func(n int) error { return loop("hashed", n, sha256.New()) },
				func(n int) error {
					return h.takePicture(context.Background(), devices[n], luaapi.ArchiveSpec{Device: devices[n].Name(), Channel: 1})
				},
			}
			var costs [3][]cost
			for b.Loop() {
				round++
				for i := range ways {
					way := (i + round) % len(ways)
					wait.begin(round)
					one, err := each(c.cameras, ways[way])
					if err != nil {
						b.Fatal(err)
					}
					if round > 1 { // the first makes folders and connections
						costs[way] = append(costs[way], one)
					}
				}
			}
			if round == 1 {
				return
			}
			plain, hashed, archive := medians(costs[0]), medians(costs[1]), medians(costs[2])
			pictures := float64((round - 1) * c.cameras)
			b.ReportMetric(float64(plain.time)/float64(archive.time), "speed")
			b.ReportMetric(float64(hashed.time)/float64(archive.time), "hashed")
			b.ReportMetric(float64(archive.cpu)/float64(plain.cpu), "cpu")
			b.ReportMetric(float64(archive.allocated)/float64(plain.allocated), "memory")
			b.ReportMetric(float64(archive.cpu.Microseconds())/float64(c.cameras), "cpu-µs/picture")
			b.ReportMetric(float64(archive.allocated)/pictures/1024, "kB/picture")
		})
	}
}

// A picture of 10 MB costs the host no 10 MB: it goes from the socket to the file.
func TestALargePictureIsNotHeld(t *testing.T) {
	picture := jpegOf(t, 10<<20)
	h, devices := archiveSite(t, pictureServer(t, picture, atOnce), 1)
	take := func(int) error {
		return h.takePicture(context.Background(), devices[0], luaapi.ArchiveSpec{Device: "cam0", Channel: 1})
	}
	var least uint64 = 1 << 40
	for range 4 { // the first makes folders and connections; the index writes now and then
		one, err := each(1, take)
		if err != nil {
			t.Fatal(err)
		}
		least = min(least, one.allocated)
	}
	if least > 1<<20 {
		t.Errorf("%d bytes were allocated for a picture of %d", least, len(picture))
	}
	var files int
	filepath.WalkDir(filepath.Join(h.site().Dir, "data/archive"), func(path string, e os.DirEntry, err error) error {
		if strings.HasSuffix(path, ".jpg") {
			data, err := os.ReadFile(path)
			if err != nil || !bytes.HasSuffix(data, picture[1000:]) {
				t.Errorf("%s is another picture (%v)", path, err)
			}
			files++
		}
		return nil
	})
	if files != 4 {
		t.Errorf("%d files", files)
	}
}

// With a thousand cameras the heap does not grow from picture to picture.
func TestAThousandCamerasStayFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand cameras")
	}
	const cameras = 1000
	h, devices := archiveSite(t, pictureServer(t, jpegOf(t, 20<<10), atOnce), cameras)
	slots := make(chan struct{}, 250)
	heap := func() uint64 {
		_, err := each(cameras, func(n int) error {
			slots <- struct{}{}
			defer func() { <-slots }()
			return h.takePicture(context.Background(), devices[n], luaapi.ArchiveSpec{Device: devices[n].Name(), Channel: 1})
		})
		if err != nil {
			t.Fatal(err)
		}
		if a := h.archiving.now.Load(); a != nil {
			a.index.Flush(context.Background())
		}
		goruntime.GC()
		goruntime.GC() // what a sync.Pool holds goes with the second
		var m goruntime.MemStats
		goruntime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	heap()
	first := heap()
	second := heap()
	if second > first+first/10+1<<20 {
		t.Errorf("the heap grew from %d to %d kB by %d pictures", first>>10, second>>10, cameras)
	}
	t.Logf("%d kB, then %d kB", first>>10, second>>10)
}
