package vologrpc_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A teller tells of the ends of calls.
type teller chan observe.End

func (c teller) Begin(ctx context.Context, info *rpc.Info, req observe.Request) (context.Context, observe.Ender) {
	if info.Role == rpc.Client {
		ctx = req.SetHeader(ctx, "x-mark", "old")
		ctx = req.SetHeader(ctx, "x-mark", "of "+req.System())
		return ctx, nil
	}
	if got := req.Header(ctx, "x-mark"); got != "of grpc" {
		panic("the server has got " + got)
	}
	return ctx, c
}

func (c teller) End(_ context.Context, end observe.End) { c <- end }

func TestObserversOfBothSides(t *testing.T) {
	ends := make(teller, 1)
	c := dial(t, serve(t, echo, vologrpc.WithLayers(vologrpc.Observe(ends))), vologrpc.WithOuter(vologrpc.Observe(ends)))
	if _, err := c.get(soon(t), "key"); err != nil {
		t.Fatal(err)
	}
	if end := <-ends; end.Err != nil || end.Sent == 0 || end.Received == 0 || end.Role != rpc.Server {
		t.Errorf("got %+v, want a server's call that went well, with the size of its answer", end)
	}
}

// The nil of a type of errors, as handlers return it by mistake.
type unsound struct{ text string }

func (e *unsound) Error() string { return e.text }

func TestAServersObserverSeesWhatTheCallerSees(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want rpc.Outcome
		code string
	}{
		{"an error that is no status", errors.New("the disk is full"), rpc.Failed, "UNKNOWN"},
		{"an error without a code", &vologrpc.Error{}, rpc.Failed, "UNKNOWN"},
		{"a status that says no", vologrpc.Errorf(vologrpc.NotFound, "no such note"), rpc.Answered, "NOT_FOUND"},
		{"a status that says that it failed", vologrpc.Errorf(vologrpc.DataLoss, "torn"), rpc.Failed, "DATA_LOSS"},
		{"a business error", &vologrpc.BizError{Status: 7}, rpc.Answered, "INTERNAL"},
		{"a refusal", vologrpc.Refusef(vologrpc.ResourceExhausted, 0, "full"), rpc.Unsent, "RESOURCE_EXHAUSTED"},
		{"time that has run out", context.DeadlineExceeded, rpc.Lost, "DEADLINE_EXCEEDED"},
		{"a nil error that is none", (*unsound)(nil), rpc.Failed, "INTERNAL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			ends, codes := make(teller, 1), make(chan string, 1)
			coded := func(next vologrpc.Handler) vologrpc.Handler {
				return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
					resp, err := next.Call(ctx, req)
					req.OnDone(func() { codes <- req.StatusCode(err) })
					return resp, err
				})
			}
			quiet := vologrpc.OnPanic(func(context.Context, recovery.Panic) error { return nil })
			s := serve(t, failing(test.err), vologrpc.WithLayers(vologrpc.Observe(ends), coded), quiet)
			_, err := dial(t, s, vologrpc.WithOuter(vologrpc.Observe(ends))).get(soon(t), "key")
			end := <-ends
			if end.Outcome != test.want {
				t.Errorf("outcome: got %v, want %v", end.Outcome, test.want)
			}
			if seen := rpc.OutcomeOf(err); test.want != rpc.Lost && seen != end.Outcome {
				t.Errorf("the caller says %v, the server %v", seen, end.Outcome)
			}
			if _, unsound := test.err.(*unsound); unsound {
				return // and so has no code either
			}
			if got := <-codes; got != test.code {
				t.Errorf("code: got %s, want %s", got, test.code)
			}
		})
	}
}

// What a layer has run at the end is its code as much as the rest of it.
func TestAPanicAtTheEndOfACallEndsNothingElse(t *testing.T) {
	panics, told := make(chan any, 1), make(chan bool, 2)
	layer := func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			req.OnDone(func() { panic("of " + req.Info.Method) })
			req.OnDone(func() { told <- true })
			return next.Call(ctx, req)
		})
	}
	c := dial(t, serve(t, echo, vologrpc.WithLayers(layer), vologrpc.OnPanic(func(_ context.Context, p recovery.Panic) error {
		panics <- p.Value
		return nil
	})))
	for range 2 {
		if _, err := c.get(soon(t), "key"); err != nil {
			t.Fatal(err)
		}
		if got := <-panics; got != "of Get" {
			t.Errorf("OnPanic was told of %v, want the panic of Get", got)
		}
		<-told
	}
}

func TestSetHeaderReplaces(t *testing.T) {
	before := vologrpc.MetadataOf("a", "1", "traceparent", "old", "b", "2")
	req := &vologrpc.Request{Metadata: before}
	req.SetHeader(context.Background(), "traceparent", "new")
	if want := vologrpc.MetadataOf("a", "1", "b", "2", "traceparent", "new"); !slices.Equal(req.Metadata, want) {
		t.Errorf("got %v, want %v", req.Metadata, want)
	}
	if before.Get("traceparent") != "old" || len(before) != 3 {
		t.Errorf("what the caller has given was changed to %v", before)
	}
}

func TestPeers(t *testing.T) {
	good := dial(t, serve(t, waiting(make(chan error, 10))), vologrpc.WithConnections(2))
	if got := good.Peers(); len(got) != 0 {
		t.Errorf("before the first call: got %v", got)
	}
	s := good.open(t)
	if got := good.Peers(); len(got) != 1 || got[0].State != "ready" || got[0].Connections != 1 || got[0].Calls != 1 {
		t.Errorf("with one stream: got %v, want one peer that is ready, with one connection and one call", got)
	}
	s.Close()
	if got := good.Balancing(); got != nil {
		t.Errorf("without a discoverer: balancing %v, want nil", got)
	}

	bad := dial(t, closedPort(t))
	bad.get(soon(t), "")
	if got := bad.Peers(); len(got) != 1 || got[0].State != "failing" || got[0].Err == nil || got[0].Connections != 0 {
		t.Errorf("when nobody listens: got %v, want one peer that fails, and why", got)
	}
}

func TestFactsTellWhichMethodsAreUnknown(t *testing.T) {
	unknown := make(chan bool, 1)
	look := func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			unknown <- req.Info.Unknown
			return next.Call(ctx, req)
		})
	}
	anything := vologrpc.WithUnknown(func(context.Context, *vologrpc.ServerStream) error { return nil })
	c := dial(t, serve(t, echo, vologrpc.WithLayers(look), anything))
	c.get(soon(t), "key")
	if <-unknown {
		t.Error("a method of the server's is unknown")
	}
	madeUp := *methodGet
	madeUp.Name = "MadeUp"
	c.Unary(soon(t), &madeUp, of("key"), of(""))
	if !<-unknown {
		t.Error("a method that nobody has is known")
	}
}
