package sim

import "fmt"

func capabilities(x *exchange) {
	d := x.d
	x.entry.What = "capabilities"
	flag := func(name string, on bool) *elem { return el(name, on) }
	analog, ip := 0, 0
	for _, c := range d.channels {
		if c.o.Analog {
			analog++
		} else {
			ip++
		}
	}
	inputs := 0
	if d.o.Model == DVR {
		inputs = analog
	}
	racm := el("RacmCap", root{}, el("nasNums", 8))
	if d.recorder() {
		slots := 8
		for slots < ip {
			slots *= 2
		}
		if d.o.Model == DVR {
			slots = max(6, ip)
		}
		racm.kids = append([]*elem{el("inputProxyNums", slots)}, racm.kids...)
	}
	security := el("SecurityCap", root{}, el("supportUserNums", 32), flag("issupIllegalLoginLock", true), flag("isSupportUserCheck", true),
		el("WebCertificateCap", el("CertificateType", opt("digest,digest/basic"), map[bool]string{true: "digest/basic", false: "digest"}[d.o.Auth == AuthBoth]),
			el("SecurityAlgorithm", el("algorithmType", opt("MD5,SHA256,MD5/SHA256"), map[Algorithm]string{MD5: "MD5", SHA256: "SHA256", MD5AndSHA256: "MD5/SHA256", MD5WithoutQOP: "MD5"}[d.o.Algorithm]))))
	if !d.recorder() {
		security.kids = append(security.kids, el("maxIllegalLoginTimes", span(3, 20), attr{"def", fmt.Sprint(d.o.LockAfter)}),
			el("maxIllegalLoginLockTime", span(1, 120), attr{"def", fmt.Sprint(int(d.o.LockTime.Minutes()))}))
	}
	events := el("EventCap", root{}, flag("isSupportHDFull", true), flag("isSupportHDError", true), flag("isSupportNicBroken", true),
		flag("isSupportIpConflict", true), flag("isSupportIllAccess", true), flag("isSupportMotionDetection", true),
		flag("isSupportVideoLoss", d.recorder()), flag("isSupportTamperDetection", true))
	ptz := el("PTZCtrlCap")
	if d.o.Model != IPC {
		ptz.kids = append(ptz.kids, flag("isSupportPatrols", true))
	}
	e := el("DeviceCap", root{},
		el("SysCap", flag("isSupportDst", true),
			el("NetworkCap", root{}, flag("isSupportNtp", true), flag("isSupportHttps", true), flag("isSupportIntegrate", true)),
			el("IOCap", root{}, el("IOInputPortNums", len(d.inputs)), el("IOOutputPortNums", len(d.outputs))),
			el("VideoCap", root{}, el("videoInputPortNums", inputs), el("videoOutputPortNums", 0)),
			flag("isSupportSubscribeEvent", !d.recorder())),
		flag("isSupportSnapshot", !d.recorder()), security, events, racm,
		el("SmartCap", root{}, flag("isSupportLineDetection", true), flag("isSupportFieldDetection", true)))
	if d.o.Model != IPC {
		e.kids = append(e.kids, ptz)
	}
	x.send(e)
}
