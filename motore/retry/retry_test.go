package retry_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/retry"
	"github.com/volo-go/volo/motore/rpc"
)

// An ending is an error that says how an attempt ended.
type ending struct {
	outcome rpc.Outcome
	after   time.Duration // pushback
	pushes  bool
}

func (e ending) Error() string                     { return "ended " + e.outcome.String() }
func (e ending) Outcome() rpc.Outcome              { return e.outcome }
func (e ending) RetryAfter() (time.Duration, bool) { return e.after, e.pushes }

var (
	unsent   = ending{outcome: rpc.Unsent}
	lost     = ending{outcome: rpc.Lost}
	failed   = ending{outcome: rpc.Failed}
	rejected = ending{outcome: rpc.Rejected}
	canceled = ending{outcome: rpc.Canceled}
	errSays  = errors.New("the handler says no")
)

type script = motoretest.Script[string, string]

func steps() *script { return motoretest.New[string, string]() }

func TestWhatIsMadeAgain(t *testing.T) {
	always := retry.Config{Retryable: func(*rpc.Info, error) bool { return true }}
	for _, c := range []struct {
		what       string
		config     retry.Config
		idempotent bool
		next       *script
		attempts   int
		err        error // what errors.Is finds; nil for success
		stop       retry.Stop
	}{
		{"a success is the end of it", retry.Config{}, true, steps().Return("ok"), 1, nil, 0},
		{"what was not sent is sent again, whatever the method", retry.Config{}, false, steps().Fail(unsent).Return("ok"), 2, nil, 0},
		{"what was lost is not", retry.Config{}, false, steps().Fail(lost).Return("ok"), 1, lost, 0},
		{"what was lost is if it is idempotent", retry.Config{}, true, steps().Fail(lost).Return("ok"), 2, nil, 0},
		{"nor does a setting repeat what was lost", always, false, steps().Fail(lost).Return("ok"), 1, lost, 0},
		{"what was not sent and then lost is left", retry.Config{}, false, steps().Fail(unsent).Fail(lost).Return("ok"), 2, lost, 0},
		{"a failure of the instance is not repeated", retry.Config{}, false, steps().Fail(failed).Return("ok"), 1, failed, 0},
		{"a failure of the instance is if idempotent", retry.Config{}, true, steps().Fail(failed).Return("ok"), 2, nil, 0},
		{"a failure may be declared harmless", always, false, steps().Fail(failed).Return("ok"), 2, nil, 0},
		{"a rejected call would fail anywhere", retry.Config{}, true, steps().Fail(rejected).Return("ok"), 1, rejected, 0},
		{"what the caller gave up stays so", always, true, steps().Fail(canceled).Return("ok"), 1, canceled, 0},
		{"what a handler decided is an answer", retry.Config{}, true, steps().Fail(errSays).Return("ok"), 1, errSays, 0},
		{"a handler's decision may be declared worth it", always, false, steps().Fail(errSays).Return("ok"), 2, nil, 0},
		{"three attempts are made", retry.Config{}, false, steps().Fail(unsent), 3, unsent, retry.OutOfAttempts},
		{"or as many as are asked for", retry.Config{Attempts: 7}, false, steps().Fail(unsent), 7, unsent, retry.OutOfAttempts},
		{"one attempt is no retry", retry.Config{Attempts: 1}, false, steps().Fail(unsent), 1, unsent, 0},
		{"nor is less than none", retry.Config{Attempts: -1}, false, steps().Fail(unsent), 1, unsent, 0},
		{"without a budget nothing is made again", retry.Config{Budget: retry.NewBudget(0, 0)}, true, steps().Fail(unsent), 1, unsent, retry.OutOfBudget},
		{"a peer may forbid it", retry.Config{}, true, steps().Fail(ending{rpc.Unsent, -1, true}), 1, ending{rpc.Unsent, -1, true}, retry.Forbidden},
		{"nor is a peer asked that wants none for long", retry.Config{MaxPushback: time.Second}, true,
			steps().Fail(ending{rpc.Unsent, time.Second + 1, true}), 1, ending{rpc.Unsent, time.Second + 1, true}, retry.Forbidden},
		{"so does a retry further in", retry.Config{}, true, steps().Fail(&retry.Error{Attempts: 3, Stop: retry.OutOfAttempts, Err: unsent}),
			1, unsent, retry.Forbidden},
	} {
		synctest.Test(t, func(t *testing.T) {
			info := &rpc.Info{Idempotent: c.idempotent}
			got, err := retry.New[string, string](c.config, nil)(c.next).Call(rpc.NewContext(t.Context(), info), "q")
			if !errors.Is(err, c.err) || err == nil && got != "ok" {
				t.Errorf("%s: got %q, %v, want %v", c.what, got, err, c.err)
			}
			if n := len(c.next.Calls()); n != c.attempts || info.Attempt != n-1 {
				t.Errorf("%s: got %d attempts, counted as %d, want %d", c.what, n, info.Attempt+1, c.attempts)
			}
			e, _ := errors.AsType[*retry.Error](err)
			if c.stop != 0 && (e == nil || e.Stop != c.stop || e.Attempts != c.attempts) || c.stop == 0 && e != nil && e == err {
				t.Errorf("%s: got %#v, want stopped after %d because %v", c.what, err, c.attempts, c.stop)
			}
		})
	}
}

