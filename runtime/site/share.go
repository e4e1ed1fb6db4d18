package site

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Share is the site as the holder of a share runs it: a copy with the devices of
// the share alone, and the schedules of their pictures. Where there is more than
// one share, its pictures lie in a folder of the share's name below archive.path,
// and below the second place. Everything else is the same for all shares; Cluster
// still says which share has which device. It is nil if there is no such share.
func (s *Site) Share(name string) *Site {
	if !slices.Contains(s.ShareNames(), name) {
		return nil
	}
	one := *s
	if len(s.ShareNames()) == 1 {
		return &one
	}
	one.Devices = slices.DeleteFunc(slices.Clone(s.Devices), func(d Device) bool { return s.ShareOf(d.Name) != name })
	if s.Archive != nil {
		one.Archive = s.Archive.ofShare(name, func(device string) bool { return s.ShareOf(device) == name })
	}
	return &one
}

// ofShare is the archive of a share, which has some of the devices.
func (a *Archive) ofShare(name string, has func(device string) bool) *Archive {
	part := *a
	part.Path = filepath.Join(a.Path, name)
	if a.CopyTo != nil {
		to := *a.CopyTo
		if to.Folder != "" {
			to.Folder = filepath.Join(to.Folder, name)
		} else {
			to.Prefix = path.Join(to.Prefix, name)
		}
		part.CopyTo = &to
	}
	part.Schedules = nil
	for _, schedule := range a.Schedules {
		schedule.Channels = slices.DeleteFunc(slices.Clone(schedule.Channels), func(pattern string) bool {
			device, _, _ := strings.Cut(pattern, "/")
			return device != "*" && !has(device)
		})
		if len(schedule.Channels) > 0 {
			part.Schedules = append(part.Schedules, schedule)
		}
	}
	return &part
}
