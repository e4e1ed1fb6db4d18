package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/device"
)

func newStatusCommand(a *app) *cobra.Command {
	var asJSON, check bool
	c := &cobra.Command{
		Use:   "status [SITE] [--json | --check]",
		Short: "How a running host fares: devices, scripts, jobs",
		Long: `Asks the host that runs a site (default: the current folder) how it fares: its
devices with their state, queue and moving heads, its scripts with what went
wrong last, its jobs with their next and last run. First of all it says what is
not as it should be: state that is not kept, an archive that takes no pictures,
devices that are simulated. With --check it prints one line, for monitoring, and
the exit status is 1 if a device is not online or its events are lost, a script
does not load, is held back or set aside, the last run of a job failed, state or
the archive is not kept, pictures are missing, a notification is not delivered, a
head may be moving, site.yaml was not taken over, or no host runs.`,
		Example: `  {hiklua} status
  {hiklua} status /srv/site --json
  {hiklua} status /srv/site --check`,
		Args:        atMost(a, 1),
		Annotations: next(`{hiklua} log --follow SITE shows what happens; {hiklua} doctor SITE says why a device does not work.`),
		RunE: func(c *cobra.Command, args []string) error {
			if check && asJSON {
				return &misuse{"--check prints a line, and --json everything: one of them", a.name + " status --check"}
			}
			st, err := a.statusOf(c.Context(), siteArg(args))
			switch {
			case check:
				return a.writeVerdict(st, err)
			case err != nil:
				return err
			case asJSON:
				return a.writeJSON(st)
			}
			a.writeStatus(st)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "as JSON, for programs")
	c.Flags().BoolVar(&check, "check", false, "one line; status 1 if anything is not as it should be")
	return c
}

func (a *app) writeStatus(st runtime.Status) {
	a.writeMarks(st)
	a.writeWrapped(fmt.Sprintf("hiklua %s, process %d, runs %s for %s; %d MB\n",
		st.Version, st.PID, st.Site.Dir, ageText(st.Now.Sub(st.Started)), st.Memory/1e6))
	if st.Site.Error != nil {
		a.writeWrapped(a.tint("site.yaml: not taken over, everything runs on as it was", colourFail) + "\n" + errorLines(st.Site.Error))
	}
	if st.Cluster != nil {
		a.writeWrapped(clusterLine(st.Cluster))
	}
	if st.Archive != nil {
		a.writeWrapped(archiveLine(st.Archive, st.Now))
		a.writeWrapped(gapLines(st.Archive.Gaps))
		a.writeWrapped(copyLine(st.Archive.Copy, st.Now))
	}
	if len(st.Devices) >= manyDevices {
		a.writeWrapped(onlineText(st.Devices) + "\n")
	}
	t, text := devicesOf(st)
	var notes strings.Builder
	notes.WriteString(text)
	a.writePart(t)
	t = &table{head: []string{"SCRIPT", "STATE", "SINCE", "TASKS", "JOBS"}}
	for _, s := range st.Scripts {
		since := ""
		if s.Since != nil {
			since = timeText(*s.Since, st.Now)
		}
		state := s.State
		if s.HeldUntil != nil {
			state += " until " + timeText(*s.HeldUntil, st.Now)
		}
		t.add(inShare(s.Share, s.Name), state, since, fmt.Sprint(len(s.Tasks)), fmt.Sprint(s.Jobs))
		if s.State != runtime.ScriptRunning || s.Edit != nil {
			t.paint(1, colourFail)
		}
		if s.Edit != nil {
			fmt.Fprintf(&notes, "%s: what was saved last does not load\n%s", inShare(s.Share, s.Name), errorLines(s.Edit))
		}
		if s.LastError != nil {
			fmt.Fprintf(&notes, "%s: last error, %s\n%s", inShare(s.Share, s.Name), timeText(*s.LastError.Time, st.Now), errorLines(s.LastError))
		}
	}
	a.writePart(t)
	a.writePart(jobsTable(st))
	if notes.Len() > 0 {
		a.writeWrapped("\n" + notes.String())
	}
}

// devicesOf is the table of devices, and what is wrong with them.
func devicesOf(st runtime.Status) (t *table, text string) {
	var notes strings.Builder
	t = &table{head: []string{"DEVICE", "STATE", "MODEL", "EVENTS", "QUEUE", "HEADS"}}
	for _, d := range st.Devices {
		if d.State == device.StateElsewhere {
			t.add(d.Name, elsewhereText(d), "", "", "", "")
			if d.Holder == "" {
				t.paint(1, colourFail)
			}
			continue
		}
		var heads []string
		for _, h := range d.Heads {
			heads = append(heads, headText(h, st.Now))
		}
		state := d.State
		if d.Simulated {
			state += ", simulated"
		}
		if d.State != device.StateOnline && d.Since != nil {
			state += " since " + timeText(*d.Since, st.Now)
		}
		if d.Leaving {
			state += ", leaves"
		}
		if d.RetryAt != nil {
			state += " until " + timeText(*d.RetryAt, st.Now)
		}
		t.add(d.Name, state, d.Model, d.Events, fmt.Sprint(d.Queue+d.Active), strings.Join(heads, ", "))
		if d.State != device.StateOnline && d.State != device.StateUnknown {
			t.paint(1, colourFail)
		}
		if slices.ContainsFunc(d.Heads, func(h device.HeadStatus) bool { return h.Refused != "" }) {
			t.paint(5, colourFail)
		}
		if d.Error != nil {
			fmt.Fprintf(&notes, "%s: %s\n%s", d.Name, d.State, errorLines(d.Error))
		}
	}
	return t, notes.String()
}

// elsewhereText is the state of a device that this host does not drive.
func elsewhereText(d runtime.DeviceStatus) string {
	if d.Holder == "" {
		return "no host drives it"
	}
	return "driven by " + d.Holder
}

// inShare is a script or a job as commands take it: with its share before it, of a
// site with several.
func inShare(share, name string) string {
	if share == "" {
		return name
	}
	return share + "/" + name
}

// writePart writes a table that has rows, after an empty line.
func (a *app) writePart(t *table) {
	if len(t.rows) > 0 {
		fmt.Fprintln(a.stdout)
		a.writeTable(t)
	}
}

func headText(h device.HeadStatus, now time.Time) string {
	part := strings.TrimSpace(fmt.Sprintf("%d %s", h.Channel, h.Part))
	since := ""
	if h.Since != nil {
		since = " for " + ageText(now.Sub(*h.Since))
	}
	switch {
	case h.Stopping && h.Refused != "":
		return part + " may be moving: its stop fails (" + h.Refused + ")"
	case h.Stopping && h.Owner != "":
		return part + " is being stopped (" + h.Owner + since + ")"
	case h.Stopping:
		return part + " is being stopped"
	case h.Moving:
		return part + " moves (" + h.Owner + since + ")"
	}
	return part + " is " + h.Exclusive + "'s alone" + since
}

func jobsTable(st runtime.Status) *table {
	t := &table{head: []string{"JOB", "WHEN", "NEXT", "LAST", "RUNS"}}
	for _, j := range st.Jobs {
		next := "never"
		if j.Next != nil {
			next = timeText(*j.Next, st.Now)
		}
		if j.Kind == "on" {
			next = "on its event"
		}
		last := ""
		if j.Last != nil {
			last = lastText(j.Last, st.Now)
		}
		if j.Running > 0 {
			last = "runs"
		}
		t.add(inShare(j.Share, j.Script+"/"+j.Name), j.When, next, last, runsText(j))
		if j.Running == 0 && j.Last != nil && j.Last.Error != nil {
			t.paint(3, colourFail)
		}
	}
	return t
}

// lastText is "02:00:00 failed, 12s".
func lastText(r *runtime.RunStatus, now time.Time) string {
	text := timeText(began(r), now)
	if r.Outcome != "" && r.Outcome != runtime.OutcomeOK {
		text += " " + r.Outcome
	}
	if r.Ended != nil {
		text += ", " + tookText(r.Duration)
	}
	return text
}

// tookText is how long a run took, of so many seconds.
func tookText(seconds float64) string {
	if seconds < 10 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", seconds), ".0") + "s"
	}
	return ageText(time.Duration(seconds * float64(time.Second)))
}

