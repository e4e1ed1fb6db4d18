package luaapi

import (
	"context"
	"fmt"

	"github.com/hiklua/hiklua/isapi"
)

// CheckPreset is why preset id of a head is not to be recalled for a person, who
// has no {special=true} to say: an error of kind misuse for a number that no preset
// has and for one that is a function of the device, such as 94, which reboots it.
// The device is asked once (.../capabilities) for what is not known of every head.
// Nil: it is a position, as far as the device tells.
func CheckPreset(ctx context.Context, client *isapi.Client, channel, id int) error {
	switch {
	case id < 1 || id > isapi.MaxPreset:
		return &Failure{Kind: "misuse", Message: fmt.Sprintf("preset %d: a preset is 1-%d", id, everyHeadsPresets)}
	case id <= OrdinaryPresets:
		return nil
	}
	special, err := client.SpecialPreset(ctx, channel, id)
	if lacks(err) {
		special, err = specialPreset(id) != "", nil
	}
	switch {
	case err != nil:
		return err
	case special:
		return &Failure{Kind: "misuse", Message: noPosition(id), Hint: "only a script may call it, with hik.preset(..., {special=true})"}
	case id <= everyHeadsPresets:
		return nil
	}
	most, err := MostPresets(ctx, client, channel)
	if err == nil && id > most {
		return &Failure{Kind: "misuse", Message: fmt.Sprintf("preset %d: this head has the presets 1-%d", id, most)}
	}
	return err
}

// MostPresets is the highest preset number of a head: what it says, and at the least
// what every head is taken to have.
func MostPresets(ctx context.Context, client *isapi.Client, channel int) (int, error) {
	caps, err := client.PTZCapabilities(ctx, channel)
	switch {
	case lacks(err):
		return everyHeadsPresets, nil
	case err != nil:
		return 0, err
	}
	return max(caps.MaxPresets, everyHeadsPresets), nil
}
