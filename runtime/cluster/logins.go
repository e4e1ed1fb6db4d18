package cluster

import (
	"path/filepath"
	"time"

	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/logins"
)

// keepLoginsEvery is how often the copy of refused logins is made to be as the holder
// of the share tells.
const keepLoginsEvery = 2 * time.Second

// refusedLogins are those of a share that this host holds; known is false until the
// Host is there.
func (s *share) refusedLogins() (page []byte, known bool) {
	if t := s.latest(); t != nil {
		if h := t.running(); h != nil {
			return h.RefusedLogins(), true
		}
	}
	return nil, false
}

// keepLogins keeps a copy of the refused logins of the shares that others hold: a
// command that asks a device from this machine tries no such password again, whether
// a host runs or not. That of a share held here its Host keeps.
func (m *Member) keepLogins() {
	kept, failing := make(map[string]string), make(map[string]bool)
	for clock.Sleep(m.ctx, m.clk, keepLoginsEvery) == nil {
		for _, p := range m.live() {
			for _, s := range m.all() {
				page, told := p.Logins[s.name]
				if s.held() {
					delete(kept, s.name)
					continue
				}
				if before, known := kept[s.name]; !told || known && before == string(page) {
					continue
				}
				err := logins.Keep(filepath.Join(m.data, s.name), page)
				if err == nil {
					kept[s.name] = string(page)
				} else if !failing[s.name] { // it is tried again all the time
					s.log.Warn("it can't be noted which passwords were refused: a command on this machine may try one again", keyError, err)
				}
				failing[s.name] = err != nil
			}
		}
	}
}
