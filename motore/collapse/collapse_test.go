package collapse_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/collapse"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/rpc"
)

const s = time.Second

type script = motoretest.Script[string, string]

func steps() *script { return motoretest.New[string, string]() }

func split(ctx context.Context, req string) (context.Context, string) {
	if info := rpc.FromContext(ctx); info != nil {
		own := *info
		ctx = rpc.NewContext(ctx, &own)
	}
	return ctx, req
}

var itself = collapse.Config[string]{Key: func(_ context.Context, req string) string { return req }}

// A caller is one of those who call.
type caller struct {
	at    time.Duration // when it calls
	limit time.Duration // how long it has; 0 for ever
	quit  time.Duration // when it gives up after that; 0 for never
	req   string
	info  *rpc.Info
	want  string // or the error
	err   error
	end   time.Duration // when its call ends
}

func TestCollapse(t *testing.T) {
	get, list := &rpc.Info{Method: "Get"}, &rpc.Info{Method: "List"}
	errDown := errors.New("down")
	for _, c := range []struct {
		what    string
		next    *script
		callers []caller
		calls   int
	}{
		{"those who come while it is under way share it", steps().After(3 * s).Return("a").Return("b"), []caller{
			{at: 0, req: "q", want: "a", end: 3 * s}, {at: s, req: "q", want: "a", end: 3 * s}, {at: 2 * s, req: "q", want: "a", end: 3 * s}}, 1},
		{"who comes later does not", steps().After(3 * s).Return("a").Return("b"), []caller{
			{at: 0, req: "q", want: "a", end: 3 * s}, {at: 4 * s, req: "q", want: "b", end: 4 * s}}, 2},
		{"nor who asks for something else", steps().After(3 * s).Return("a").Return("b"), []caller{
			{at: 0, req: "q", want: "a", end: 3 * s}, {at: s, req: "r", want: "b", end: s}}, 2},
		{"nor who calls another method", steps().After(3 * s).Return("a").Return("b"), []caller{
			{at: 0, req: "q", info: get, want: "a", end: 3 * s}, {at: s, req: "q", info: list, want: "b", end: s}}, 2},
		{"nor who has no key", steps().After(3 * s).Return("a").Return("b"), []caller{
			{at: 0, req: "", want: "a", end: 3 * s}, {at: s, req: "", want: "b", end: s}}, 2},
		{"an error is shared too", steps().After(3 * s).Fail(errDown), []caller{
			{at: 0, req: "q", err: errDown, end: 3 * s}, {at: s, req: "q", err: errDown, end: 3 * s}}, 1},
		{"the first may give up", steps().After(3 * s).Return("a"), []caller{
			{at: 0, req: "q", quit: 2 * s, err: context.Canceled, end: 2 * s}, {at: s, req: "q", want: "a", end: 3 * s}}, 1},
		{"and so may a later one", steps().After(3 * s).Return("a"), []caller{
			{at: 0, req: "q", want: "a", end: 3 * s}, {at: s, req: "q", quit: s, err: context.Canceled, end: 2 * s}}, 1},
		{"when the last one does it is over, and the next one begins anew", steps().Block().Return("b"), []caller{
			{at: 0, req: "q", quit: 2 * s, err: context.Canceled, end: 2 * s}, {at: s, req: "q", quit: 2 * s, err: context.Canceled, end: 3 * s},
			{at: 4 * s, req: "q", want: "b", end: 4 * s}}, 2},
		{"who has more time than the first tries again", steps().Block().After(s).Return("b"), []caller{
			{at: 0, req: "q", limit: 2 * s, err: context.DeadlineExceeded, end: 2 * s}, {at: s, req: "q", limit: 9 * s, want: "b", end: 3 * s}}, 2},
		{"all of them together", steps().Block().After(s).Return("b"), []caller{
			{at: 0, req: "q", limit: 2 * s, err: context.DeadlineExceeded, end: 2 * s}, {at: s, req: "q", want: "b", end: 3 * s}, {at: s, req: "q", want: "b", end: 3 * s}}, 2},
		{"who has less time does not wait", steps().After(9 * s).Return("a"), []caller{
			{at: 0, req: "q", want: "a", end: 9 * s}, {at: s, req: "q", limit: s, err: context.DeadlineExceeded, end: 2 * s}}, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			service, start := collapse.New[string, string](itself, split)(c.next), time.Now()
			var wg sync.WaitGroup
			for i, who := range c.callers {
				wg.Go(func() {
					time.Sleep(who.at)
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					if who.limit > 0 {
						ctx, cancel = context.WithTimeout(ctx, who.limit)
						defer cancel()
					}
					if who.quit > 0 {
						time.AfterFunc(who.quit, cancel)
					}
					if who.info != nil {
						ctx = rpc.NewContext(ctx, who.info)
					}
					got, err := service.Call(ctx, who.req)
					if !errors.Is(err, who.err) || err == nil && got != who.want || time.Since(start) != who.end {
						t.Errorf("%s: caller %d: got %q, %v at %v, want %q, %v at %v", c.what, i, got, err, time.Since(start), who.want, who.err, who.end)
					}
				})
			}
			wg.Wait()
			if got := len(c.next.Calls()); got != c.calls {
				t.Errorf("%s: got %d calls, want %d", c.what, got, c.calls)
			}
		})
	}
}

func TestAPanicIsEverybodys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := collapse.New[string, string](itself, split)(motore.ServiceFunc[string, string](func(context.Context, string) (string, error) {
			time.Sleep(s)
			panic("boom")
		}))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				defer func() {
					if got := recover(); got != "boom" {
						t.Errorf("got panic %v, want boom", got)
					}
				}()
				service.Call(t.Context(), "q")
			})
		}
		wg.Wait()
	})
}

func TestFactsSayWhereItWent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := collapse.New[string, string](itself, split)(motore.ServiceFunc[string, string](func(ctx context.Context, _ string) (string, error) {
			rpc.FromContext(ctx).Callee.Address = rpc.TCP("a:1")
			time.Sleep(s)
			return "ok", nil
		}))
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				info := new(rpc.Info)
				service.Call(rpc.NewContext(t.Context(), info), "q")
				if got := info.Callee.Address; got != rpc.TCP("a:1") {
					t.Errorf("got %v, want a:1", got)
				}
			})
		}
		wg.Wait()
	})
}

func TestCallsWithoutAKeyAllocateNothing(t *testing.T) {
	service := collapse.New[string, string](itself, split)(motore.ServiceFunc[string, string](func(_ context.Context, req string) (string, error) { return req, nil }))
	if got := testing.AllocsPerRun(1000, func() { service.Call(t.Context(), "") }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}

func TestSplitIsRequired(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a call would outlive its request")
		}
	}()
	collapse.New[string, string](itself, nil)
}

func ExampleNew() {
	reads := 0
	item := motore.ServiceFunc[string, string](func(_ context.Context, id string) (string, error) {
		reads++
		time.Sleep(50 * time.Millisecond)
		return "item " + id, nil
	})
	service := collapse.New[string, string](itself, split)(item)
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() { service.Call(context.Background(), "7") })
	}
	wg.Wait()
	fmt.Println(reads < 100)
	// Output: true
}
