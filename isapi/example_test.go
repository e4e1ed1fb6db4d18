package isapi_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/hiklua/hiklua/isapi"
	"github.com/hiklua/hiklua/isapi/sim"
)

func Example() {
	device := sim.New(sim.Options{Model: sim.PTZ})
	client, err := isapi.New(isapi.Config{
		Host:      "192.0.2.10",
		Username:  "admin",
		Password:  isapi.NewSecret("simulated"),
		Transport: device.Transport(), // without this line: the network
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()

	info, err := client.DeviceInfo(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Model)

	picture, err := client.Picture(ctx, 1, isapi.PictureOptions{Stream: isapi.Sub})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(picture.ContentType, len(picture.Data) > 1000)

	if err := client.Continuous(ctx, 1, isapi.Velocity{Pan: 40}); err != nil {
		log.Fatal(err)
	}
	if err := client.StopPTZ(ctx, 1); err != nil {
		log.Fatal(err) // the head may still turn: try again
	}
	// Output:
	// DS-2DE4425SIM-DE
	// image/jpeg true
}

func ExampleError() {
	device := sim.New(sim.Options{Model: sim.IPC}) // has no head
	client, err := isapi.New(isapi.Config{
		Host: "192.0.2.10", Username: "admin", Password: isapi.NewSecret("simulated"), Transport: device.Transport(),
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()

	err = client.GotoPreset(ctx, 1, 3)
	var refused *isapi.Error
	if errors.As(err, &refused) {
		fmt.Println(refused.Kind(), refused.HTTPStatus, refused.Retryable())
		fmt.Println(refused.Hint)
	}
	fmt.Println(errors.Is(err, isapi.ErrUnauthorized))
	// Output:
	// unsupported 403 false
	// this channel has no head, or its head cannot do this; list the channels, and see ptz_id
	// false
}
