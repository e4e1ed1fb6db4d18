package gaps

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOffline(t *testing.T) {
	d := newDesk(t, "2026-03-03 23:50", Series{"gate", 1, "yard", "routine", cron(t, "*/15 * * * *")})
	d.start()
	d.until("02:10")
	d.set("offline")
	d.until("04:00")
	if got := d.tracker.Gaps(); len(got) != 1 || got[0].Missing != 7 || got[0].Text(berlin) != "gate/yard offline since 2026-03-04 02:10" {
		t.Errorf("%+v", got)
	}
	d.until("05:02")
	d.set("online")
	d.until("23:59")
	d.clk.RunFor(4 * time.Minute)
	d.wantTold("02:17 gate/yard begins", "05:15 gate/yard ends")
	if got := d.tracker.Missed(); !slices.Equal(got, []Missed{{"gate", 1, "offline", 12}}) {
		t.Errorf("%+v", got)
	}
	midnight := d.clk.Now().Add(-3 * time.Minute)
	d.want(Query{From: midnight.Add(-24 * time.Hour), Till: midnight}, "12 of 96 missing: gate/yard offline 02:10-05:02")
	half := midnight.Add(-20 * time.Hour)
	d.want(Query{From: half}, "5 of 81 missing: gate/yard offline 02:10-05:02")
	d.want(Query{From: half.Add(4 * time.Hour)}, "0 of 65 missing: gate/yard")
	d.want(Query{Device: "other"})
	d.stop(false)
	if n := strings.Count(d.log.String(), "\n"); n != 2 || !strings.Contains(d.log.String(), `channels=gate/yard why=offline`) ||
		!strings.Contains(d.log.String(), `pictures come again: 12 are missing" device=gate`) {
		t.Error(d.log.String())
	}
	if d.clk.Live() != 0 || d.clk.Pending() != 0 {
		t.Error(d.clk.Live(), "goroutines", d.clk.Pending(), "timers")
	}
}

// The host was down, orderly or killed, and one is: the report says so.
func TestHostDown(t *testing.T) {
	for _, killed := range []bool{false, true} {
		d := newDesk(t, "2026-03-03 23:50", Series{"gate", 1, "", "", cron(t, "*/10 * * * *")})
		d.start()
		d.until("01:00")
		d.clk.RunFor(30 * time.Second)
		d.stop(killed)
		d.clk.RunFor(time.Hour)
		d.want(Query{}, "6 of 13 missing: host not running since 2026-03-04 01:00")
		d.until("03:20")
		d.want(Query{}, "13 of 20 missing: host not running since 2026-03-04 01:00")
		d.clk.RunFor(30 * time.Second)
		d.start()
		d.until("06:00")
		d.want(Query{}, "14 of 36 missing: host not running 01:00-03:20")
		d.stop(false)
		d.wantTold("03:21 gate/1 begins", "03:30 gate/1 ends")
	}
}

// What another host of the cluster took is not missing here: what was due when none
// held the share is. A gap of before ends with the share.
func TestHeldElsewhere(t *testing.T) {
	for _, killed := range []bool{false, true} {
		d := newDesk(t, "2026-03-03 23:50", Series{"gate", 1, "", "", cron(t, "*/10 * * * *")})
		d.start()
		d.until("00:35")
		d.set("locked")
		d.until("01:04")
		d.stop(killed)
		d.until("03:00")
		d.want(Query{Cluster: true}, "3 of 7 missing: gate/1 locked 00:35-01:04")
		d.elsewhere = d.clk.Now().Add(30 * time.Second)
		d.until("03:15")
		d.set("online")
		d.start()
		d.until("06:01")
		d.want(Query{Cluster: true}, "4 of 24 missing: gate/1 locked 00:35-01:04, host not running 03:00-03:15")
		d.stop(false)
		d.elsewhere = time.Time{}
		d.start()
		d.until("06:30")
		d.want(Query{Cluster: true}, "4 of 27 missing: gate/1 locked 00:35-01:04, host not running 03:00-03:15")
		d.stop(false)
		d.wantTold("00:42 gate/1 begins", "03:16 gate/1 ends", "03:16 gate/1 begins", "03:20 gate/1 ends")
	}
}

