package isapi

import (
	"context"
	"slices"
	"strings"
)

// Trigger is one event rule and what the device does when it fires.
type Trigger struct {
	ID      string   // VMD-1, tamper-1, IO-301
	Native  string   // eventType as it stands
	Type    string   // in this package's words, see Alert.Type
	Channel int      // 0: the device itself
	Port    int      // alarm input, 0: none
	Methods []string // center, record, email, beep ...
}

// Center reports whether the rule notifies the surveillance centre. Events
// of one that does not never reach the event stream, which is the commonest
// reason for "no events".
func (t Trigger) Center() bool {
	return slices.ContainsFunc(t.Methods, func(m string) bool { return strings.EqualFold(m, "center") })
}

// EventTriggers lists the event rules: GET /ISAPI/Event/triggers. Firmware
// that fails on the whole list is asked for the usual rules one by one.
func (c *Client) EventTriggers(ctx context.Context) ([]Trigger, error) {
	const op, path = "list event rules", "/ISAPI/Event/triggers"
	root, err := c.get(ctx, op, 0, path)
	if err == nil {
		if !strings.EqualFold(root.Name, "EventTriggerList") {
			root = root.Find("EventTriggerList")
		}
		var list []Trigger
		for _, n := range root.All("EventTrigger") {
			list = append(list, c.readTrigger(n))
		}
		return list, nil
	}
	if e := asError(err); e == nil || e.HTTPStatus < 500 || e.Kind() == "busy" {
		return nil, err
	}
	channels, listErr := c.Channels(ctx)
	if listErr != nil {
		return nil, listErr
	}
	var list []Trigger
	for _, ch := range channels[:min(len(channels), 16)] {
		for _, kind := range []string{"VMD", "linedetection", "fielddetection", "tamper"} {
			n, oneErr := c.get(ctx, op, ch.ID, path+"/"+kind+"-"+itoa(ch.ID))
			if oneErr == nil {
				list = append(list, c.readTrigger(n))
			} else if !optional(oneErr) {
				return nil, oneErr
			}
		}
	}
	if len(list) == 0 {
		return nil, err
	}
	return list, nil
}

func (c *Client) readTrigger(n *Node) Trigger {
	t := Trigger{ID: n.Get("id"), Native: n.Get("eventType")}
	t.Type, _ = AlertType(t.Native)
	number, port := eventPlace(n)
	t.Port = port
	t.Channel, _ = c.humanChannel(number)
	for _, m := range n.Child("EventTriggerNotificationList").All("EventTriggerNotification") {
		if method := m.Get("notificationMethod"); method != "" {
			t.Methods = append(t.Methods, method)
		}
	}
	return t
}
