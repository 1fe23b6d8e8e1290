package volothrift_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

// A teller tells of the ends of calls, and of what came beside them.
type teller struct {
	ends  chan observe.End
	marks chan string
}

func (c teller) Begin(ctx context.Context, info *rpc.Info, req observe.Request) (context.Context, observe.Ender) {
	if info.Role == rpc.Client {
		ctx = req.SetHeader(ctx, "x-mark", "old")
		return req.SetHeader(ctx, "x-mark", "of "+req.System()), nil
	}
	c.marks <- req.Header(ctx, "x-mark")
	return ctx, c
}

func (c teller) End(_ context.Context, end observe.End) { c.ends <- end }

func TestObserversOfBothSides(t *testing.T) {
	for _, test := range []struct {
		name string
		opts []volothrift.ClientOption
		mark string
	}{
		{"a header carries strings", nil, "of thrift"},
		{"frames alone do not", []volothrift.ClientOption{volothrift.WithProtocol(volothrift.Framed)}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := teller{make(chan observe.End, 1), make(chan string, 1)}
			pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) { return key, nil }},
				volothrift.WithLayers(volothrift.Observe(o)))
			c := dial(t, pair, append(test.opts, volothrift.WithOuter(volothrift.Observe(o)))...)
			mustGet(t, c, "key")
			if got := <-o.marks; got != test.mark {
				t.Errorf("the server has got %q, want %q", got, test.mark)
			}
			if end := <-o.ends; end.Err != nil || end.Sent == 0 || end.Received == 0 || end.Role != rpc.Server {
				t.Errorf("got %+v, want a server's call that went well, with the size of its answer", end)
			}
		})
	}
}

func TestPeersAndLoad(t *testing.T) {
	for _, test := range []struct {
		name string
		opts []volothrift.ClientOption
	}{
		{"shared connections", nil},
		{"pooled connections", []volothrift.ClientOption{volothrift.WithPingPong(volothrift.PoolConfig{})}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, handler{}, volothrift.WithMaxConns(7), volothrift.WithMaxRequests(8))
			address := serveOn(t, s, "tcp", "127.0.0.1:0")
			core, err := volothrift.NewClient(address.String(), test.opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer core.Close()
			if got := core.Peers(); len(got) != 0 {
				t.Errorf("before the first call: got %v", got)
			}
			mustGet(t, storethrift.StoreOver(core), "key")
			want := observe.Peer{Address: address, State: "ready", Connections: 1}
			if got := core.Peers(); len(got) != 1 || got[0] != want {
				t.Errorf("got %+v, want one %+v", got, want)
			}
			if got := core.Balancing(); got != nil {
				t.Errorf("without a discoverer: balancing %v, want nil", got)
			}
			if got := s.Load(); got.Conns != 1 || got.MaxConns != 7 || got.MaxCalls != 8 {
				t.Errorf("load: got %+v, want one of 7 connections, and at most 8 calls", got)
			}
		})
	}
}

// A relayed error is that of a call which a handler has made.
type relayed struct{}

func (relayed) Error() string        { return "the shelf says no" }
func (relayed) Outcome() rpc.Outcome { return rpc.Answered }

func TestAnErrorThatJudgesIsBelieved(t *testing.T) {
	o := teller{make(chan observe.End, 1), make(chan string, 1)}
	pair := serve(t, handler{get: func(context.Context, string) (string, error) { return "", relayed{} }},
		volothrift.WithLayers(volothrift.Observe(o)))
	dial(t, pair).Get(context.Background(), "key")
	if end := <-o.ends; end.Outcome != rpc.Answered {
		t.Errorf("got %v, want answered", end.Outcome)
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
	}{
		{"an answer", nil, rpc.Answered},
		{"an error that the IDL does not know", errors.New("the disk is full"), rpc.Failed},
		{"an exception that it declares", fmt.Errorf("get: %w", &store.NotFound{}), rpc.Answered},
		{"a business error", &volothrift.BizError{Status: 7}, rpc.Answered},
		{"an exception of the protocol", &thrift.ApplicationException{Type: thrift.UnknownMethod}, rpc.Rejected},
		{"a refusal", &volothrift.RefusedError{Message: "full"}, rpc.Unsent},
		{"a nil error that is none", (*unsound)(nil), rpc.Failed},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := teller{make(chan observe.End, 1), make(chan string, 1)}
			pair := serve(t, handler{get: func(context.Context, string) (string, error) { return "", test.err }},
				volothrift.WithLayers(volothrift.Observe(o)),
				volothrift.OnPanic(func(context.Context, recovery.Panic) error { return nil }))
			_, err := dial(t, pair).Get(context.Background(), "key")
			end := <-o.ends
			if end.Outcome != test.want || rpc.OutcomeOf(err) != test.want {
				t.Errorf("the server says %v, the caller %v (%v), want %v", end.Outcome, rpc.OutcomeOf(err), err, test.want)
			}
		})
	}
}
