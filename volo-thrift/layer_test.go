package volothrift_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

// layer makes a layer of a function.
func layer(f func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error)) volothrift.Layer {
	return func(next volothrift.Handler) volothrift.Handler {
		return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
			return f(ctx, req, next)
		})
	}
}

// A trail records who was passed, in order.
type trail struct {
	mu    sync.Mutex
	steps []string
}

func (tr *trail) add(s string) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.steps = append(tr.steps, s)
}

// layer notes the way in and out.
func (tr *trail) layer(name string) volothrift.Layer {
	return layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
		where := "no address"
		if !req.Info.Callee.Address.IsZero() {
			where = "an address"
		}
		tr.add(name + " in, " + where)
		defer tr.add(name + " out")
		return next.Call(ctx, req)
	})
}

func TestLayersWrapTheCallInOrder(t *testing.T) {
	for _, p := range protocols {
		tr := new(trail)
		pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) {
			tr.add("handler")
			return key, nil
		}}, volothrift.WithLayers(tr.layer("server 1"), tr.layer("server 2")), volothrift.WithLayers(tr.layer("server 3")))
		c := dial(t, pair, append(p.opts,
			volothrift.WithInner(tr.layer("inner 1")), volothrift.WithOuter(tr.layer("outer 1")),
			volothrift.WithInner(tr.layer("inner 2")), volothrift.WithOuter(tr.layer("outer 2")),
			volothrift.WithDiscoverer(discovery.Static(rpc.TCP("10.0.0.1:1"))))...)
		mustGet(t, c, "k")
		want := []string{
			"outer 1 in, no address", "outer 2 in, no address", "inner 1 in, an address", "inner 2 in, an address",
			"server 1 in, an address", "server 2 in, an address", "server 3 in, an address", "handler",
			"server 3 out", "server 2 out", "server 1 out", "inner 2 out", "inner 1 out", "outer 2 out", "outer 1 out",
		}
		if !slices.Equal(tr.steps, want) {
			t.Errorf("%s: the call went\n%s\nwant\n%s", p.name, strings.Join(tr.steps, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestLayersAndHandlersSeeTheFactsOfTheCall(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			var inLayer, inHandler, onClient *rpc.Info
			var args thrift.Struct
			pair := serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				inHandler = rpc.FromContext(ctx)
				return key, nil
			}}, volothrift.WithName("shop.store"), volothrift.WithLayers(layer(
				func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
					inLayer, args = rpc.FromContext(ctx), req.Args
					return next.Call(ctx, req)
				})))
			c := dial(t, pair, append(p.opts, volothrift.WithCaller("shop.front"), volothrift.WithCallee("shop.store"), volothrift.WithInner(layer(
				func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
					if onClient = rpc.FromContext(ctx); onClient != &req.Info {
						t.Error("the context has other facts than the request")
					}
					return next.Call(ctx, req)
				})))...)
			mustGet(t, c.With(volothrift.CallTag("zone", "b"), volothrift.CallTag("rack", "7"), volothrift.CallIdempotent()), "k")
			if inLayer != inHandler || inLayer.Role != rpc.Server || inLayer.Service != "Store" || inLayer.Method != "get" ||
				inLayer.Callee.Service != "shop.store" || inLayer.Caller.Address.IsZero() || inLayer.Callee.Address.IsZero() {
				t.Errorf("the server saw %+v", inLayer)
			}
			if p.header && inLayer.Caller.Service != "shop.front" {
				t.Errorf("the server saw the caller %q", inLayer.Caller.Service)
			}
			if got := thrift.Format(args); !strings.Contains(got, "k") {
				t.Errorf("the server's layer saw the arguments %s", got)
			}
			if onClient.Role != rpc.Client || onClient.Method != "get" || onClient.Caller.Service != "shop.front" || onClient.Callee.Service != "shop.store" ||
				!onClient.Idempotent || !maps.Equal(onClient.Callee.Tags, map[string]string{"zone": "b", "rack": "7"}) {
				t.Errorf("the client saw %+v", onClient)
			}
		})
	}
}

