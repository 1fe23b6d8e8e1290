package vologrpc_test

import (
	"context"
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
