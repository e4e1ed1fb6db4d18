package site

import "reflect"

// Changes says what a new site.yaml means for a running host.
type Changes struct {
	Added, Removed, Changed []string // devices, in the order of their file
	Timezone, Location      bool
	Vars, Archive, Limits   bool
	Notify, MQTT, Web       bool
	Cluster                 bool
	Order                   bool // the same devices in another order
}

// Compare tells the two versions of a site apart. Devices that are in none of
// the lists keep their connections, login and queue.
func Compare(before, after *Site) Changes {
	var c Changes
	for _, d := range before.Devices {
		if now, there := after.Device(d.Name); !there {
			c.Removed = append(c.Removed, d.Name)
		} else if !d.Equal(now) {
			c.Changed = append(c.Changed, d.Name)
		}
	}
	for _, d := range after.Devices {
		if _, there := before.Device(d.Name); !there {
			c.Added = append(c.Added, d.Name)
		}
	}
	if len(c.Added) == 0 && len(c.Removed) == 0 {
		c.Order = !reflect.DeepEqual(before.DeviceNames(), after.DeviceNames())
	}
	c.Timezone = before.TimezoneName != after.TimezoneName
	c.Location = !reflect.DeepEqual(before.Location, after.Location)
	c.Vars = !reflect.DeepEqual(before.Vars, after.Vars)
	c.Archive = !reflect.DeepEqual(before.Archive, after.Archive)
	c.Notify = !reflect.DeepEqual(before.Notify, after.Notify)
	c.MQTT = !reflect.DeepEqual(before.MQTT, after.MQTT)
	c.Web = !before.Web.Equal(after.Web)
	c.Cluster = !reflect.DeepEqual(before.Cluster, after.Cluster)
	c.Limits = before.Limits != after.Limits
	return c
}

// Empty reports that nothing changed.
func (c Changes) Empty() bool { return reflect.DeepEqual(c, Changes{}) }
