package timeout_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/timeout"
)

type script = motoretest.Script[string, string]

var errDown = errors.New("down")

// stubborn notices that its context is done and says something else.
func stubborn(err error) *script {
	return motoretest.New[string, string]().Run(func(ctx context.Context, _ string) (string, error) {
		<-ctx.Done()
		return "late", err
	})
}

func TestTimeout(t *testing.T) {
	const d = time.Second
	steps := motoretest.New[string, string]
	for _, c := range []struct {
		what    string
		d       time.Duration
		caller  time.Duration // the caller's own deadline; 0 for none
		next    *script
		want    string
		err     error // what errors.Is finds; nil for none
		elapsed bool  // whether errors.Is finds ErrElapsed
		after   time.Duration
	}{
		{"a call that is quick enough", d, 0, steps().After(d - 1).Return("ok"), "ok", nil, false, d - 1},
		{"a call that takes too long", d, 0, steps().After(d + 1).Return("ok"), "", context.DeadlineExceeded, true, d},
		{"a call that never ends", d, 0, steps().Block(), "", context.DeadlineExceeded, true, d},
		{"an error in time is left alone", d, 0, steps().Fail(errDown), "", errDown, false, 0},
		{"an error in time that looks like a deadline is left alone", d, 0,
			steps().Fail(context.DeadlineExceeded), "", context.DeadlineExceeded, false, 0},
		{"an i/o timeout is the time running out", d, 0, stubborn(&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}),
			"", os.ErrDeadlineExceeded, true, d},
		{"a cancellation is the time running out", d, 0, stubborn(context.Canceled), "", context.Canceled, true, d},
		{"another error that comes late is an answer", d, 0, stubborn(errDown), "", errDown, false, d},
		{"a response that comes late is an answer", d, 0, stubborn(nil), "late", nil, false, d},
		{"the caller's deadline is sooner", d, d / 2, steps().Block(), "", context.DeadlineExceeded, false, d / 2},
		{"the caller's deadline is later", d, 2 * d, steps().Block(), "", context.DeadlineExceeded, true, d},
		{"zero bounds nothing", 0, 0, steps().After(time.Hour).Return("ok"), "ok", nil, false, time.Hour},
		{"less than zero bounds nothing", -1, 0, steps().After(time.Hour).Return("ok"), "ok", nil, false, time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx := t.Context()
			if c.caller > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.caller)
				defer cancel()
			}
			start := time.Now()
			got, err := timeout.New[string, string](c.d)(c.next).Call(ctx, "q")
			if err == nil && got != c.want || !errors.Is(err, c.err) {
				t.Errorf("%s: got %q, %v, want %q, %v", c.what, got, err, c.want, c.err)
			}
			if got := errors.Is(err, timeout.ErrElapsed); got != c.elapsed {
				t.Errorf("%s: got %v, is ErrElapsed: %v, want %v", c.what, err, got, c.elapsed)
			}
			if got := time.Since(start); got != c.after {
				t.Errorf("%s: took %v, want %v", c.what, got, c.after)
			}
		})
	}
}

func TestTheCauseSaysWhoGaveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cause error
		next := motoretest.New[string, string]().Run(func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			cause = context.Cause(ctx)
			return "", ctx.Err()
		})
		_, err := timeout.New[string, string](time.Second)(next).Call(t.Context(), "q")
		if cause != timeout.ErrElapsed {
			t.Errorf("got cause %v, want ErrElapsed", cause)
		}
		const want = "timeout: no answer within 1s: context deadline exceeded"
		if err.Error() != want {
			t.Errorf("got message %q, want %q", err, want)
		}
		var e *timeout.Error
		if !errors.As(err, &e) || e.After != time.Second || !e.Timeout() {
			t.Errorf("got %#v, want an *Error after 1s that is a timeout", err)
		}
	})
}

func TestErrElapsedIsADeadline(t *testing.T) {
	if !errors.Is(timeout.ErrElapsed, context.DeadlineExceeded) {
		t.Error("ErrElapsed is no context.DeadlineExceeded")
	}
	if errors.Is(context.DeadlineExceeded, timeout.ErrElapsed) {
		t.Error("any deadline is taken for ErrElapsed")
	}
	if w, ok := timeout.ErrElapsed.(interface{ Timeout() bool }); !ok || !w.Timeout() {
		t.Error("ErrElapsed is no timeout")
	}
}

func TestTheContextIsReleased(t *testing.T) {
	next := motoretest.New[string, string]().Return("ok")
	if _, err := timeout.New[string, string](time.Hour)(next).Call(t.Context(), "q"); err != nil {
		t.Fatal(err)
	}
	if err := next.Calls()[0].Ctx.Err(); err != context.Canceled {
		t.Errorf("got %v from the context after the call, want it canceled", err)
	}
}

func ExampleNew() {
	slow := motore.ServiceFunc[string, string](func(ctx context.Context, _ string) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	})
	_, err := timeout.New[string, string](time.Millisecond)(slow).Call(context.Background(), "q")
	fmt.Println(err)
	fmt.Println(errors.Is(err, timeout.ErrElapsed), errors.Is(err, context.DeadlineExceeded))
	// Output:
	// timeout: no answer within 1ms: context deadline exceeded
	// true true
}

func BenchmarkTimeout(b *testing.B) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	s, ctx := timeout.New[string, string](time.Hour)(echo), b.Context()
	b.ReportAllocs()
	for b.Loop() {
		s.Call(ctx, "q")
	}
}
