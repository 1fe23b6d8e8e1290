package vologrpc_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// TestCallsKeepNothingOfOthers: a client without layers, and one that has only
// ours, uses requests again.
func TestCallsKeepNothingOfOthers(t *testing.T) {
	for _, options := range [][]vologrpc.ClientOption{nil, {
		vologrpc.WithDiscoverer(discovery.Static(anywhere)),
		vologrpc.WithInner(vologrpc.Breaker(breaker.Config{})),
	}} {
		callsKeepNothingOfOthers(t, options)
	}
}

var anywhere = rpc.TCP("memory.invalid:1")

func callsKeepNothingOfOthers(t *testing.T, options []vologrpc.ClientOption) {
	synctest.Test(t, func(t *testing.T) {
		var got string
		c := inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
			_, bounded := ctx.Deadline()
			got = fmt.Sprintf("%v%s", bounded, vologrpc.MetadataFrom(ctx).Get("shop"))
			return in, nil
		}}, nil, options...)
		plain := context.Background()
		bounded, cancel := context.WithTimeout(plain, time.Minute)
		defer cancel()
		special := notesClient{c.With(vologrpc.CallTimeout(time.Second), vologrpc.CallTag("zone", "a"))}
		for _, call := range []struct {
			name string
			by   notesClient
			ctx  context.Context
			want string
		}{
			{"a plain call", c, plain, "false"},
			{"one with a deadline", c, bounded, "true"},
			{"a plain one after it", c, plain, "false"},
			{"one with metadata", c, vologrpc.WithMetadata(plain, "shop", "7"), "false7"},
			{"a plain one after that", c, plain, "false"},
			{"one with options", special, plain, "true"},
			{"a plain one at the end", c, plain, "false"},
		} {
			if value, err := call.by.get(call.ctx, call.name); err != nil || value != call.name || got != call.want {
				t.Errorf("%s: got %q (%v), the server saw %q, want %q", call.name, value, err, got, call.want)
			}
		}
	})
}

// A keeper is a user who keeps what it is shown of a call.
type keeper struct{ infos []*rpc.Info }

func (k *keeper) keep(ctx context.Context) { k.infos = append(k.infos, rpc.FromContext(ctx)) }

func (k *keeper) layer(next vologrpc.Handler) vologrpc.Handler {
	return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
		k.keep(ctx)
		return next.Call(ctx, req)
	})
}

// Balance makes the keeper a balancer.
func (k *keeper) Balance(instances []discovery.Instance) loadbalance.Picker {
	return loadbalance.PickerFunc(func(ctx context.Context, _ loadbalance.Tried) (int, error) {
		k.keep(ctx)
		return 0, nil
	})
}

// Begin makes it an observer.
func (k *keeper) Begin(ctx context.Context, info *rpc.Info, _ observe.Request) (context.Context, observe.Ender) {
	k.infos = append(k.infos, info)
	return ctx, nil
}

// TestWhatAUserKeepsServesNoOtherCall: requests are used again only where no
// user can have kept one.
func TestWhatAUserKeepsServesNoOtherCall(t *testing.T) {
	ours := vologrpc.Breaker(breaker.Config{})
	found := vologrpc.WithDiscoverer(discovery.Static(anywhere))
	type options = []vologrpc.ClientOption
	for _, test := range []struct {
		what    string
		options func(k *keeper) options
	}{
		{"an outer layer", func(k *keeper) options { return options{vologrpc.WithOuter(k.layer)} }},
		{"an inner layer, between ours", func(k *keeper) options {
			return options{vologrpc.WithInner(ours, k.layer, vologrpc.Timeout(time.Minute))}
		}},
		{"a layer chained with ours", func(k *keeper) options {
			return options{vologrpc.WithInner(motore.Chain(ours, k.layer))}
		}},
		{"an observer", func(k *keeper) options { return options{vologrpc.WithOuter(vologrpc.Observe(k))} }},
		{"the key of a breaker", func(k *keeper) options {
			return options{vologrpc.WithInner(vologrpc.Breaker(breaker.Config{Key: func(info *rpc.Info) breaker.Key {
				k.infos = append(k.infos, info)
				return breaker.ByMethod(info)
			}}))}
		}},
		{"a balancer", func(k *keeper) options { return options{found, vologrpc.WithBalancer(k)} }},
		{"a balancer in one of ours", func(k *keeper) options {
			return options{found, vologrpc.WithBalancer(loadbalance.Eject(k, loadbalance.EjectConfig{}))}
		}},
		{"the key of a balancer of ours", func(k *keeper) options {
			key := func(ctx context.Context) (uint64, bool) { k.keep(ctx); return 0, true }
			return options{found, vologrpc.WithBalancer(loadbalance.Maglev{Key: key})}
		}},
	} {
		t.Run(test.what, func(t *testing.T) {
			var k keeper
			c := inMemory(t, echo, nil, test.options(&k)...)
			const calls = 20
			for i := range calls {
				if _, err := c.with(vologrpc.CallTag("call", strconv.Itoa(i))).get(t.Context(), "x"); err != nil {
					t.Fatal(err)
				}
			}
			if len(k.infos) != calls {
				t.Fatalf("it has seen %d calls, want %d", len(k.infos), calls)
			}
			for i, info := range k.infos {
				if got := info.Callee.Tags["call"]; got != strconv.Itoa(i) || info.Method != "Get" || info.Stats.ReceivedBytes == 0 {
					t.Errorf("of call %d it has kept %+v, want what was", i, info)
				}
			}
		})
	}
}
