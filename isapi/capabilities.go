package isapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Capabilities is what a device says it can do. nil and 0: it does not say.
type Capabilities struct {
	Inputs         *int // alarm inputs
	Outputs        *int // relay outputs
	AnalogInputs   int  // video inputs of a recorder's own
	ProxyInputs    int  // cameras that a recorder takes
	Snapshot       *bool
	Patrols        *bool
	MaxWrongLogins int           // until the account is locked
	LockTime       time.Duration // for how long
	MaxLogins      int           // at once
	Auth           string        // digest, digest/basic
	Algorithms     []string      // of the digest: MD5, SHA256
	Smart          []string      // what SmartCap says yes to: LineDetection, FieldDetection ...
	Raw            string        // the document as it came
}

// Capabilities asks GET /ISAPI/System/capabilities. The document promises
// more than devices keep; what matters is asked where it is used.
func (c *Client) Capabilities(ctx context.Context) (*Capabilities, error) {
	root, a, err := c.document(ctx, &call{op: "capabilities", method: http.MethodGet, path: "/ISAPI/System/capabilities"})
	if err != nil {
		return nil, err
	}
	caps := &Capabilities{Raw: string(a.body)}
	sys, security, racm := root.Child("SysCap"), root.Child("SecurityCap"), root.Child("RacmCap")
	caps.Inputs = told(sys.Find("IOInputPortNums").Int())
	caps.Outputs = told(sys.Find("IOOutputPortNums").Int())
	caps.AnalogInputs, _ = sys.Find("videoInputPortNums").Int()
	caps.ProxyInputs, _ = racm.Find("inputProxyNums").Int()
	caps.Snapshot = told(root.Find("isSupportSnapshot").Bool())
	caps.Patrols = told(root.Child("PTZCtrlCap").Bool("isSupportPatrols"))
	caps.MaxWrongLogins = number(security.Find("maxIllegalLoginTimes"))
	caps.LockTime = time.Duration(number(security.Find("maxIllegalLoginLockTime"))) * time.Minute
	caps.MaxLogins = number(root.Find("LoginLinkNum").Find("maxLinkNum"))
	certificate := security.Find("WebCertificateCap")
	if t := certificate.Find("CertificateType"); t != nil {
		if caps.Auth = t.Text; caps.Auth == "" {
			caps.Auth = t.Attr("opt")
		}
	}
	if alg := certificate.Find("algorithmType"); alg != nil {
		for _, word := range strings.FieldsFunc(alg.Attr("opt")+","+alg.Text, func(r rune) bool { return r == ',' || r == '/' }) {
			if word = strings.TrimSpace(word); word != "" && !slices.Contains(caps.Algorithms, word) {
				caps.Algorithms = append(caps.Algorithms, word)
			}
		}
	}
	if smart := root.Child("SmartCap"); smart != nil {
		for _, n := range smart.Children {
			if on, _ := n.Bool(); on {
				caps.Smart = append(caps.Smart, strings.TrimPrefix(n.Name, "isSupport"))
			}
		}
	}
	return caps, nil
}

// told is what a device says, nil where it does not.
func told[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

// number is an element's value, or the default that its attribute names.
func number(n *Node) int {
	if v, ok := n.Int(); ok {
		return v
	}
	v, _ := parseInt(n.Attr("def"))
	return v
}
