package runtime

import "github.com/hiklua/hiklua/runtime/site"

// site is what site.yaml says at present. It is never changed, only replaced.
func (h *Host) site() *site.Site { return h.now.Load() }
