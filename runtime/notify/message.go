package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// Message is one notification.
type Message struct {
	Title   string // one line; empty: none
	Text    string
	Picture *Picture // nil: none
	Script  string   // that sends it
	Time    time.Time
}

// Picture is a picture that goes along. Its bytes are not copied.
type Picture struct {
	Name        string // of its file
	ContentType string
	Data        []byte
}

// firstLine is what a message is about, in one line.
func (m *Message) firstLine() string {
	if m.Title != "" {
		return m.Title
	}
	line, _, _ := strings.Cut(m.Text, "\n")
	if line == "" && m.Picture != nil {
		return m.Picture.Name
	}
	return line
}

// late is how long ago a message may have been sent without saying so.
const late = 2 * time.Minute

// letter is a message as it is sent: with what it has to add.
type letter struct {
	title, text string
	picture     *Picture
	target      string
	script      string
	time        time.Time
	id          string // the same at each try
}

// clean makes any bytes a text that every place takes.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// oneLine makes any bytes fit for a header.
func oneLine(text string) string { return strings.Join(strings.Fields(clean(text)), " ") }

// cutBytes cuts a text to so many bytes, and says so at its end.
func cutBytes(text string, most int) string {
	const mark = " …"
	if len(text) <= most {
		return text
	}
	end := most - len(mark)
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + mark
}

// cutUTF16 cuts a text to so many units of UTF-16, as Telegram counts.
func cutUTF16(text string, most int) string {
	const mark = " …"
	units, end := 0, 0
	for i, r := range text {
		units += utf16.RuneLen(r)
		if units <= most-2 {
			end = i + utf8.RuneLen(r)
		}
	}
	if units <= most {
		return text
	}
	return text[:end] + mark
}

// heading puts a title above a text, where there is no other place for it.
func heading(title, text string) string {
	switch {
	case title == "":
		return text
	case text == "":
		return title
	}
	return title + "\n\n" + text
}

// sizeText is 240 kB or 1.2 MB.
func sizeText(n int) string {
	if n < 1_000_000 {
		return fmt.Sprintf("%d kB", (n+999)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
