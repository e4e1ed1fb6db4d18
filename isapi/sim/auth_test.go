package sim_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hiklua/hiklua/isapi/sim"
	"github.com/hiklua/hiklua/runtime/clock"
)

const infoPath = "/ISAPI/System/deviceInfo"

func TestDigestLogin(t *testing.T) {
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.get(infoPath).want(t, 200, "")
		c.get("/ISAPI/Streaming/channels").want(t, 200, "")
		n := d.Counts()
		if n.Requests != 3 || n.Challenges != 1 || n.RejectedLogins != 0 {
			t.Errorf("one challenge serves two requests: %+v", n)
		}
	})
}

func TestChallengeHasTheFormOfItsClass(t *testing.T) {
	for model, pattern := range map[sim.Model]string{
		sim.IPC: `^Digest qop="auth", realm="IP Camera\(\d{5}\)", nonce="[0-9a-f]+", stale="FALSE"$`,
		sim.NVR: `^Digest realm="[0-9a-f]{24}", domain="::", qop="auth", nonce="[0-9a-f]{16}:\d+", opaque="", algorithm="MD5", stale="FALSE"$`,
	} {
		virtually(t, sim.Options{Model: model}, func(v *clock.Virtual, d *sim.Device, c *client) {
			r, _ := c.raw(context.Background(), "GET", infoPath, "", "")
			if h := r.header.Get("WWW-Authenticate"); !regexp.MustCompile(pattern).MatchString(h) {
				t.Errorf("%s: %s", model, h)
			}
			if r.tag("statusValue") != "401" || strings.Contains(r.body, "retryLoginTime") {
				t.Errorf("a challenge tells no tries: %s", r.body)
			}
		})
	}
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.learn()
		text, err := hex.DecodeString(c.nonce)
		if err == nil {
			text, err = base64.StdEncoding.DecodeString(string(text))
		}
		if err != nil || !regexp.MustCompile(`^[0-9a-f]{8}:[0-9a-f]+$`).Match(text) {
			t.Errorf("nonce of a camera: %q %v", text, err)
		}
	})
}

func TestAlgorithms(t *testing.T) {
	virtually(t, sim.Options{Algorithm: sim.SHA256}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.newHash = sha256.New
		c.get(infoPath).want(t, 200, "")
	})
	virtually(t, sim.Options{Algorithm: sim.MD5AndSHA256}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.get(infoPath).want(t, 200, "")
		c.newHash, c.nonce = sha256.New, ""
		c.get(infoPath).want(t, 200, "")
	})
	virtually(t, sim.Options{Algorithm: sim.MD5WithoutQOP}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.noQOP = true
		c.get(infoPath).want(t, 200, "")
		c.noQOP = false
		c.get(infoPath).want(t, 401, "")
	})
}

func TestBasic(t *testing.T) {
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:simulated"))
	for auth, want := range map[sim.Auth]int{sim.AuthDigest: 401, sim.AuthBasic: 200, sim.AuthBoth: 200} {
		virtually(t, sim.Options{Auth: auth}, func(v *clock.Virtual, d *sim.Device, c *client) {
			r, _ := c.raw(context.Background(), "GET", infoPath, "", basic)
			r.want(t, want, "")
			if rejected := d.Counts().RejectedLogins; rejected == 1 != (want == 401) {
				t.Errorf("basic where it is refused is a wrong login: %d", rejected)
			}
		})
	}
}

