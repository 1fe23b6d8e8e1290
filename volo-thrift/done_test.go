package volothrift_test

import (
	"context"
	"testing"

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