// runsText is "12 (1 failed, 2 skipped)".
func runsText(j runtime.JobStatus) string {
	var parts []string
	for _, part := range []struct {
		n    int
		what string
	}{{j.Failed, "failed"}, {j.Skipped, "skipped"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.what))
		}
	}
	text := fmt.Sprint(j.Runs)
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}

// manyDevices is from how many devices on status counts them.
const manyDevices = 10

// onlineText is "35 of 40 devices online", and in a cluster ", 60 elsewhere".
func onlineText(devices []runtime.DeviceStatus) string {
	online, elsewhere := 0, 0
	for _, d := range devices {
		switch d.State {
		case device.StateOnline:
			online++
		case device.StateElsewhere:
			elsewhere++
		}
	}
	if elsewhere > 0 && elsewhere == len(devices) {
		return plural(elsewhere, "device") + " elsewhere"
	}
	text := fmt.Sprintf("%d of %s online", online, plural(len(devices)-elsewhere, "device"))
	if elsewhere > 0 {
		text += fmt.Sprintf(", %d elsewhere", elsewhere)
	}
	return text
}

// began is when a run began, or was due if more is not known.
func began(r *runtime.RunStatus) time.Time {
	if r.Started != nil {
		return *r.Started
	}
	return r.Scheduled
}

// timeText is a time as it is said today: without the date if it is today's.
func timeText(t, now time.Time) string {
	switch {
	case t.Format(time.DateOnly) == now.Format(time.DateOnly):
		return t.Format(time.TimeOnly)
	case t.Sub(now).Abs() < 300*24*time.Hour:
		return t.Format("Mon 2 Jan 15:04")
	}
	return t.Format("2006-01-02 15:04")
}

// ageText is a length of time in two units at most.
func ageText(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 24*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%02dh", int(d.Hours())/24, int(d.Hours())%24)
}

// archiveLine says what the archive holds.
func archiveLine(ar *runtime.ArchiveStatus, now time.Time) string {
	text := "archive " + ar.Path + ": "
	if ar.Files == 0 {
		return text + "no pictures\n"
	}
	text += fmt.Sprintf("%s, %s", plural(int(ar.Files), "picture"), sizeText(ar.Bytes))
	if ar.Oldest != nil && ar.Newest != nil {
		text += fmt.Sprintf(", from %s to %s", timeText(*ar.Oldest, now), timeText(*ar.Newest, now))
	}
	return text + "\n"
}
