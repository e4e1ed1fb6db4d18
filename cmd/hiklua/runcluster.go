package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hiklua/hiklua/runtime"
	"github.com/hiklua/hiklua/runtime/clock"
	"github.com/hiklua/hiklua/runtime/cluster"
	"github.com/hiklua/hiklua/runtime/deadman"
	"github.com/hiklua/hiklua/runtime/engine"
	"github.com/hiklua/hiklua/runtime/hold"
	"github.com/hiklua/hiklua/runtime/hosts"
	"github.com/hiklua/hiklua/runtime/site"
)

// runCluster runs the site in dir as one host of its cluster, which there is, until
// ctx ends.
func (a *app) runCluster(ctx context.Context, dir, host string, o runOptions) error {
	s, err := a.loadSite(dir, o.simulate)
	if err == nil {
		err = a.ranAlone(s)
	}
	if err != nil {
		return err
	}
	daemon, err := a.newDaemon(s, o)
	if err != nil {
		return err
	}
	defer daemon.close()
	log := daemon.log
	conf, err := engineConf(s, host)
	if err != nil {
		return err
	}
	conf.Clock, conf.Log, conf.Advertise = a.clk, log, a.advertise
	driving, err := engine.Start(ctx, conf)
	if err != nil {
		return err
	}
	defer driving.Close()

	_, err = os.Stat(founderFile(s.Dir))
	founder := err == nil

	var member *cluster.Member
	group := hosts.New(hosts.Config{
		Clock: a.clk, Version: version(), Outside: daemon.broken,
		Site:    func() *site.Site { return member.Site() },
		Cluster: func() runtime.ClusterStatus { return member.Brief() },
	})
	load := func(source string) (*site.Site, error) {
		next, err := a.loadFrom(source, s.Dir, o.simulate)
		tellRunningHost(err)
		return next, err
	}
	member = cluster.New(cluster.Config{
		Site: s, Name: host, ID: hostID(s.Dir, host), Session: rand.Text(), Founder: founder,
		Engine: driving, Boot: deadman.Boot, Deadman: func() hold.Deadman { return deadman.New() },
		Clock: a.clk, Log: log,
		Load: load, Check: a.checkRelease(s.Dir, o.simulate),
		Host: a.hostConf(s, hostOptions{
			log: log, devices: daemon.devices, simulate: o.simulate, reload: true, record: daemon.record, publish: daemon.broker.publish(), state: true,
		}),
		Taken: func(s *site.Site) { daemon.taken(group, o.web(s)) },
		Group: group, Dial: dialDevice,
	})
	daemon.cluster = member
	defer clock.OnDone(hurried(ctx), member.Abort)()
	log.Info(fmt.Sprintf("site %s: host %s of a cluster of %s and %s; time zone %s",
		runtime.FullPath(s.Dir), host, strings.Join(s.Cluster.HostNames(), ", "), witnessesText(len(s.Cluster.Witnesses)), zoneText(s)))
	for _, w := range s.Warnings {
		log.Warn(w.String())
	}
	daemon.measure(group, o.web(s))
	defer daemon.broker.start(group)()
	daemon.listen(group, o.web(s))
	// A standby is ready when it can take part: whether a majority is there is no
	// matter of this host, and starting it again would not help.
	daemon.ready(group)
	stop := a.stopWith(ctx, daemon, "stopping: scripts end, heads are stopped, and what is held here goes to another host")
	err = member.Run(ctx) // it may end by itself
	stop()
	if err != nil {
		return err
	}
	log.Info("stopped, every head that this host drove is at rest")
	return nil
}

// engineConf is what the engine of a member is made with.
func engineConf(s *site.Site, name string) (engine.Config, error) {
	c := s.Cluster
	conf := engine.Config{
		Dir: filepath.Join(dataFolder(s.Dir), "engine"), Name: name, Members: make(map[string]string),
		Witnesses: c.WitnessNames(), URL: c.Engine.Reveal(),
	}
	for _, m := range append(append([]site.Member{}, c.Hosts...), c.Witnesses...) {
		conf.Members[m.Name] = net.JoinHostPort(m.Address, strconv.Itoa(c.Port))
	}
	if conf.URL != "" {
		return conf, nil
	}
	if addresses, err := net.InterfaceAddrs(); err == nil {
		if other := memberHere(c, name, addresses); other.Name != "" {
			return conf, &failure{fmt.Sprintf("this machine has the address %s, and that is %s in cluster: of site.yaml, not %s", other.Address, other.Name, name)}
		}
	}
	secret, err := os.ReadFile(s.Path(c.SecretFile))
	if errors.Is(err, os.ErrNotExist) {
		return conf, &failure{fmt.Sprintf("%s is not there: hiklua cluster init makes it on one host, and it is copied from there to all others", s.Path(c.SecretFile))}
	}
	if err == nil {
		err = engine.CheckSecret(secret)
	}
	if err != nil {
		return conf, &failure{fmt.Sprintf("%s: %v", s.Path(c.SecretFile), err)}
	}
	conf.Secret = secret
	return conf, nil
}

// memberHere is the member that a machine with these addresses is, where that is
// another than name. A machine behind a router may have none that site.yaml has.
func memberHere(c *site.Cluster, name string, addresses []net.Addr) (other site.Member) {
	here := func(m site.Member) bool {
		ip := net.ParseIP(m.Address)
		return ip != nil && !ip.IsLoopback() && slices.ContainsFunc(addresses, func(a net.Addr) bool {
			own, ok := a.(*net.IPNet)
			return ok && own.IP.Equal(ip)
		})
	}
	for _, m := range slices.Concat(c.Hosts, c.Witnesses) {
		switch {
		case !here(m):
		case m.Name == name:
			return site.Member{}
		default:
			other = m
		}
	}
	return other
}

// hostID is what no other host has: of its name, the machine, its start and the data
// folder. A host takes the share of its own ID at once, as that of a process which is
// dead. The name tells machines apart that were copied from one image, machine-id and
// all, and the start does where they have the same name as well.
func hostID(dir, host string) string {
	machine, err := os.ReadFile("/etc/machine-id")
	if err != nil || len(machine) == 0 {
		name, _ := os.Hostname()
		machine = []byte(name)
	}
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // none but on Linux
	sum := sha256.Sum256([]byte(strings.TrimSpace(string(machine)) + "\x00" + string(boot) + "\x00" + runtime.FullPath(dataFolder(dir)) + "\x00" + host))
	return hex.EncodeToString(sum[:6])
}

// loadFrom reads the site of dir whose site.yaml lies in source.
func (a *app) loadFrom(source, dir string, simulate bool) (*site.Site, error) {
	if !simulate {
		return site.LoadFrom(source, dir, a.env)
	}
	s, err := site.LoadSimulatedFrom(source, dir, a.env)
	if err != nil {
		return nil, err
	}
	return withSaved(s, dir)
}

// dialDevice opens a connection to a device and closes it.
func dialDevice(ctx context.Context, address string) error {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}
