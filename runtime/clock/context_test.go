package clock

import (
	"context"
	"errors"
	"testing"
	"time"
)

type testKey string

// A context with a value ends as its parent does, and waiting for its end, through
// any number of values, makes no channel.
func TestContextWithValues(t *testing.T) {
	why := errors.New("reload")
	v := NewVirtual(start)
	parent, cancel := WithCancelCause(context.Background())
	ctx := WithValue(WithValue(parent, testKey("task"), 1), testKey("owner"), 2)
	if ctx.Value(testKey("task")) != 1 || ctx.Value(testKey("owner")) != 2 || ctx.Value(testKey("other")) != nil {
		t.Error("values are lost")
	}
	v.AfterFunc(3*time.Second, func() { cancel(why) })
	v.Do(func() {
		if err := Sleep(ctx, v, time.Hour); !errors.Is(err, why) {
			t.Errorf("got %v, want %v", err, why)
		}
	})
	if parent.(*clockContext).done != nil {
		t.Error("a channel was made")
	}
	if Waiting(ctx) != 0 {
		t.Errorf("%d wait for the end of a context that has ended", Waiting(ctx))
	}
	<-ctx.Done()
	kept := WithValue(context.WithoutCancel(ctx), testKey("owner"), 3)
	if Cause(kept) != nil || kept.Value(testKey("task")) != 1 || kept.Value(testKey("owner")) != 3 {
		t.Error("a context without an end has ended, or lost its values")
	}
	plain, end := context.WithCancel(context.Background())
	end()
	if Cause(WithValue(plain, testKey("owner"), 4)) == nil {
		t.Error("a value hides the end of a context of another package")
	}
}

// The reason of a timeout's cancel is its cause; without one, and where time runs
// out, the cause is what Err says.
func TestTimeoutWithACause(t *testing.T) {
	v, why := NewVirtual(start), errors.New("overtaken")
	for _, reason := range []error{why, nil} {
		ctx, cancel := WithTimeoutCause(v, context.Background(), time.Second)
		cancel(reason)
		want := reason
		if want == nil {
			want = context.Canceled
		}
		if ctx.Err() != context.Canceled || Cause(ctx) != want || v.Pending() != 0 {
			t.Errorf("cancelled with %v: %v, %v, %d timers", reason, ctx.Err(), Cause(ctx), v.Pending())
		}
	}
	ctx, cancel := WithTimeoutCause(v, context.Background(), time.Second)
	v.RunFor(time.Second)
	cancel(why)
	if ctx.Err() != context.DeadlineExceeded || Cause(ctx) != context.DeadlineExceeded {
		t.Errorf("timed out: %v, %v", ctx.Err(), Cause(ctx))
	}
}