func TestAServerIsCalledWhatItsPeerCallsIt(t *testing.T) {
	for _, tt := range []struct {
		name   string // of WithName
		callee string // of WithCallee
		want   string
	}{
		{callee: "shop.store", want: "shop.store"},
		{want: "Store"}, // the IDL's name
		{name: "store", callee: "shop.store", want: "store"},
	} {
		for _, p := range protocols {
			if !p.header {
				continue
			}
			t.Run(p.name+" "+tt.want, func(t *testing.T) {
				var seen []string
				pair := serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
					info := rpc.FromContext(ctx)
					seen = append(seen, info.Caller.Service+" calls "+info.Callee.Service)
					return key, nil
				}}, volothrift.WithName(tt.name))
				c := dial(t, pair, append(slices.Clone(p.opts), volothrift.WithCaller("shop.front"), volothrift.WithCallee(tt.callee))...)
				for range 2 { // the second time, the names are known
					mustGet(t, c, "k")
				}
				if want := "shop.front calls " + tt.want; len(seen) != 2 || seen[0] != want || seen[1] != want {
					t.Errorf("the server saw %q, want %q twice", seen, want)
				}
			})
		}
	}
}

func TestOptionsOfACallHoldForItAlone(t *testing.T) {
	one, other := serve(t, handler{get: func(context.Context, string) (string, error) { return "one", nil }}),
		serve(t, handler{get: func(context.Context, string) (string, error) { return "other", nil }})
	special := rpc.TCP("10.9.9.9:9")
	for _, p := range protocols {
		for _, d := range []discovery.Discoverer{nil, discovery.Static(rpc.TCP("10.0.0.1:1"))} {
			opts := append(slices.Clone(p.opts), volothrift.WithDialer(func(ctx context.Context, addr rpc.Address) (*transport.Conn, error) {
				if addr == special {
					return other.Dial(ctx, addr)
				}
				return one.Dial(ctx, addr)
			}))
			if d != nil {
				opts = append(opts, volothrift.WithDiscoverer(d))
			}
			c := newClient(t, "10.0.0.1:1", opts...)
			there := c.With(volothrift.CallAddress(special))
			for range 2 {
				for want, c := range map[string]interface {
					Get(context.Context, string) (string, error)
				}{"one": c, "other": there} {
					if got, err := c.Get(t.Context(), "k"); got != want || err != nil {
						t.Errorf("%s: got %q, %v; want %q", p.name, got, err, want)
					}
				}
			}
		}
	}
}

func TestPhasesFollowOneAnother(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			var server, client rpc.Stats
			done := make(chan struct{})
			pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) {
				time.Sleep(time.Millisecond)
				return key, nil
			}}, volothrift.WithPhaseTimes(), volothrift.WithLayers(layer(
				func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
					defer close(done)
					resp, err := next.Call(ctx, req)
					server = req.Info.Stats
					return resp, err
				})))
			c := dial(t, pair, append(p.opts, volothrift.WithPhaseTimes(), volothrift.WithOuter(layer(
				func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
					resp, err := next.Call(ctx, req)
					client = req.Info.Stats
					return resp, err
				})))...)
			start := time.Now()
			mustGet(t, c, "k")
			took := time.Since(start)
			<-done
			steps := []time.Duration{1, client.EncodeDone, client.WriteDone, client.ReadDone, client.DecodeDone, took}
			if !strings.HasPrefix(p.name, "multiplexed") {
				// One step writes and reads.
				steps = slices.Delete(steps, 2, 3)
			}
			if !slices.IsSorted(steps) {
				t.Errorf("the client's phases ended after %v", steps)
			}
			if client.ReadDone < time.Millisecond {
				t.Errorf("the answer was there after %v, before the handler had returned", client.ReadDone)
			}
			if s := []time.Duration{1, server.DecodeDone, server.HandleDone, took}; !slices.IsSorted(s) || server.HandleDone < time.Millisecond {
				t.Errorf("the server's phases ended after %v", s)
			}
			if client.SentBytes != server.ReceivedBytes {
				t.Errorf("the client sent %d bytes and the server received %d", client.SentBytes, server.ReceivedBytes)
			}
		})
	}
}

