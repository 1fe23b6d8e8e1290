package volothrift_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A layer learns all phases of a call once it is done, the writing of the
// answer included.
func TestOnDoneSeesEveryPhase(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			type done struct {
				side  string
				stats rpc.Stats
			}
			seen := make(chan done, 4)
			report := func(side string) volothrift.Layer {
				return func(next volothrift.Handler) volothrift.Handler {
					return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
						req.OnDone(func() {})
						req.OnDone(func() { seen <- done{side, req.Info.Stats} })
						return next.Call(ctx, req)
					})
				}
			}
			pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) { return key, nil }},
				volothrift.WithLayers(report("server")), volothrift.WithPhaseTimes())
			c := dial(t, pair, append(p.opts, volothrift.WithOuter(report("client")), volothrift.WithPhaseTimes())...)
			mustGet(t, c, "key")
			for range 2 {
				d := <-seen
				s := d.stats
				if d.side == "client" && s.WriteDone == 0 && p.name != protocols[0].name {
					s.WriteDone = s.EncodeDone // a pooled connection writes and reads in one step
				}
				if s.Start.IsZero() || s.SentBytes == 0 || s.ReceivedBytes == 0 || s.EncodeDone <= 0 || s.WriteDone < s.EncodeDone || s.DecodeDone <= 0 {
					t.Errorf("%s: got %+v; want every phase", d.side, s)
				}
			}
		})
	}
}

// What a layer has run at the end is its code as much as the rest of it.
func TestAPanicAtTheEndOfACallEndsNothingElse(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			panics, told := make(chan any, 1), make(chan bool, 2)
			layer := func(next volothrift.Handler) volothrift.Handler {
				return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
					req.OnDone(func() { panic("of " + req.Info.Method) })
					req.OnDone(func() { told <- true })
					return next.Call(ctx, req)
				})
			}
			pair := serve(t, handler{get: func(_ context.Context, key string) (string, error) { return key, nil }},
				volothrift.WithLayers(layer),
				volothrift.OnPanic(func(ctx context.Context, p recovery.Panic) error {
					panics <- p.Value
					return nil
				}))
			c := dial(t, pair, p.opts...)
			for range 2 {
				mustGet(t, c, "key")
				if got := <-panics; got != "of get" {
					t.Errorf("OnPanic was told of %v, want the panic of get", got)
				}
				<-told
			}
		})
	}
}
