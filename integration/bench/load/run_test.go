package load_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/integration/bench/load"
)

func TestRunCountsAndTimesCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call := func() error { time.Sleep(10 * time.Millisecond); return nil }
		got, err := load.Run([]load.Call{call, call}, 95*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		// Two callers, ten calls each: the tenth is under way at the end.
		if got.Requests != 20 || got.Errors != 0 || got.Elapsed != 100*time.Millisecond {
			t.Errorf("got %+v, want 20 requests in 100ms without errors", got)
		}
		for _, p := range []time.Duration{got.P50, got.P99, got.P999} {
			if p < 10*time.Millisecond || p > 10*time.Millisecond*65/64 {
				t.Errorf("percentile %v, want 10ms", p)
			}
		}
	})
}

func TestRunStopsACallerAtItsFirstError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		failing := func() error { calls.Add(1); return errors.New("connection is gone") }
		working := func() error { time.Sleep(time.Millisecond); return nil }
		got, err := load.Run([]load.Call{failing, working}, 9500*time.Microsecond)
		if err != nil {
			t.Fatal(err)
		}
		if calls.Load() != 1 || got.Errors != 1 || got.FirstError != "connection is gone" || got.Requests != 10 {
			t.Errorf("after %d failing calls got %+v, want one error and ten requests", calls.Load(), got)
		}
	})
}

func TestRunGivesUpOnACallThatNeverReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		_, err := load.Run([]load.Call{func() error { <-release; return nil }}, time.Second)
		if !errors.Is(err, load.ErrStuck) {
			t.Errorf("err = %v, want %v", err, load.ErrStuck)
		}
		close(release)
	})
}

func TestCheck(t *testing.T) {
	msg := load.Message(3, 1024)
	last := msg[:1023] + "!"
	tests := []struct {
		name  string
		reply string
		calls int // until the error
		want  *load.WrongEchoError
	}{
		{"the same message is right", msg, 40, nil},
		{"another caller's message is wrong at once", load.Message(4, 1024), 1, &load.WrongEchoError{1024, 1024}},
		{"a short message is wrong at once", msg[:1023], 1, &load.WrongEchoError{1024, 1023}},
		{"no message is wrong at once", "", 1, &load.WrongEchoError{1024, 0}},
		{"damage at the end is found by the 16th call", last, 16, &load.WrongEchoError{1024, 1024}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			check := load.NewCheck(msg)
			var err error
			calls := 0
			for calls < test.calls && err == nil {
				err = check.Reply(test.reply, nil)
				calls++
			}
			if test.want == nil {
				if err != nil {
					t.Errorf("after %d calls: %v, want no error", calls, err)
				}
				return
			}
			var got *load.WrongEchoError
			if !errors.As(err, &got) || *got != *test.want || calls != test.calls {
				t.Errorf("after %d calls: %v, want %v after %d", calls, err, test.want, test.calls)
			}
		})
	}
}

func TestCheckPassesErrorsOn(t *testing.T) {
	broken := errors.New("broken")
	if err := load.NewCheck("x").Reply("", broken); err != broken {
		t.Errorf("err = %v, want %v", err, broken)
	}
}

func TestCheckAllocatesNothing(t *testing.T) {
	msg := load.Message(0, 1024)
	reply := []byte(msg)
	check := load.NewCheck(msg)
	if n := testing.AllocsPerRun(100, func() { _ = check.Bytes(reply, nil) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}

func TestConnectNamesTheCallerThatFailed(t *testing.T) {
	c := clientFunc(func(number int, msg string) (load.Call, error) {
		if number == 2 {
			return nil, errors.New("too many open files")
		}
		if want := load.Message(number, 64); msg != want {
			return nil, fmt.Errorf("message %q, want %q", msg, want)
		}
		return func() error { return nil }, nil
	})
	if calls, err := load.Connect(c, load.Target{Callers: 2, Size: 64}); err != nil || len(calls) != 2 {
		t.Errorf("got %d calls, %v, want 2", len(calls), err)
	}
	_, err := load.Connect(c, load.Target{Callers: 3, Size: 64})
	if err == nil || !strings.Contains(err.Error(), "caller 2 of 3: too many open files") {
		t.Errorf("err = %v, want one that names caller 2 of 3", err)
	}
}

type clientFunc func(int, string) (load.Call, error)

func (f clientFunc) Caller(number int, msg string) (load.Call, error) { return f(number, msg) }

func (f clientFunc) Close() error { return nil }

func TestReadUsageSeesWhatIsUsed(t *testing.T) {
	before := load.ReadUsage()
	const n = 200_000
	for range n {
		keep(new([64]byte))
	}
	got := load.ReadUsage().Since(before)
	if got.Objects < n || got.Bytes < 64*n {
		t.Errorf("got %+v, want at least %d objects and %d bytes", got, n, 64*n)
	}
	if got.CPU < 0 {
		t.Errorf("CPU time went back by %v", -got.CPU)
	}
}

var kept *[64]byte

//go:noinline
func keep(b *[64]byte) { kept = b }
