package page

import "testing"

func TestAssetsAreThere(t *testing.T) {
	for _, name := range []string{"index.html", "login.html", "app.css", "app.js", "icon.svg"} {
		if b, err := assets.ReadFile("assets/" + name); err != nil || len(b) == 0 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
	}
}
