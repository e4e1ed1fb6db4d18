package metrics

import (
	"os/exec"
	"testing"
)

// TestAlertRules plays to docs/alerts.yaml what hosts tell, and looks which alerts
// fire.
func TestAlertRules(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not here (apt-get install prometheus): docs/alerts.yaml is not tested")
	}
	for _, args := range [][]string{{"check", "rules", "../../docs/alerts.yaml"}, {"test", "rules", "testdata/alerts_test.yaml"}} {
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %v: %v\n%s", args, err, out)
		}
	}
}
