package device

import (
	"sync"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/site"
)

// accounts are those that were used since the host began. Whoever asks the same
// device with the same password (under a second name in site.yaml, by hik.device{...},
// over the new line of a device of which another setting was changed) shares what is
// known of the login: a wrong password is not tried once for each.
type accounts struct {
	mu    sync.Mutex
	known map[accountKey]*isapi.Account
}

// accountKey is what makes an account on a device one and the same.
type accountKey struct {
	simulated string // the device's name, for these have no address
	host      string
	port      int
	username  string
	password  isapi.Secret
	auth      site.AuthMode
}

func accountOf(conf site.Device) accountKey {
	a := accountKey{host: conf.Host, port: conf.Port, username: conf.Username, password: conf.Password, auth: conf.AuthMode}
	if conf.Simulate != "" {
		a.simulated = conf.Name
	}
	return a
}

// client makes the client of a device, which config describes but for the account.
func (a *accounts) client(conf site.Device, config isapi.Config) (*isapi.Client, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := accountOf(conf)
	config.Account = a.known[key]
	client, err := isapi.New(config)
	if err != nil {
		return nil, err
	}
	if a.known == nil {
		a.known = make(map[accountKey]*isapi.Account)
	}
	a.known[key] = client.Account()
	return client, nil
}