func TestNonceRules(t *testing.T) {
	ctx := context.Background()
	virtually(t, sim.Options{NonceLife: time.Minute}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.get(infoPath).want(t, 200, "")
		pass(v, 2*time.Minute)
		r := c.get(infoPath)
		r.want(t, 401, "invalidOperation")
		if h := r.header.Get("WWW-Authenticate"); !strings.Contains(h, `stale="FALSE"`) || directive(h, "nonce") == c.nonce {
			t.Errorf("a fresh nonce that is not called stale: %s", h)
		}
		if d.Counts().RejectedLogins != 0 {
			t.Error("an old nonce is no wrong login")
		}
	})
	virtually(t, sim.Options{NonceUses: 2, BareExpiry: true}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.get(infoPath).want(t, 200, "")
		c.get(infoPath).want(t, 200, "")
		r := c.get(infoPath)
		r.want(t, 401, "invalidOperation")
		if r.header.Get("WWW-Authenticate") != "" {
			t.Error("no challenge with the third use")
		}
	})
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.learn()
		header := c.authorization("GET", infoPath)
		for _, want := range []int{200, 401} { // the second is a replay
			r, _ := c.raw(ctx, "GET", infoPath, "", header)
			r.want(t, want, "")
		}
		first, second := c.authorization("GET", infoPath), c.authorization("GET", infoPath)
		for _, header := range []string{second, first} { // two connections may cross
			r, _ := c.raw(ctx, "GET", infoPath, "", header)
			r.want(t, 200, "")
		}
		r, _ := c.raw(ctx, "PUT", infoPath, "", c.authorization("GET", infoPath))
		r.want(t, 401, "") // signed for another method
		r, _ = c.raw(ctx, "GET", "/ISAPI/System/time", "", c.authorization("GET", infoPath))
		r.want(t, 401, "") // signed for another path
	})
	virtually(t, sim.Options{NonceURL: true}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.get(infoPath).want(t, 200, "")
		c.get("/ISAPI/System/time").want(t, 401, "invalidOperation")
	})
}

func TestLockOut(t *testing.T) {
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.password = "wrong"
		for _, left := range []string{"4", "3", "2", "1"} {
			r := c.get(infoPath)
			r.want(t, 401, "")
			if r.tag("lockStatus") != "unlock" || r.tag("retryLoginTime") != left {
				t.Errorf("want %s tries left: %s", left, r.body)
			}
			c.learn() // challenges do not count
		}
		r := c.get(infoPath)
		if r.tag("lockStatus") != "lock" || r.tag("unlockTime") != "1800" || r.tag("retryLoginTime") != "0" {
			t.Errorf("the fifth locks: %s", r.body)
		}
		pass(v, 10*time.Minute)
		c.password = "simulated"
		r = c.get(infoPath)
		r.want(t, 401, "")
		if r.tag("unlockTime") != "1200" {
			t.Errorf("locked also for the right password: %s", r.body)
		}
		pass(v, 20*time.Minute)
		c.get(infoPath).want(t, 200, "")
		n := d.Counts()
		if n.RejectedLogins != 6 || n.Lockouts != 1 {
			t.Errorf("counts: %+v", n)
		}
	})
}

func TestRightLoginResetsTheTries(t *testing.T) {
	virtually(t, sim.Options{}, func(v *clock.Virtual, d *sim.Device, c *client) {
		for range 3 {
			for range 4 {
				c.password = "wrong"
				c.get(infoPath).want(t, 401, "")
			}
			c.password = "simulated"
			c.get(infoPath).want(t, 200, "")
		}
	})
}

func TestQuietLockAndHostileHeaders(t *testing.T) {
	virtually(t, sim.Options{QuietLock: true, LockAfter: 1000}, func(v *clock.Virtual, d *sim.Device, c *client) {
		c.learn()
		for _, header := range []string{"x", "Digest", `Digest username="`, "Digest a=b, a=c", "Digest " + strings.Repeat(",", 5000), "Bearer abc", "Basic !!!",
			`Digest username="admin", realm="` + c.realm + `", nonce="` + c.nonce + `", uri="` + infoPath + `", qop=auth-int, nc=1, cnonce="", response=""`} {
			r, err := c.raw(context.Background(), "GET", infoPath, "", header)
			if err != nil || r.status != 401 || strings.Contains(r.body, "retryLoginTime") {
				t.Errorf("%.40s: %d %v %s", header, r.status, err, r.body)
			}
		}
	})
}
