package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
)

// writeMarks says first what must not be overlooked.
func (a *app) writeMarks(st runtime.Status) {
	if st.StateError != nil {
		a.writeWrapped(a.tint("STATE NOT KEPT", colourFail) + ": " + st.StateError.Message + "\n  " + st.StateError.Hint + "\n")
	}
	if st.Archive != nil && st.Archive.Error != nil {
		a.writeWrapped(a.tint("ARCHIVE NOT KEPT", colourFail) + ": " + st.Archive.Error.Message + "\n  " + st.Archive.Error.Hint + "\n")
	}
	for _, n := range st.Notify {
		if n.Error != nil {
			a.writeWrapped(a.tint("NOT NOTIFIED", colourFail) + ": " + noticeText(n, st.Now) + "\n" + errorLines(n.Error))
		}
	}
	for _, w := range st.Outside {
		a.writeWrapped(a.tint(outsideMarks[w.Name], colourFail) + ": " + wayText(w, st.Now) + "\n" + errorLines(w.Error))
	}
	if mark := simulatedText(st); mark != "" {
		a.writeWrapped(a.tint("SIMULATED", colourWarn) + ": " + mark + "\n")
	}
	for _, h := range st.Adrift {
		a.writeWrapped(fmt.Sprintf("%s: channel %d of %s at %s was left moving by an earlier host, and site.yaml has no such device\n",
			a.tint("ADRIFT", colourFail), h.Channel, h.Device, h.Address))
	}
}

// simulatedText says which devices are software; "": none.
func simulatedText(st runtime.Status) string {
	var names []string
	for _, d := range st.Devices {
		if d.Simulated {
			names = append(names, d.Name)
		}
	}
	switch {
	case len(names) == 0:
		return ""
	case len(names) == len(st.Devices):
		return "every device is software, no camera moves"
	}
	return strings.Join(names, ", ") + ": software in the place of a camera"
}

// writeVerdict writes the line of status --check; failed is why there is no st.
func (a *app) writeVerdict(st runtime.Status, failed error) error {
	if failed != nil {
		if _, wrong := errors.AsType[*misuse](failed); wrong {
			return failed
		}
		fmt.Fprintf(a.stdout, "not ok: %s\n", oneLine(failed.Error()))
		return errTold
	}
	good, bad := findings(st)
	verdict := "ok: "
	if len(bad) > 0 {
		verdict = "not ok: "
	}
	line := verdict + strings.Join(append(bad, good), "; ")
	if mark := simulatedText(st); mark != "" {
		line += "; SIMULATED: " + mark
	}
	fmt.Fprintln(a.stdout, oneLine(line))
	if len(bad) > 0 {
		return errTold
	}
	return nil
}

// blip is how long an event stream is lost before that is not as it should be:
// many devices close it now and then.
const blip = 10 * time.Second

// mostNamed is how many devices or scripts one line names.
const mostNamed = 5