func TestACallWithoutFactsIsNotIdempotent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			err      error
			attempts int
		}{{lost, 1}, {unsent, 2}} {
			next := steps().Fail(c.err).Return("ok")
			retry.New[string, string](retry.Config{}, nil)(next).Call(t.Context(), "q")
			if got := len(next.Calls()); got != c.attempts {
				t.Errorf("%v: got %d attempts, want %d", c.err, got, c.attempts)
			}
		}
	})
}

func TestPausesOfNoNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := steps().Fail(unsent)
		retry.New[string, string](retry.Config{Backoff: retry.Backoff{Multiplier: math.NaN()}}, nil)(next).Call(t.Context(), "q")
		for i, c := range next.Calls()[1:] {
			if c.Time.Equal(next.Calls()[i].Time) {
				t.Errorf("got no pause before attempt %d", i+2)
			}
		}
	})
}

func TestPauses(t *testing.T) {
	backoff := retry.Backoff{Base: time.Second, Multiplier: 3, Max: 5 * time.Second}
	for _, c := range []struct {
		what string
		err  error
		most []time.Duration // before each further attempt
		just bool            // exactly so
	}{
		{"pauses grow up to a bound", unsent, []time.Duration{1 * time.Second, 3 * time.Second, 5 * time.Second, 5 * time.Second}, false},
		{"a peer's word counts", ending{rpc.Unsent, 20 * time.Second, true}, []time.Duration{20 * time.Second, 20 * time.Second}, true},
		{"a peer may want it at once", ending{rpc.Unsent, 0, true}, []time.Duration{0, 0}, true},
		{"a peer that says nothing changes nothing", ending{rpc.Unsent, time.Hour, false}, []time.Duration{time.Second, 3 * time.Second}, false},
	} {
		var sum, most time.Duration
		for range 50 {
			synctest.Test(t, func(t *testing.T) {
				next := steps().Fail(c.err)
				retry.New[string, string](retry.Config{Attempts: len(c.most) + 1, Backoff: backoff}, nil)(next).Call(t.Context(), "q")
				calls := next.Calls()
				if len(calls) != len(c.most)+1 {
					t.Fatalf("%s: got %d attempts, want %d", c.what, len(calls), len(c.most)+1)
				}
				for i, bound := range c.most {
					got := calls[i+1].Time.Sub(calls[i].Time)
					sum, most = sum+got, most+bound
					if got > bound || c.just && got != bound {
						t.Errorf("%s: got %v before attempt %d, want %v at most", c.what, got, i+2, bound)
					}
				}
			})
		}
		// Pauses are spread over their whole length: half of it on average.
		if part := float64(sum) / float64(most); !c.just && (part < 0.35 || part > 0.65) {
			t.Errorf("%s: got %.2f of the bounds on average, want about a half", c.what, part)
		}
	}
}