// A gap that was going on when the host ended goes on after the next start, and is
// told of once.
func TestAGapOverARestart(t *testing.T) {
	d := newDesk(t, "2026-03-03 23:50", Series{"gate", 1, "", "", cron(t, "*/10 * * * *")})
	d.start()
	d.until("01:05")
	d.set("locked")
	d.until("02:05")
	d.stop(true)
	d.until("03:05")
	d.start()
	d.until("04:05")
	d.set("online")
	d.until("05:00")
	d.wantTold("01:12 gate/1 begins", "04:10 gate/1 ends")
	d.want(Query{}, "18 of 30 missing: gate/1 locked 01:05-02:05, host not running 02:05-03:05, gate/1 locked 03:05-04:05")
	d.stop(false)
}

// A host that ends before it has judged a command that failed tells the next one.
func TestAReasonOverARestart(t *testing.T) {
	s := Series{"gate", 1, "yard", "routine", cron(t, "*/10 * * * *")}
	d := newDesk(t, "2026-03-03 23:50", s)
	d.start()
	d.until("01:05")
	d.takes.Stop()
	d.until("01:10")
	d.tracker.Failed("gate", 1, "routine", d.clk.Now(), "disk")
	d.stop(false)
	d.start()
	d.until("02:05")
	d.want(Query{}, "1 of 13 missing: gate/yard disk 01:10-01:20")
	d.stop(false)
}

// Pictures that come late, commands that fail, pictures of another label or by a
// script, and a machine that was asleep.
func TestReasons(t *testing.T) {
	s := Series{"gate", 1, "yard", "routine", cron(t, "*/10 * * * *")}
	other := Series{"gate", 1, "yard", "", cron(t, "5 * * * *")}
	d := newDesk(t, "2026-03-03 23:50", s, other)
	d.start()
	d.until("01:01")
	d.takes.Stop()
	d.until("01:08") // by a script: it counts for what was due at 01:10 as little as for the other label
	d.take(Series{Device: "gate", Channel: 1, Label: "alarm"}, d.clk.Now())
	d.until("01:11")
	d.tracker.Failed("gate", 1, "routine", d.clk.Now(), "timeout")
	d.until("01:25")
	d.wantTold("01:07 gate/yard begins", "01:12 gate/yard begins")
	// The one of 01:20 comes at last; so does the one of 01:05.
	d.take(s, d.clk.Now())
	d.take(other, d.clk.Now())
	d.next()
	d.until("01:59")
	d.wantTold("01:25 gate/yard ends", "01:25 gate/yard ends")
	d.want(Query{},
		"0 of 2 missing: gate/yard",
		"1 of 12 missing: gate/yard timeout 01:10-01:20")
	d.until("02:01")
	d.takes.Stop()
	d.clk.Jump(3*time.Hour - time.Minute) // to 05:00, while nothing runs
	d.clk.RunFor(time.Minute)
	d.next()
	d.until("06:00")
	d.wantTold("05:01 gate/yard begins", "05:01 gate/yard begins", "05:05 gate/yard ends", "05:10 gate/yard ends")
	d.want(Query{Label: "routine"}, "19 of 36 missing: gate/yard timeout 01:10-01:20, machine asleep 02:01-05:01")
	d.stop(false)
}

// A day of 23 hours and one of 25: as many pictures are due as the schedule says.
func TestClockChanges(t *testing.T) {
	for day, want := range map[string]string{"2026-03-28": "0 of 92 missing: gate/1", "2026-10-24": "0 of 100 missing: gate/1"} {
		d := newDesk(t, day+" 23:50", Series{"gate", 1, "", "", cron(t, "*/15 * * * *")})
		d.start()
		d.until("23:59")
		d.until("23:59")
		d.clk.RunFor(time.Minute)
		r := Query{From: d.clk.Now().In(berlin).AddDate(0, 0, -1), Till: d.clk.Now()}
		d.want(r, want)
		d.stop(false)
	}
}

