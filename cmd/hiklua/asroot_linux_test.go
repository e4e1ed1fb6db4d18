package main

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/hiklua/hiklua/runtime/site"
)

// TestRootLeavesNothingOfItsOwn: what root does by hand in the site of a service
// leaves that user's files behind, and the service starts.
func TestRootLeavesNothingOfItsOwn(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("for root")
	}
	t.Parallel()
	const service = 65532
	dir, err := os.MkdirTemp("", "hiklua-site")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "hiklua")
	if out, err := exec.Command("cp", os.Args[0], binary).CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	write(t, dir, map[string]string{"site.yaml": "devices:\n  gate: {simulate: ptz}\n", "scripts/a.lua": `print("n is", hik.shared_state.n)`})
	filepath.WalkDir(dir, func(path string, _ fs.DirEntry, _ error) error { return os.Chown(path, service, service) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	program := func(uid uint32, args ...string) *exec.Cmd {
		c := exec.Command(binary, args...)
		c.Dir, c.Env = dir, []string{beProgram + "=1"}
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
		return c
	}
	if out, err := program(0, "exec", "-e", `
		hik.shared_state.n = 7
		hik.file.append("notes/today.txt", "one")
		hik.device("gate"):snapshot():save("pictures/gate.jpg")`).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if _, err := site.WriteSaved(dir, &site.Saved{}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, site.SavedName)); err != nil || info.Sys().(*syscall.Stat_t).Uid != service || info.Mode().Perm() != 0o644 {
		t.Error(info, err)
	}
	seen := 0
	filepath.WalkDir(filepath.Join(dir, "data"), func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			t.Fatal(err)
		}
		seen++
		info, _ := e.Info()
		if uid := info.Sys().(*syscall.Stat_t).Uid; uid != service {
			t.Errorf("%s belongs to %d", path, uid)
		}
		return nil
	})
	if seen < 6 {
		t.Errorf("%d files", seen)
	}
	p := &process{t: t}
	begin := func() {
		p.cmd = program(service, "run")
		errs, errsEnd := p.stream()
		p.cmd.Stderr, p.errs = errsEnd, errs
		if err := p.cmd.Start(); err != nil {
			t.Fatal(err)
		}
		errsEnd.Close()
		cmd := p.cmd
		t.Cleanup(func() { cmd.Process.Kill() })
		p.read()
		p.hurry()
	}
	begin()
	p.logs("n is\t7")
	p.logs("1 script live")

	// Another user is told what to do; root is let in.
	out, err := program(65531, "exec", "-e", "print(1)").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "sudo -u #65532") || !strings.Contains(string(out), "--alone") {
		t.Errorf("%v %s", err, out)
	}
	if out, err := program(0, "exec", "-e", "print(hik.shared_state.n)").CombinedOutput(); err != nil || string(out) != "7\n" {
		t.Errorf("%v %s", err, out)
	}
	p.signal(syscall.SIGTERM)
	p.ends()

	// A state file that the service may not read is what status says first.
	if err := os.Chown(filepath.Join(dir, "data", "state.db"), 0, 0); err != nil {
		t.Fatal(err)
	}
	begin()
	p.logs("1 script live")
	if out, err := program(service, "status").CombinedOutput(); err != nil || !strings.HasPrefix(string(out), "STATE NOT KEPT: ") {
		t.Errorf("%v %s", err, out)
	}
	p.signal(syscall.SIGTERM)
	p.ends()
}
