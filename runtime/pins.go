package runtime

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/runtime/files"
	"github.com/hiklua/hiklua/runtime/site"
)

// pinFile lies in the data folder: a line "192.0.2.10:443 SHA-256" for each
// device with tls: pin. Without its line a device's next
// certificate is trusted.
const pinFile = "pins"

// pins remembers over restarts which certificates were trusted first.
type pins struct {
	folder *files.Folder

	mu    sync.Mutex
	known map[string]string // address -> fingerprint in hex
	// before has those of the whole site, of the time before it had shares.
	before map[string]string
}

// readPins reads what was trusted before. Data is the folder of the whole site; ""
// where folder is that.
func readPins(folder *files.Folder, data string) (p *pins, err error) {
	p = &pins{folder: folder}
	if p.known, err = readPinFile(filepath.Join(folder.Dir(), pinFile)); err == nil && data != "" {
		p.before, err = readPinFile(filepath.Join(data, pinFile))
	}
	return p, err
}

// readPinFile reads one file. One that is damaged is an error: to trust anew in
// silence is what pinning is there to prevent.
func readPinFile(path string) (known map[string]string, err error) {
	known = make(map[string]string)
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return known, nil
	}
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(text), "\n") {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if sum, err := hex.DecodeString(fields[len(fields)-1]); len(fields) != 2 || len(sum) != 32 || err != nil {
			return nil, fmt.Errorf("%s:%d: not an address and a SHA-256: mend the line, or take it out to trust that device's certificate anew", path, i+1)
		}
		known[fields[0]] = fields[1]
	}
	return known, nil
}

// pinFor sets what the client of a device with tls: pin has to know.
func (h *Host) pinFor(conf site.Device, config *isapi.Config) error {
	if conf.TLS != site.TLSPin {
		return nil
	}
	h.pinsOnce.Do(func() {
		data := ""
		if h.conf.Data != "" {
			data = filepath.Join(h.conf.Site.Dir, "data")
		}
		h.pins, h.pinsErr = readPins(h.files, data)
	})
	if h.pinsErr != nil {
		return h.pinsErr
	}
	address := net.JoinHostPort(conf.Host, strconv.Itoa(conf.Port))
	config.PinnedCert, _ = hex.DecodeString(h.pins.trusted(address))
	if len(config.PinnedCert) == 0 {
		config.PinnedCert = nil
	}
	config.OnPin = func(sum []byte) {
		if err := h.pins.add(address, hex.EncodeToString(sum)); err != nil {
			h.log.Error("the device's certificate could not be written down: at the next start it will be trusted anew",
				keyDevice, conf.Name, keyError, err)
			return
		}
		h.log.Info("the device's certificate is trusted from now on", keyDevice, conf.Name, "sha256", hex.EncodeToString(sum))
	}
	return nil
}

// trusted is the fingerprint of a device; "": none is known.
func (p *pins) trusted(address string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return cmp.Or(p.known[address], p.before[address])
}

// add keeps a fingerprint.
func (p *pins) add(address, sum string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known[address] = sum
	var text strings.Builder
	for _, address := range slices.Sorted(maps.Keys(p.known)) {
		fmt.Fprintf(&text, "%s %s\n", address, p.known[address])
	}
	_, err := p.folder.Write(pinFile, []byte(text.String()))
	return err
}
