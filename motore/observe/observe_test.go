package observe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/motoretest"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// A request is what frameworks' requests are to observers.
type request struct {
	done []func()
	sent map[string]string
}

func (r *request) OnDone(f func())                                            { r.done = append(r.done, f) }
func (r *request) System() string                                             { return "test" }
func (r *request) Header(_ context.Context, key string) string                { return r.sent[key] }
func (r *request) SetHeader(ctx context.Context, _, _ string) context.Context { return ctx }

// A response is a stream if it has an end.
type response struct {
	stream bool
	end    func(error)
}

func (r *response) OnEnd(f func(error)) bool {
	if r == nil || !r.stream {
		return false
	}
	r.end = f
	return true
}

// A notebook observes calls and writes down how they end.
type notebook struct {
	begun  []string
	ends   []observe.End
	ignore bool
}

func (n *notebook) Begin(ctx context.Context, info *rpc.Info, req observe.Request) (context.Context, observe.Ender) {
	n.begun = append(n.begun, req.System()+" "+info.Method)
	if n.ignore {
		return ctx, nil
	}
	return ctx, n
}

func (n *notebook) End(_ context.Context, end observe.End) { n.ends = append(n.ends, end) }

func call(n *notebook, role rpc.Role, next motore.Service[*request, *response]) (*request, *rpc.Info, func() (*response, error)) {
	info := &rpc.Info{Role: role, Service: "Shop", Method: "Buy", Attempt: 1, Stats: rpc.Stats{SentBytes: 3, ReceivedBytes: 4}}
	req := &request{}
	layer := observe.New[*request, *response](n)
	return req, info, func() (*response, error) {
		return layer(next).Call(rpc.NewContext(context.Background(), info), req)
	}
}

func TestACallEndsWhenItReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		n := &notebook{}
		_, _, run := call(n, rpc.Client, motoretest.New[*request, *response]().After(time.Second).Fail(broken))
		run()
		want := observe.End{
			Role: rpc.Client, Service: "Shop", Method: "Buy", Outcome: rpc.Answered, Err: broken,
			Start: time.Now().Add(-time.Second), Duration: time.Second, Attempt: 1, Sent: 3, Received: 4,
		}
		if len(n.ends) != 1 || !same(n.ends[0], want) {
			t.Errorf("got %+v, want one %+v", n.ends, want)
		}
		if len(n.begun) != 1 || n.begun[0] != "test Buy" {
			t.Errorf("begun: %q, want one, of system test", n.begun)
		}
	})
}

func TestAStreamEndsWhenItsCallerLearnsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &notebook{}
		opened := &response{stream: true}
		_, _, run := call(n, rpc.Client, motoretest.New[*request, *response]().Return(opened))
		run()
		if len(n.ends) != 0 {
			t.Fatalf("the stream that was just opened has ended: %+v", n.ends)
		}
		time.Sleep(time.Minute)
		opened.end(context.DeadlineExceeded)
		if len(n.ends) != 1 || n.ends[0].Outcome != rpc.Lost || n.ends[0].Duration != time.Minute {
			t.Errorf("got %+v, want one end, lost after a minute", n.ends)
		}
	})
}

func TestAServersCallEndsWhenItsAnswerIsSent(t *testing.T) {
	n := &notebook{}
	req, info, run := call(n, rpc.Server, motoretest.New[*request, *response]().Return(nil))
	run()
	if len(n.ends) != 0 {
		t.Fatalf("ended before the answer was sent: %+v", n.ends)
	}
	info.Stats.SentBytes = 99
	for _, f := range req.done {
		f()
	}
	if len(n.ends) != 1 || n.ends[0].Sent != 99 {
		t.Errorf("got %+v, want one end with 99 bytes sent", n.ends)
	}
}

func TestAPanicEndsACall(t *testing.T) {
	for _, role := range []rpc.Role{rpc.Client, rpc.Server} {
		t.Run(role.String(), func(t *testing.T) {
			n := &notebook{}
			req, _, run := call(n, role, motoretest.New[*request, *response]().Run(func(context.Context, *request) (*response, error) { panic("no") }))
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic did not go on")
					}
				}()
				run()
			}()
			for _, f := range req.done {
				f()
			}
			if len(n.ends) != 1 || n.ends[0].Outcome != rpc.Failed || !errors.Is(n.ends[0].Err, observe.ErrPanicked) {
				t.Errorf("got %+v, want one failed end by ErrPanicked", n.ends)
			}
		})
	}
}

// An unsound error is one whose methods do not expect a nil pointer.
type unsound struct{ text string }

func (e *unsound) Error() string { return e.text }

// An opinionated error asks of a nil pointer what it means.
type opinionated struct{ outcome rpc.Outcome }

func (e *opinionated) Error() string        { return "an opinion" }
func (e *opinionated) Outcome() rpc.Outcome { return e.outcome }

func TestObserversGetNoErrorWhoseMethodsPanic(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want error
	}{
		{"nil, in its text", (*unsound)(nil), observe.ErrPanicked},
		{"nil, in its outcome", (*opinionated)(nil), observe.ErrPanicked},
		{"nil, below another", fmt.Errorf("call: %w", (*opinionated)(nil)), observe.ErrPanicked},
	} {
		for _, role := range []rpc.Role{rpc.Client, rpc.Server} {
			t.Run(role.String()+", "+test.name, func(t *testing.T) {
				n := &notebook{}
				req, _, run := call(n, role, motoretest.New[*request, *response]().Fail(test.err))
				if _, err := run(); err != test.err {
					t.Errorf("the caller got %v", err)
				}
				for _, f := range req.done {
					f()
				}
				if len(n.ends) != 1 || n.ends[0].Err != test.want || n.ends[0].Outcome != rpc.Failed {
					t.Errorf("got %+v, want one failed end by %v", n.ends, test.want)
				}
			})
		}
	}
}

// A judging request knows what its caller makes of errors.
type judging struct{ request }

func (*judging) OutcomeOf(error) rpc.Outcome { return rpc.Failed }

func TestARequestJudgesErrors(t *testing.T) {
	n := &notebook{}
	info := &rpc.Info{Role: rpc.Client}
	layer := observe.New[*judging, *response](n)
	layer(motoretest.New[*judging, *response]().Fail(errors.New("out of order"))).Call(rpc.NewContext(context.Background(), info), &judging{})
	if len(n.ends) != 1 || n.ends[0].Outcome != rpc.Failed {
		t.Errorf("got %+v, want one end, failed", n.ends)
	}
}

func TestRequestsOfOthersSayNothing(t *testing.T) {
	n := &notebook{}
	layer := observe.New[string, string](n)
	ctx := rpc.NewContext(context.Background(), &rpc.Info{Role: rpc.Server, Method: "Buy"})
	if _, err := layer(motoretest.New[string, string]().Return("")).Call(ctx, "q"); err != nil {
		t.Fatal(err)
	}
	if len(n.begun) != 1 || n.begun[0] != " Buy" || len(n.ends) != 1 {
		t.Errorf("begun %q, ended %+v; want one call of no system", n.begun, n.ends)
	}
}

func same(a, b observe.End) bool {
	return a.Role == b.Role && a.Service == b.Service && a.Method == b.Method && a.Outcome == b.Outcome && a.Err == b.Err &&
		a.Start.Equal(b.Start) && a.Duration == b.Duration && a.Attempt == b.Attempt && a.Sent == b.Sent && a.Received == b.Received
}