// findings is what there is, and what is not as it should be.
func findings(st runtime.Status) (good string, bad []string) {
	var away, deaf, scripts, jobs []string
	for _, d := range st.Devices {
		if d.EventsSince != nil && d.State == device.StateOnline && st.Now.Sub(*d.EventsSince) >= blip {
			deaf = append(deaf, d.Name+" since "+timeText(*d.EventsSince, st.Now))
		}
		if d.State == device.StateElsewhere && d.Holder == "" {
			away = append(away, d.Name+" driven by no host")
		}
		if d.State != device.StateOnline && d.State != device.StateElsewhere {
			text := d.Name + " " + d.State
			if d.Since != nil {
				text += " since " + timeText(*d.Since, st.Now)
			}
			away = append(away, text)
		}
		for _, h := range d.Heads {
			if h.Refused != "" {
				bad = append(bad, fmt.Sprintf("%s channel %d may be moving: its stop fails", d.Name, h.Channel))
			}
		}
	}
	for _, h := range st.Adrift {
		bad = append(bad, fmt.Sprintf("channel %d of %s was left moving, and site.yaml has no such device", h.Channel, h.Device))
	}
	if st.Cluster != nil {
		bad = append(bad, clusterFindings(st.Cluster)...)
	}
	if st.StateError != nil {
		bad = append(bad, "state not kept: "+st.StateError.Message)
	}
	if st.Archive != nil && st.Archive.Error != nil {
		bad = append(bad, st.Archive.Error.Message)
	}
	if st.Archive != nil {
		if gaps := gapsByReason(st.Archive.Gaps); len(gaps) > 0 {
			bad = append(bad, "missing in the archive: "+strings.Join(gaps, ", "))
		}
		if c := st.Archive.Copy; c != nil && c.Error != nil {
			bad = append(bad, copiesWait(c, st.Now)+": "+c.Error.Message)
		}
	}
	for _, n := range st.Notify {
		if n.Error != nil {
			bad = append(bad, noticeText(n, st.Now)+": "+n.Error.Message)
		}
	}
	for _, w := range st.Outside {
		bad = append(bad, wayText(w, st.Now)+": "+w.Error.Message)
	}
	if st.Site.Error != nil {
		bad = append(bad, "site.yaml not taken over")
	}
	for _, s := range st.Scripts {
		switch {
		case s.State == runtime.ScriptAside && s.Since != nil:
			scripts = append(scripts, inShare(s.Share, s.Name)+" set aside since "+timeText(*s.Since, st.Now))
		case s.State != runtime.ScriptRunning:
			scripts = append(scripts, inShare(s.Share, s.Name)+" "+s.State)
		case s.Edit != nil:
			scripts = append(scripts, inShare(s.Share, s.Name)+" was saved with an error")
		}
	}
	if len(scripts) > 0 {
		bad = append(bad, firstOf(scripts))
	}
	for _, j := range st.Jobs {
		if j.Last != nil && j.Last.Outcome == runtime.OutcomeFailed {
			jobs = append(jobs, inShare(j.Share, j.Script+"/"+j.Name)+" at "+timeText(began(j.Last), st.Now))
		}
	}
	if len(jobs) > 0 {
		bad = append(bad, "last run failed: "+firstOf(jobs))
	}
	if len(deaf) > 0 {
		bad = append(bad, "events stale: "+firstOf(deaf))
	}
	devices := onlineText(st.Devices)
	if len(away) > 0 {
		bad = append(bad, devices+" ("+firstOf(away)+")")
		return plural(len(st.Scripts), "script"), bad
	}
	return devices + ", " + plural(len(st.Scripts), "script"), bad
}

// outsideMarks are what status says first of a way that does not work.
var outsideMarks = map[string]string{"page": "NO PAGE", "mqtt": "NO MQTT"}

// wayText is "mqtt does not work since 14:02:11".
func wayText(w runtime.WayStatus, now time.Time) string {
	text := w.Name + " does not work"
	if w.Error.Time != nil {
		text += " since " + timeText(*w.Error.Time, now)
	}
	return text
}

// noticeText is "ops by telegram since 14:02, 3 notifications wait".
func noticeText(n runtime.NoticeStatus, now time.Time) string {
	text := n.Target + " by " + n.Kind
	if n.Error.Time != nil {
		text += " since " + timeText(*n.Error.Time, now)
	}
	if n.Waiting > 0 {
		text += ", waiting: " + plural(n.Waiting, "notification")
	}
	if n.Lost > 0 {
		text += ", lost: " + plural(n.Lost, "notification")
	}
	return text
}

// firstOf names the first few of many.
func firstOf(list []string) string {
	if len(list) > mostNamed {
		list = append(list[:mostNamed:mostNamed], fmt.Sprintf("and %d more", len(list)-mostNamed))
	}
	return strings.Join(list, ", ")
}