func TestTimeIsNotSpentInVain(t *testing.T) {
	slow := retry.Config{Backoff: retry.Backoff{Base: time.Hour, Max: time.Hour}}
	for _, c := range []struct {
		what string
		ctx  func(context.Context) (context.Context, context.CancelFunc)
		info rpc.Info
		took time.Duration
		stop retry.Stop
	}{
		{"a pause beyond the context's deadline is not begun",
			func(ctx context.Context) (context.Context, context.CancelFunc) {
				return context.WithTimeout(ctx, time.Nanosecond)
			}, rpc.Info{}, 0, retry.OutOfTime},
		{"nor one beyond the call's", context.WithCancel, rpc.Info{Deadline: time.Unix(1, 0)}, 0, retry.OutOfTime},
		{"a pause ends with the caller", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Nanosecond, cancel)
			return ctx, cancel
		}, rpc.Info{}, 1, retry.GivenUp},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := c.ctx(t.Context())
			defer cancel()
			start, next := time.Now(), steps().Fail(unsent)
			_, err := retry.New[string, string](slow, nil)(next).Call(rpc.NewContext(ctx, &c.info), "q")
			e, _ := errors.AsType[*retry.Error](err)
			if e == nil || e.Stop != c.stop || len(next.Calls()) != 1 {
				t.Errorf("%s: got %v after %d attempts, want one: %v", c.what, err, len(next.Calls()), c.stop)
			}
			if gone := c.stop == retry.GivenUp; errors.Is(err, context.Canceled) != gone || (rpc.OutcomeOf(err) == rpc.Canceled) != gone {
				t.Errorf("%s: got %v, %v, want it canceled: %v", c.what, err, rpc.OutcomeOf(err), gone)
			}
			if took := time.Since(start); took != c.took {
				t.Errorf("%s: took %v, want %v", c.what, took, c.took)
			}
		})
	}
}

func TestAnAttemptStartsAfresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := rpc.TCP("a:1")
		info := &rpc.Info{Callee: rpc.Endpoint{Address: first}}
		var seen []string
		next := motore.ServiceFunc[*[]string, string](func(ctx context.Context, req *[]string) (string, error) {
			info := rpc.FromContext(ctx)
			seen = append(seen, fmt.Sprint(info.Callee.Address, " ", info.Attempt, " ", *req))
			if !info.Deadline.IsZero() {
				t.Error("an attempt has the deadline of the one before")
			}
			info.Deadline = time.Now()
			*req = append(*req, "left")
			info.Callee.Address = rpc.TCP("b:2")
			return "", unsent
		})
		req := []string{}
		retry.New[*[]string, string](retry.Config{}, func(req *[]string) { *req = nil })(next).Call(rpc.NewContext(t.Context(), info), &req)
		if want := []string{"a:1 0 []", "a:1 1 []", "a:1 2 []"}; !slices.Equal(seen, want) {
			t.Errorf("got attempts %q, want %q", seen, want)
		}
	})
}

type markKey struct{}

// Three services in a row, each of which retries, and the last of which is
// down.
func TestOneServiceOfAChainRetries(t *testing.T) {
	for _, c := range []struct {
		what   string
		marked bool
		want   int // calls that the last one gets
	}{
		{"without a mark every service multiplies", false, 3 * 3},
		{"with it a retry is not retried", true, 3 + 1 + 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			config := retry.Config{}
			if c.marked {
				config.Mark = func(ctx context.Context, n int) context.Context { return context.WithValue(ctx, markKey{}, n) }
				config.Nested = func(ctx context.Context) bool { return ctx.Value(markKey{}) != nil }
			}
			down := steps().Fail(unsent)
			layer := retry.New[string, string](config, nil)
			// What the middle one fails with, its caller knows nothing about.
			middle := motore.MapError(layer(down), func(context.Context, error) error { return unsent })
			layer(middle).Call(t.Context(), "q")
			if got := len(down.Calls()); got != c.want {
				t.Errorf("%s: got %d calls, want %d", c.what, got, c.want)
			}
		})
	}
}

func TestASuccessAllocatesNothing(t *testing.T) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	s := retry.New[string, string](retry.Config{}, nil)(echo)
	ctx := rpc.NewContext(t.Context(), new(rpc.Info))
	if got := testing.AllocsPerRun(1000, func() { s.Call(ctx, "q") }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}

func BenchmarkRetry(b *testing.B) {
	echo := motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil })
	s, ctx := retry.New[string, string](retry.Config{}, nil)(echo), rpc.NewContext(b.Context(), new(rpc.Info))
	b.ReportAllocs()
	for b.Loop() {
		s.Call(ctx, "q")
	}
}