func TestSizesAreThoseOnTheWire(t *testing.T) {
	for _, d := range dialects[:6] {
		var got *volothrift.Request
		pair := serve(t, handler{}, volothrift.WithLayers(layer(
			func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
				got = req
				return next.Call(ctx, req)
			})))
		p := newPeer(t, pair)
		p.send(d.request)
		d.check(p)
		pair.Server().Close()
		if n := got.Info.Stats.ReceivedBytes; n != len(d.request) {
			t.Errorf("%s: the server noted %d received bytes, want %d", d.name, n, len(d.request))
		}
		// Requests and replies differ by their headers.
		if n := got.Info.Stats.SentBytes; strings.HasPrefix(d.name, "TTHeader") == (n == len(d.request)) || n == 0 {
			t.Errorf("%s: the server noted %d sent bytes", d.name, n)
		}
	}
	for _, p := range protocols[2:] {
		var sent, received int
		var wire [2]int
		c := newClient(t, "10.0.0.1:1", append(p.opts, volothrift.WithDialer(fakeServer(t, answers(func(frame []byte) []byte {
			wire[0] = len(frame)
			var reply []byte
			switch {
			case p.header:
				h, payload := parse(t, frame)
				if p.wire == volothrift.TTHeaderFramed {
					payload = payload[4:]
				}
				reply = replyTo(t, h.frame(payload), nil, typeReply, text(0, "v"))
			default:
				reply = framed(message(typeReply, "get", 1, text(0, "v")))
			}
			wire[1] = len(reply)
			return reply
		}))), volothrift.WithOuter(layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
			resp, err := next.Call(ctx, req)
			sent, received = req.Info.Stats.SentBytes, req.Info.Stats.ReceivedBytes
			return resp, err
		})))...)
		if p.wire == volothrift.Unframed {
			continue
		}
		if v, err := c.Get(t.Context(), "k"); v != "v" || err != nil {
			t.Fatalf("%s: got %q, %v", p.name, v, err)
		}
		if sent != wire[0] || received != wire[1] {
			t.Errorf("%s: the client noted %d sent and %d received bytes, want %v", p.name, sent, received, wire)
		}
	}
}

func TestALayerMayAnswerItself(t *testing.T) {
	fail := func(err error) volothrift.Layer {
		return layer(func(context.Context, *volothrift.Request, volothrift.Handler) (*volothrift.Response, error) {
			return nil, err
		})
	}
	answer := func(v any) volothrift.Layer {
		return layer(func(_ context.Context, req *volothrift.Request, _ volothrift.Handler) (*volothrift.Response, error) {
			resp := req.NewResponse()
			if err := resp.Result.SetSuccess(v); err != nil {
				return nil, err
			}
			return resp, nil
		})
	}
	replace := layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
		if _, err := next.Call(ctx, req); err != nil {
			return nil, err
		}
		resp := req.NewResponse()
		return resp, resp.Result.SetSuccess("replaced")
	})
	for _, tt := range []struct {
		what  string
		layer volothrift.Layer
		is    func(got string, err error) bool
	}{
		{"with a value", answer("cached"), func(got string, err error) bool { return got == "cached" && err == nil }},
		{"in place of the one below", replace, func(got string, err error) bool { return got == "replaced" && err == nil }},
		{"with a value of the wrong type", answer(7), func(_ string, err error) bool { return err != nil }},
		{"with a declared exception", fail(denied), func(_ string, err error) bool { return isDenied(err, true) }},
		{"with a business error", fail(&volothrift.BizError{Status: 9}), func(_ string, err error) bool {
			var biz *volothrift.BizError
			return errors.As(err, &biz) && biz.Status == 9
		}},
	} {
		for side, pair := range map[string]struct {
			server []volothrift.ServerOption
			client []volothrift.ClientOption
		}{
			"the server's layer":       {[]volothrift.ServerOption{volothrift.WithLayers(tt.layer)}, nil},
			"the client's outer layer": {nil, []volothrift.ClientOption{volothrift.WithOuter(tt.layer)}},
			"the client's inner layer": {nil, []volothrift.ClientOption{volothrift.WithInner(tt.layer)}},
		} {
			t.Run(side+" answers "+tt.what, func(t *testing.T) {
				c := dial(t, serve(t, handler{}, pair.server...), pair.client...)
				if got, err := c.Get(t.Context(), "k"); !tt.is(got, err) {
					t.Errorf("got %q, %v", got, err)
				}
			})
		}
	}
}

