package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// camName is what the device of --device is called in Lua.
const camName = "cam"

// passwordVariable holds the password of --device.
const passwordVariable = "HIKLUA_PASSWORD"

// emptyDevice refuses --device without an address, as an unset variable of a
// shell gives it.
func (a *app) emptyDevice(c *cobra.Command) error {
	if f := c.Flag("device"); f.Changed && f.Value.String() == "" {
		return &misuse{"--device: the address is empty", commandLine(a, c) + " --device" + argumentOf(f)}
	}
	return nil
}

// addDevice adds the device of --device to a site, under the name cam.
func (a *app) addDevice(ctx context.Context, s *site.Site, address, command string, simulate bool) error {
	example := fmt.Sprintf("%s %s --device http://operator@192.0.2.10", a.name, command)
	u, err := deviceURL(address)
	if err != nil {
		return &misuse{"--device: " + err.Error(), example}
	}
	if _, taken := s.Device(camName); taken {
		return &failure{fmt.Sprintf("site.yaml has a device named %s already: leave --device out, or name another --site", camName)}
	}
	keys := map[string]any{"ip": u.Hostname(), "scheme": u.Scheme, "username": u.User.Username(), "password": "simulated"}
	if port := u.Port(); port != "" {
		number, err := strconv.Atoi(port)
		if err != nil {
			return &misuse{fmt.Sprintf("--device: %q is no port", port), example}
		}
		keys["port"] = number
	}
	var password isapi.Secret
	switch {
	case simulate && keys["username"] == "":
		keys["username"] = "admin"
	case simulate:
	case keys["username"] == "":
		return &misuse{"--device: the account is missing: http://USER@HOST", fmt.Sprintf("%s %s --device %s", a.name, command, shellWord(u.Scheme+"://operator@"+u.Host))}
	default:
		if password, err = a.password(ctx, u); err != nil {
			return err
		}
		keys["password"] = password.Reveal()
	}
	d, err := site.ParseDevice(keys, "")
	if err != nil {
		return &misuse{"--device: " + err.Error(), example}
	}
	d.Name = camName
	s.Devices = append(s.Devices, d)
	return nil
}

// deviceURL reads http://USER@HOST[:PORT]. Its errors never show the text: it
// may hold a password.
func deviceURL(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return nil, errors.New("not an address such as http://operator@192.0.2.10")
	}
	if _, has := u.User.Password(); has {
		return nil, fmt.Errorf("a password in an address can be seen by everybody on this machine: leave it out, it is asked for (or taken from %s)", passwordVariable)
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("scheme %q is neither http nor https", u.Scheme)
	case strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("an address ends after host and port")
	}
	return u, nil
}

// password takes the password from the environment, or asks for it at the
// terminal, which is left as it was even if the question is broken off.
func (a *app) password(ctx context.Context, u *url.URL) (isapi.Secret, error) {
	if text, ok := a.env(passwordVariable); ok && text != "" {
		return isapi.NewSecret(text), nil
	}
	terminal, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(terminal.Fd())) {
		return isapi.Secret{}, &misuse{fmt.Sprintf("no password: %s is not set, and there is no terminal to ask at", passwordVariable),
			fmt.Sprintf("read -rs %s; export %[1]s", passwordVariable)}
	}
	fd := int(terminal.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return isapi.Secret{}, err
	}
	fmt.Fprintf(a.stderr, "password of %s at %s: ", u.User.Username(), u.Host)
	defer fmt.Fprintln(a.stderr)
	text, err := readUnless(ctx, func() ([]byte, error) { return term.ReadPassword(fd) })
	switch {
	case errors.Is(err, errInterrupted):
		_ = term.Restore(fd, before) // the program ends; there is nothing better to do
		return isapi.Secret{}, &failure{"interrupted"}
	case err != nil || len(text) == 0:
		return isapi.Secret{}, &failure{"no password was given"}
	}
	return isapi.NewSecret(string(text)), nil
}
