package lineedit

import (
	"io"
	"slices"
	"sync"
	"time"
)

// keyboard reads keys on a goroutine of its own and keeps them until somebody
// wants them.
type keyboard struct {
	interrupted chan struct{} // holds a value after Ctrl-C while no line was read

	answers chan string // of the terminal, to attributes

	mu      sync.Mutex
	reading bool // a line is being read
	keys    []key
	err     error         // of the last read: there are no more keys
	more    chan struct{} // holds a value when keys or err have changed
}

const ctrlC = "C-c"

func newKeyboard(in io.Reader) *keyboard {
	k := &keyboard{interrupted: make(chan struct{}, 1), answers: make(chan string, 1), more: make(chan struct{}, 1)}
	go k.read(in)
	return k
}

// read reads until the terminal is gone: a read can't be broken off.
func (k *keyboard) read(in io.Reader) {
	var d decoder
	p := make([]byte, 4096)
	for {
		n, err := in.Read(p)
		k.take(d.feed(p[:n], time.Now()), err)
		if err != nil {
			return
		}
	}
}

func (k *keyboard) take(keys []key, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, typed := range keys {
		if typed.name != answer {
			k.keys = append(k.keys, typed)
			continue
		}
		select {
		case k.answers <- typed.text:
		default:
		}
	}
	k.err = err
	if !k.reading {
		k.interrupt()
	}
	notify(k.more)
}

// interrupt tells of the last Ctrl-C and drops what was typed before it, as
// terminals do. Called with mu held.
func (k *keyboard) interrupt() {
	for i, typed := range slices.Backward(k.keys) {
		if typed.name == ctrlC {
			k.keys = k.keys[i+1:]
			notify(k.interrupted)
			return
		}
	}
}

func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// begin is called before a line is read. It reports whether Ctrl-C was typed
// too late for the line before.
func (k *keyboard) begin() (interrupted bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reading = true
	select {
	case <-k.interrupted:
		return true
	default:
		return false
	}
}

// end is called after it: a Ctrl-C that was typed right behind the line is for
// what the line does.
func (k *keyboard) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reading = false
	k.interrupt()
}

// next is the next key, if there is one. err is set when there will be none.
func (k *keyboard) next() (typed key, ok bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.keys) == 0 {
		return key{}, false, k.err
	}
	typed = k.keys[0]
	k.keys = k.keys[1:]
	return typed, true, nil
}
