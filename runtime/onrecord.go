package runtime

import (
	"context"
	"strings"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/luaapi"
	"github.com/hiklua/hiklua/runtime/archive"
	"github.com/hiklua/hiklua/runtime/journal"
)

// maxNoticeText bounds what is on record of the text of a notification, in
// characters.
const maxNoticeText = 80

// record puts something on record, if there is one.
func (h *Host) record(e journal.Entry) {
	if h.conf.Record != nil {
		h.conf.Record(e)
	}
}

// by names the task in which something happened; nil: the host itself.
func (t *task) by(e journal.Entry) journal.Entry {
	if t != nil {
		e.Script, e.Task = t.script.name, t.name
		if t.job != nil {
			e.Job = t.job.name
		}
	}
	return e
}

// taskIn is the task that a context belongs to, be it that of a wait or that of
// its Lua thread; nil: none.
func taskIn(ctx context.Context) *task {
	if t, ok := ctx.Value(taskKey{}).(*task); ok {
		return t
	}
	t, _ := ctx.Value(luaapi.TaskKey{}).(*task)
	return t
}

// TaskOf names the task in which something happens that was given this context:
// its script, job and name. They are empty where no task of a script does it.
func TaskOf(ctx context.Context) (script, job, task string) {
	e := taskIn(ctx).by(journal.Entry{})
	return e.Script, e.Job, e.Task
}

// recordRun puts a run of a job on record: its task (nil: it got none), when it
// was due and began, and, once it has ended, its error.
func (j *job) recordRun(kind journal.Kind, t *task, f luaapi.Firing, err error) {
	e := journal.Entry{Kind: kind, Time: f.Started, Script: j.script.name, Job: j.name, Waited: f.Late, Err: asRecorded(err)}
	if t != nil {
		e.Task = t.name
	}
	if kind == journal.RunEnded {
		e.Time = j.script.host.clk.Now()
		e.Duration = e.Time.Sub(f.Started)
	}
	j.script.host.record(e)
}

// recordFailure puts on record that a task failed that is no run of a job.
func (t *task) recordFailure(err error) {
	t.script.host.record(t.by(journal.Entry{Kind: journal.Failed, Time: t.script.host.clk.Now(), Err: asRecorded(err)}))
}

// recordScript puts on record what became of a script, or, without a name, of
// site.yaml.
func (h *Host) recordScript(name, what string, err error) {
	h.record(journal.Entry{Kind: journal.Script, Time: h.clk.Now(), Script: name, What: what, Err: asRecorded(err)})
}

// recordHost puts the start or the end of the host on record.
func (h *Host) recordHost(what string, err error) {
	h.record(journal.Entry{Kind: journal.Host, Time: h.clk.Now(), Name: h.conf.Share, What: what, Detail: h.conf.Version, Err: asRecorded(err)})
}

// recordPicture puts on record that a picture lies in the archive.
func (h *Host) recordPicture(ctx context.Context, e archive.Entry) {
	h.record(taskIn(ctx).by(journal.Entry{
		Kind: journal.Picture, Time: e.Taken, Device: e.Device, Channel: e.Channel,
		What: e.Event, Detail: h.archived(e.Path), Name: e.Label, Size: e.Size,
	}))
}

// recordNotice puts the beginning of a notification on record. A secret of the
// site that a script puts into its text is not.
func (h *Host) recordNotice(ctx context.Context, target string, n luaapi.Notice, at time.Time) {
	if h.conf.Record == nil {
		return
	}
	text := n.Title
	if strings.TrimSpace(text) == "" {
		text = n.Text
	}
	if strings.TrimSpace(text) == "" {
		text = n.PictureName
	}
	h.record(taskIn(ctx).by(journal.Entry{Kind: journal.Notice, Time: at, What: target, Detail: h.firstWords(text)}))
}

// firstWords is the beginning of a text in one line, without secrets.
func (h *Host) firstWords(text string) string {
	if most := 20 * maxNoticeText; len(text) > most { // a secret is not cut in two before it is found
		text = text[:most]
	}
	words := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(h.withoutSecrets(text), "")), " "))
	if len(words) > maxNoticeText {
		return string(words[:maxNoticeText]) + "..."
	}
	return string(words)
}

// withoutSecrets is a text with *** in the place of the secrets of the site.
func (h *Host) withoutSecrets(text string) string {
	hide := func(secret isapi.Secret) {
		if plain := secret.Reveal(); len(plain) >= 4 {
			text = strings.ReplaceAll(text, plain, secret.String())
		}
	}
	for _, d := range h.site().Devices {
		hide(d.Password)
	}
	for _, t := range h.site().Notify {
		for _, secret := range t.Secrets() {
			hide(secret)
		}
	}
	if m := h.site().MQTT; m != nil {
		hide(m.Password)
	}
	for _, secret := range h.site().Web.Secrets() {
		hide(secret)
	}
	return text
}

// asRecorded is an error as the record has it: its kind, its message with the
// place in the script, and no more than that. What ended because it was told to
// is "cancelled".
func asRecorded(err error) error {
	if err == nil {
		return nil
	}
	r := Report(err)
	if isOrderly(err) {
		return journal.NewAnswer(OutcomeCancelled, r.Message)
	}
	if place := r.Place(); place != "" {
		r.Message = place + ": " + r.Message
	}
	return journal.NewAnswer(r.Kind, r.Message)
}
