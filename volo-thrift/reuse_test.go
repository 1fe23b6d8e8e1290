package volothrift_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A keeper is a user who keeps what it is shown of a call.
type keeper struct{ infos []*rpc.Info }

func (k *keeper) keep(ctx context.Context) { k.infos = append(k.infos, rpc.FromContext(ctx)) }

func (k *keeper) layer(next volothrift.Handler) volothrift.Handler {
	return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
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
	ours := volothrift.Breaker(breaker.Config{})
	for _, test := range []struct {
		what    string
		options func(k *keeper) []volothrift.ClientOption
	}{
		{"an outer layer", func(k *keeper) []volothrift.ClientOption {
			return []volothrift.ClientOption{volothrift.WithOuter(k.layer)}
		}},
		{"an inner layer, between ours", func(k *keeper) []volothrift.ClientOption {
			return []volothrift.ClientOption{volothrift.WithInner(ours, k.layer, volothrift.Timeout(time.Minute))}
		}},
		{"a layer chained with ours", func(k *keeper) []volothrift.ClientOption {
			return []volothrift.ClientOption{volothrift.WithInner(motore.Chain(ours, k.layer))}
		}},
		{"an observer", func(k *keeper) []volothrift.ClientOption {
			return []volothrift.ClientOption{volothrift.WithOuter(volothrift.Observe(k))}
		}},
		{"the key of a breaker", func(k *keeper) []volothrift.ClientOption {
			return []volothrift.ClientOption{volothrift.WithInner(volothrift.Breaker(breaker.Config{Key: func(info *rpc.Info) breaker.Key {
				k.infos = append(k.infos, info)
				return breaker.ByMethod(info)
			}}))}
		}},
		{"a balancer", func(k *keeper) []volothrift.ClientOption {
			return []volothrift.ClientOption{volothrift.WithDiscoverer(discovery.Static(one)), volothrift.WithBalancer(k)}
		}},
		{"a balancer in one of ours", func(k *keeper) []volothrift.ClientOption {
			return []volothrift.ClientOption{volothrift.WithDiscoverer(discovery.Static(one)),
				volothrift.WithBalancer(loadbalance.Eject(k, loadbalance.EjectConfig{}))}
		}},
		{"the key of a balancer of ours", func(k *keeper) []volothrift.ClientOption {
			key := func(ctx context.Context) (uint64, bool) { k.keep(ctx); return 0, true }
			return []volothrift.ClientOption{volothrift.WithDiscoverer(discovery.Static(one)), volothrift.WithBalancer(loadbalance.Maglev{Key: key})}
		}},
	} {
		t.Run(test.what, func(t *testing.T) {
			var k keeper
			p := serve(t, handler{})
			c := dial(t, p, test.options(&k)...)
			const calls = 20
			for i := range calls {
				mustGet(t, c.With(volothrift.CallTag("call", strconv.Itoa(i))), "k")
			}
			if len(k.infos) != calls {
				t.Fatalf("it has seen %d calls, want %d", len(k.infos), calls)
			}
			for i, info := range k.infos {
				if got := info.Callee.Tags["call"]; got != strconv.Itoa(i) || info.Method != "get" || info.Stats.ReceivedBytes == 0 {
					t.Errorf("of call %d it has kept %+v, want what was", i, info)
				}
			}
		})
	}
}

// TestCallsKeepNothingOfOthers: a client without layers, and one that has only
// ours, uses requests again.
func TestCallsKeepNothingOfOthers(t *testing.T) {
	for what, options := range map[string][]volothrift.ClientOption{
		"no layers": nil,
		"governance": {volothrift.WithDiscoverer(discovery.Static(one)), volothrift.WithTimeout(time.Hour),
			volothrift.WithInner(volothrift.Breaker(breaker.Config{}), volothrift.Timeout(30*time.Minute))},
	} {
		t.Run(what, func(t *testing.T) {
			var left time.Duration
			var shop string
			p := serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				left, shop = 0, ""
				if d, ok := ctx.Deadline(); ok {
					left = time.Until(d).Round(time.Minute)
				}
				shop, _ = metainfo.Transient(ctx, "shop")
				if shop == "" {
					shop, _ = metainfo.Upstream(ctx, "shop")
				}
				if key == "fail" {
					return "", &volothrift.BizError{Status: 7}
				}
				return key, nil
			}})
			c := dial(t, p, options...)
			usual := time.Duration(0)
			if options != nil {
				usual = 30 * time.Minute
			}
			plain := context.Background()
			bounded, cancel := context.WithTimeout(plain, 5*time.Minute)
			defer cancel()
			for range 3 {
				for _, call := range []struct {
					key  string
					ctx  context.Context
					by   time.Duration // CallTimeout, 0 for none
					left time.Duration
					shop string
				}{
					{"a plain call", plain, 0, usual, ""},
					{"one with a deadline", bounded, 0, 5 * time.Minute, ""},
					{"a plain one after it", plain, 0, usual, ""},
					{"fail", plain, 0, usual, ""},
					{"a plain one after a failure", plain, 0, usual, ""},
					{"one with metadata", metainfo.WithTransient(plain, "shop", "7"), 0, usual, "7"},
					{"a plain one after that", plain, 0, usual, ""},
					{"one with options", plain, 2 * time.Minute, 2 * time.Minute, ""},
					{"a plain one at the end", plain, 0, usual, ""},
				} {
					by := c
					if call.by > 0 {
						by = c.With(volothrift.CallTimeout(call.by))
					}
					got, err := by.Get(call.ctx, call.key)
					if (err != nil) != (call.key == "fail") || err == nil && got != call.key || left != call.left || shop != call.shop {
						t.Errorf("%s: got %q, %v; the server saw %v and shop %q, want %v and %q", call.key, got, err, left, shop, call.left, call.shop)
					}
				}
			}
		})
	}
}
