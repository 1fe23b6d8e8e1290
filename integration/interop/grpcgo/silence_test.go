package grpcgo_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A client of ours asks a server whether it is there when calls were given up in
// silence. grpc-go's server, which sends clients away that ping too often, never
// does so, whatever its handlers do.
func TestGRPCGoBearsOurPings(t *testing.T) {
	empty := func() proto.Message { return new(emptypb.Empty) }
	method := &vologrpc.Method{Service: "test.Service", Name: "Method", Kind: vologrpc.Unary, NewRequest: empty, NewResponse: empty}
	for _, tt := range []struct {
		what        string
		calls       int
		every       time.Duration
		answered    int // one call in so many is; 0 for none
		least, most int64
	}{
		{"no call is answered for three hours", 3 * 3600, time.Second, 0, 2, 2},
		{"no call is answered for a day", 24 * 60, time.Minute, 0, 12, 12},
		{"one call in ten is", 3600, time.Second, 10, 300, 400},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var answers atomic.Bool
				l := transport.NewMemoryListener()
				server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, s grpc.ServerStream) error {
					if answers.Load() {
						return s.SendMsg(new(emptypb.Empty))
					}
					<-s.Context().Done()
					return s.Context().Err()
				}))
				served := make(chan error, 1)
				go func() { served <- server.Serve(l) }()
				var connections atomic.Int32
				c, err := vologrpc.NewClient("memory.invalid:1", vologrpc.WithDialer(func(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
					connections.Add(1)
					nc, err := l.Dial(ctx)
					if err != nil {
						return nil, err
					}
					return transport.NewConn(nc), nil
				}))
				if err != nil {
					t.Fatal(err)
				}
				for i := range tt.calls {
					answer := tt.answered > 0 && i%tt.answered == 0
					answers.Store(answer)
					// Given up, not timed out: that, the server would notice and say.
					ctx, cancel := context.WithCancel(t.Context())
					giveUp := time.AfterFunc(tt.every/2, cancel)
					err := c.Unary(ctx, method, new(emptypb.Empty), new(emptypb.Empty))
					giveUp.Stop()
					cancel()
					if want := map[bool]vologrpc.Code{true: vologrpc.OK, false: vologrpc.Canceled}[answer]; vologrpc.CodeOf(err) != want {
						t.Fatalf("call %d: got %v, want %v", i, err, want)
					}
					time.Sleep(tt.every / 2)
				}
				pings := int64(0)
				for _, conn := range c.Connections() {
					pings += conn.Traffic.Pings
				}
				if n := connections.Load(); n != 1 || pings < tt.least || pings > tt.most {
					t.Errorf("there were %d connections and %d pings, want one and %d to %d", n, pings, tt.least, tt.most)
				}
				c.Close()
				server.Stop()
				if err := <-served; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
