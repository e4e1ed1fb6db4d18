package lineedit

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// memory is a history.
type memory struct{ lines []string }

func (m *memory) Lines() []string { return m.lines }
func (m *memory) Add(line string) { m.lines = append(m.lines, line) }

// paper takes what is drawn.
type paper struct {
	mu sync.Mutex
	b  strings.Builder
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// desk is an editor with somebody at its keyboard.
type desk struct {
	*Editor
	keys *io.PipeWriter
	out  *paper
}

func newDesk(lines ...string) *desk {
	in, keys := io.Pipe()
	d := &desk{keys: keys, out: &paper{}}
	d.Editor = New(Config{
		In: in, Out: d.out, Size: func() (int, int) { return 40, 10 },
		Prompt: "> ", More: ". ", Plain: true, History: &memory{lines},
		Whole: func(text string) bool { return !strings.HasSuffix(text, "do") },
		Complete: func(before string) Completion {
			word := before[strings.LastIndexByte(before, ' ')+1:]
			c := Completion{Prefix: word}
			for _, w := range []string{"preset", "presets", "print", "Tür", "Tüte"} {
				if strings.HasPrefix(w, word) {
					c.Words = append(c.Words, Word{Text: w})
				}
			}
			return c
		},
	})
	return d
}

const (
	up, down, left, home = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[H"
	ctrlR, ctrlU         = "\x12", "\x15"
)

func TestEdit(t *testing.T) {
	for _, c := range []struct{ keys, want string }{
		{"abc", "abc"},
		{"ac" + left + "b", "abc"},
		{"bc" + home + "a", "abc"},
		{"Tür" + left + left + "\x7f" + "t", "tür"},
		{"e\u0301x" + left + "\x7f", "x"},         // what is seen as one letter goes as one
		{"日本" + left + "\x1b[3~", "日"},            // Delete
		{"one two three\x17\x17four", "one four"}, // Ctrl-W
		{"one.two\x1b\x7fthree", "one.three"},     // Alt-Backspace
		{"hello\x1bb\x0b\x19\x19", "hellohello"},  // Alt-B Ctrl-K Ctrl-Y Ctrl-Y
		{"abc\x7f\x7f\x1f", "ab"},                 // Ctrl-_
		{"for do\rx", "for do\nx"},
		{"for do\rend" + up + "1 ", "for1  do\nend"},
		{"\x1b[200~a\rb\x1b[201~!", "a\nb!"},
		{up, "second"},
		{up + up, "first one"},
		{up + up + up + down, "second"},
		{"typed" + up + down + "!", "typed!"},
		{ctrlR + "fir", "first one"},
		{ctrlR + "o" + ctrlR, "first one"},
		{ctrlR + "fir\x1b[F!", "first one!"},
		{"x" + ctrlR + "fir\x07", "x"}, // Ctrl-G
		{"Tü\t", "Tü"},
		{"x T\t", "x Tü"},
		{"pri\t(1)", "print(1)"},
		{"pres\t\t\t\x7f", "preset"},
		{"pre\t\t\x1b[Z\r\x7f!", "preset!"}, // Enter takes what is chosen
		{"pre\t\t\x07!", "preset!"},
		{"none\t!", "none!"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk("first one", "second")
			go func() {
				io.WriteString(d.keys, c.keys)
				synctest.Wait()
				io.WriteString(d.keys, "\r\r")
				d.keys.Close()
			}()
			got, err := d.Read(t.Context())
			if err != nil || got != c.want {
				t.Errorf("%q: %q %v, want %q", c.keys, got, err, c.want)
			}
		})
	}
}

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		keys string
		want error
	}{{"abc\x03", ErrInterrupt}, {"\x04", io.EOF}, {"abc", io.EOF}} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk()
			go func() {
				io.WriteString(d.keys, c.keys)
				d.keys.Close()
			}()
			if text, err := d.Read(t.Context()); text != "" || !errors.Is(err, c.want) {
				t.Errorf("%q: %q %v", c.keys, text, err)
			}
		})
	}
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if _, err := d.Read(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		d.keys.Close()
	})
}

// What is typed while a line runs is for the next one; Ctrl-C is for the line
// that runs, also when it was typed right behind that.
func TestTypedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		defer d.keys.Close()
		read := func(want string, wantErr error) {
			t.Helper()
			if got, err := d.Read(t.Context()); got != want || !errors.Is(err, wantErr) {
				t.Errorf("%q %v, want %q %v", got, err, want, wantErr)
			}
		}
		interrupted := func(want bool) {
			t.Helper()
			synctest.Wait()
			got := false
			select {
			case <-d.Interrupted():
				got = true
			default:
			}
			if got != want {
				t.Errorf("interrupted: %v", got)
			}
		}
		io.WriteString(d.keys, "one\rtwo\rth")
		read("one", nil)
		interrupted(false)
		read("two", nil)
		io.WriteString(d.keys, "ree\r")
		interrupted(false)
		read("three", nil)

		go func() {
			synctest.Wait() // until the line is being read
			io.WriteString(d.keys, "four\r\x03five\r")
		}()
		read("four", nil)
		interrupted(true)
		read("five", nil)

		io.WriteString(d.keys, "lost\r\x03six\r")
		interrupted(true)
		read("six", nil)

		// Too late for the line before: it clears the next one.
		io.WriteString(d.keys, "\x03seven\r")
		synctest.Wait()
		read("", ErrInterrupt)
		read("seven", nil)
	})
}

// What Tab could not complete is completed when more is known, unless something
// was typed meanwhile.
func TestCompletedLater(t *testing.T) {
	for _, c := range []struct{ first, later, typed, want string }{
		{"", "dark", "", "x dark"},
		{"", "dark", "!", "x d!"},
		{"day", "day dark", "", "x da"}, // nothing is taken while others may come
		{"day", "day", "", "x day"},
	} {
		synctest.Test(t, func(t *testing.T) {
			known, more := c.first, true
			d := newDesk()
			d.c.Complete = func(before string) Completion {
				offer := Completion{Prefix: "d", More: more}
				for _, w := range strings.Fields(known) {
					if strings.HasPrefix(w, before[2:]) {
						offer.Prefix = before[2:]
						offer.Words = append(offer.Words, Word{Text: w})
					}
				}
				return offer
			}
			go func() {
				io.WriteString(d.keys, "x d\t")
				synctest.Wait()
				io.WriteString(d.keys, c.typed)
				synctest.Wait()
				known, more = c.later, false
				d.Changed()
				synctest.Wait()
				io.WriteString(d.keys, "\r")
				d.keys.Close()
			}()
			if got, err := d.Read(t.Context()); err != nil || got != c.want {
				t.Errorf("%+v: %q %v", c, got, err)
			}
		})
	}
}

// Output stands above the line that is typed, and a line of output that has no
// end is not written over.
func TestOutputAbove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		io.WriteString(d, "no end")
		go func() {
			io.WriteString(d.keys, "abc")
			synctest.Wait()
			io.WriteString(d, "one\ntwo\n")
			io.WriteString(d.keys, "d\r")
			d.keys.Close()
		}()
		if text, err := d.Read(t.Context()); text != "abcd" || err != nil {
			t.Errorf("%q %v", text, err)
		}
		shown := d.out.String()
		for _, want := range []string{"no end\r\n", "> abc", "\r\x1b[Jone\r\ntwo\r\n", "> abc", "> abcd", "\r\n"} {
			i := strings.Index(shown, want)
			if i < 0 {
				t.Fatalf("%q is missing in %q", want, d.out)
			}
			shown = shown[i+len(want):]
		}
	})
}