func TestContextsAndRequestsMayBeKept(t *testing.T) {
	for _, p := range protocols {
		var kept []context.Context
		var requests []*volothrift.Request
		pair := serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
			kept = append(kept, ctx)
			return key, nil
		}}, volothrift.WithLayers(layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
			requests = append(requests, req)
			return next.Call(ctx, req)
		})))
		c := dial(t, pair, p.opts...)
		keys := []string{"first", "second", strings.Repeat("third", 1000), "fourth"}
		for _, key := range keys {
			if _, err := c.Get(metainfo.WithPersistent(t.Context(), "KEY", key), key); err != nil {
				t.Fatal(err)
			}
		}
		pair.Server().Close()
		for i, key := range keys {
			if v, _ := metainfo.Persistent(kept[i], "KEY"); p.header && v != key {
				t.Errorf("%s: the context of call %d has %q now, want %q", p.name, i, v, key)
			}
			if info := rpc.FromContext(kept[i]); info.Method != "get" {
				t.Errorf("%s: the facts of call %d are %+v now", p.name, i, info)
			}
			if got := thrift.Format(requests[i].Args); !strings.Contains(got, key) {
				t.Errorf("%s: the arguments of call %d are %.80s now, want %.80s", p.name, i, got, key)
			}
			if kept[i].Err() == nil {
				t.Errorf("%s: the context of call %d is not done", p.name, i)
			}
			ctx, cancel := context.WithCancel(context.WithoutCancel(kept[i]))
			if ctx.Err() != nil {
				t.Errorf("%s: a context without its cancellation is %v", p.name, ctx.Err())
			}
			cancel()
		}
	}
}

func TestAPanicFailsItsCallAlone(t *testing.T) {
	boom := layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
		panic("a layer, too")
	})
	var seen recovery.Panic
	var info rpc.Info
	note := func(err error) volothrift.ServerOption {
		return volothrift.OnPanic(func(ctx context.Context, p recovery.Panic) error {
			seen, info = p, *rpc.FromContext(ctx)
			return err
		})
	}
	for _, tt := range []struct {
		what string
		opts []volothrift.ServerOption
		is   func(error, bool) bool
		log  bool
	}{
		{"the handler", nil, application(thrift.InternalError, "panic in the handler of get"), true},
		{"a layer", []volothrift.ServerOption{volothrift.WithLayers(boom)}, application(thrift.InternalError, "panic"), true},
		{"the handler, and OnPanic decides what is said", []volothrift.ServerOption{note(denied)}, isDenied, false},
		{"the handler, and OnPanic says nothing", []volothrift.ServerOption{note(nil)}, application(thrift.InternalError, "out of range"), false},
	} {
		for _, p := range protocols {
			t.Run(p.name+": "+tt.what, func(t *testing.T) {
				seen = recovery.Panic{}
				log := new(logbook)
				pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) {
					if key == "boom" {
						var none []int
						_ = none[len(key)]
					}
					return key, nil
				}}, append(tt.opts, log.option())...)
				c := dial(t, pair, p.opts...)
				if _, err := c.Get(t.Context(), "boom"); !tt.is(err, p.header) {
					t.Errorf("got %v", err)
				}
				if tt.log == (len(log.lines()) == 0) {
					t.Errorf("the log says %q", log.lines())
				}
				if tt.what == "a layer" {
					return
				}
				mustGet(t, c, "next")
				if !tt.log && (seen.Value == nil || !strings.Contains(string(seen.Stack), "layer_test.go") || info.Method != "get") {
					t.Errorf("OnPanic got %v at %q for %q", seen.Value, seen.Stack, info.Method)
				}
			})
		}
	}
}

// An explosive is a struct whose codec panics.
type explosive struct{ thrift.Struct }

