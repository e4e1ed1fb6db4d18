package main

import (
	"bufio"
	"io"
	"strings"
)

// eachLine calls f for every line, however long, without its end.
func eachLine(in io.Reader, f func(text string)) {
	r := bufio.NewReader(in)
	for {
		text, err := r.ReadString('\n')
		if text != "" {
			f(strings.TrimRight(text, "\r\n"))
		}
		if err != nil {
			return
		}
	}
}