// A schedule that is new has missed nothing yet; one that is changed or taken out
// ends its gap; and an index that cannot be asked is asked again.
func TestSiteChanges(t *testing.T) {
	s := Series{"gate", 1, "", "", cron(t, "*/10 * * * *")}
	d := newDesk(t, "2026-03-04 08:05", s)
	d.start()
	d.set("offline")
	d.until("09:05")
	changed := Series{"gate", 1, "", "", cron(t, "*/20 * * * *")}
	d.all = []Series{changed}
	d.tracker.Follow(d.all)
	d.clk.RunFor(0)
	d.wantTold("08:12 gate/1 begins", "09:05 gate/1 ends")
	d.until("10:05")
	d.want(Query{}, "6 missing: gate/1 offline 08:05-09:05", "3 of 3 missing: gate/1 offline since 2026-03-04 08:05")
	d.stop(false)

	d.away = errors.New("damaged")
	d.start()
	d.clk.RunFor(3 * time.Minute)
	d.away = nil
	d.set("online")
	d.until("11:30")
	d.want(Query{From: d.clk.Now().Add(-90 * time.Minute)}, "1 of 5 missing: gate/1 offline 08:05-10:08")
	d.stop(false)
}

// A recorder that has not told its channels after a start has missed what was due
// meanwhile.
func TestChannelsThatAreNotKnownYet(t *testing.T) {
	s := Series{"nvr", 3, "", "", cron(t, "*/10 * * * *")}
	d := newDesk(t, "2026-03-04 08:05", s)
	d.start()
	d.until("09:05")
	d.stop(false)
	d.set("offline")
	d.start()
	d.tracker.Follow(nil, "nvr")
	d.until("10:05")
	d.set("online")
	d.tracker.Follow(d.all)
	d.until("11:05")
	d.want(Query{}, "6 of 18 missing: nvr/3 offline 09:10-10:05")
	d.stop(false)
	d.start()
	d.tracker.Follow(nil) // taken out of site.yaml
	d.clk.RunFor(time.Second)
	d.want(Query{}, "6 missing: nvr/3 offline 09:10-10:05")
	d.stop(false)
}

// Damaged files are no reason to fail.
func TestDamage(t *testing.T) {
	d := newDesk(t, "2026-03-04 08:05", Series{"gate", 1, "", "", cron(t, "*/10 * * * *")})
	d.start()
	d.set("offline")
	d.until("09:05")
	d.set("online")
	d.until("09:15")
	d.stop(false)
	dir := filepath.Join(d.data, FolderName)
	must(t, os.WriteFile(filepath.Join(dir, "state.json"), []byte(`{"alive":`), 0o600))
	ended, err := os.ReadFile(filepath.Join(dir, "ended.jsonl"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "ended.jsonl"), append([]byte("\x00\x00{\n{}\n"), ended...), 0o600))
	d.start()
	d.until("10:15")
	d.want(Query{}, "6 of 6 missing: gate/1 offline 08:05-09:05")
	d.stop(false)
	if !strings.Contains(d.log.String(), "state.json cannot be read") {
		t.Error(d.log.String())
	}
}

// Gaps of several days are told with their days.
func TestTextOfSeveralDays(t *testing.T) {
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 10, 0, 0, berlin) }
	gap := func(day, hour int, why string) Gap {
		return Gap{Device: "gate", Channel: 1, From: at(day, hour), Last: at(day, hour+1), Till: at(day, hour+2), Missing: 2,
			Reasons: []Reason{{why, at(day, hour), at(day, hour+2), 2}}}
	}
	one := Line{Device: "gate", Channel: 1, Due: 96, Missing: 4, Gaps: []Gap{gap(4, 2, "offline"), gap(4, 5, "timeout")}}
	if got, want := one.Text(berlin), "4 of 96 missing: gate/1 offline 02:10-04:10, gate/1 timeout 05:10-07:10"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	one.Gaps[1] = gap(5, 5, HostDown)
	if got, want := one.Text(berlin), "4 of 96 missing: gate/1 offline 2026-03-04 02:10-04:10, host not running 2026-03-05 05:10-07:10"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Pictures that are due more often than they are judged: one gap is one.
func TestShortIntervals(t *testing.T) {
	d := newDesk(t, "2026-03-04 02:00", Series{Device: "gate", Channel: 1, Name: "yard", Due: cron(t, "*/20 * * * * *")})
	d.start()
	d.until("02:10")
	d.set("offline")
	for range 12 {
		d.clk.RunFor(5 * time.Second)
		d.tracker.Failed("gate", 1, "", d.clk.Now(), "offline")
		d.clk.RunFor(15 * time.Second)
	}
	d.set("online")
	d.until("02:20")
	d.want(Query{From: d.clk.Now().Add(-15 * time.Minute)}, "12 of 40 missing: gate/yard offline 02:10-02:14")
	d.wantTold("02:12 gate/yard begins", "02:16 gate/yard ends")
	d.stop(false)
}