func (explosive) AppendBinary([]byte) ([]byte, error) { panic("cannot be encoded") }

func TestArgumentsThatPanicLeaveNothingBehind(t *testing.T) {
	arm := layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
		if rpc.FromContext(ctx).Callee.Tags["explosive"] != "" {
			req.Args = explosive{req.Args}
		}
		return next.Call(ctx, req)
	})
	for _, p := range protocols {
		for _, size := range []int{1, 20 << 10} { // which are encoded in different places
			synctest.Test(t, func(t *testing.T) {
				opts := append([]volothrift.ClientOption{volothrift.WithInner(volothrift.Recover(nil), arm)}, p.opts...)
				if !strings.HasPrefix(p.name, "multiplexed") {
					opts = append(opts, volothrift.WithPingPong(volothrift.PoolConfig{MaxOpen: 1}))
				}
				pair := serve(t, handler{})
				base, err := volothrift.NewClient(pair.Target(), pair.ClientOptions(opts...)...)
				if err != nil {
					t.Fatal(err)
				}
				defer base.Close()
				for range 3 {
					c := storethrift.StoreOver(base.With(volothrift.CallTag("explosive", "yes")))
					_, err := c.Get(t.Context(), strings.Repeat("k", size))
					if _, ok := errors.AsType[*recovery.PanicError](err); !ok {
						t.Errorf("%s: got %v, want the panic", p.name, err)
					}
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					if _, err := storethrift.StoreOver(base).Get(ctx, "next"); err != nil {
						t.Errorf("%s: the next call got %v", p.name, err)
					}
					cancel()
				}
				if n := volothrift.InFlight(base); n != 0 {
					t.Errorf("%s: %d calls are in flight after all have ended", p.name, n)
				}
			})
		}
	}
}

func TestALayerMayCallAgain(t *testing.T) {
	replies := []struct {
		what  string
		reply func(key string) (string, error)
		is    func(string, error) bool
	}{
		{"a value", func(key string) (string, error) { return key, nil }, func(v string, err error) bool { return v == "k" && err == nil }},
		{"a declared exception", func(string) (string, error) { return "", denied }, func(v string, err error) bool { return v == "" && isDenied(err, true) }},
	}
	twice := layer(func(ctx context.Context, req *volothrift.Request, next volothrift.Handler) (*volothrift.Response, error) {
		next.Call(ctx, req)
		return next.Call(ctx, req)
	})
	for _, p := range protocols {
		for _, first := range replies {
			for _, second := range replies {
				for where, opt := range map[string]volothrift.ClientOption{"outer": volothrift.WithOuter(twice), "inner": volothrift.WithInner(twice)} {
					synctest.Test(t, func(t *testing.T) {
						calls := 0
						c := dial(t, serve(t, handler{get: func(_ context.Context, key string) (string, error) {
							if calls++; calls == 1 {
								return first.reply(key)
							}
							return second.reply(key)
						}}), append([]volothrift.ClientOption{opt}, p.opts...)...)
						if v, err := c.Get(t.Context(), "k"); !second.is(v, err) {
							t.Errorf("%s, %s layer: after %s, %s came back as %q, %v", p.name, where, first.what, second.what, v, err)
						}
					})
				}
			}
		}
	}
}

func TestTimeoutLayerBoundsACall(t *testing.T) {
	for _, p := range protocols {
		c := dial(t, serve(t, handler{get: func(ctx context.Context, _ string) (string, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}}, volothrift.WithLayers(volothrift.Timeout(time.Millisecond))), p.opts...)
		_, err := c.Get(t.Context(), "k")
		if !contains(err, "time") && !contains(err, "deadline") {
			t.Errorf("%s: a time-out on the server gave %v", p.name, err)
		}
		answer := make(chan struct{})
		c = dial(t, serve(t, handler{get: func(ctx context.Context, _ string) (string, error) {
			<-answer
			return "", nil
		}}), append(p.opts, volothrift.WithOuter(volothrift.Timeout(time.Millisecond)))...)
		defer close(answer)
		if _, err := c.Get(t.Context(), "k"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: a time-out on the client gave %v", p.name, err)
		}
	}
}
