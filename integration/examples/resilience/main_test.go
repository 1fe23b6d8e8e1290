package main

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/stockthrift"
	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1"
	"github.com/volo-go/volo/integration/examples/resilience/gen/stock/v1/stockv1grpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

func Example() {
	main()
	// Output:
	// Thrift: 100 of 100 answered, 3 attempts refused
	// Thrift: -1, <nil>
	// gRPC: 100 of 100 answered, 3 attempts refused
	// gRPC: -1, <nil>
}

// A counter is the service, without a protocol.
type counter func(ctx context.Context, item string) (int64, error)

func (f counter) Count(ctx context.Context, item string) (int64, error) { return f(ctx, item) }

type grpcCounter counter

func (f grpcCounter) Count(ctx context.Context, req *stockv1.CountRequest) (*stockv1.CountResponse, error) {
	n, err := f(ctx, req.Item)
	return &stockv1.CountResponse{Number: n}, err
}

// overThrift serves f and returns what calls it. Ping-pong tells a server that
// its caller has gone by closing the connection.
func overThrift(t *testing.T, f counter) counter {
	server := volothrift.NewServer()
	if err := server.Register(stockthrift.NewStockService(f)); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	go server.Serve(l)
	c, err := stockthrift.NewStockClient(l.Addr().String(), volothrift.WithPingPong(volothrift.PoolConfig{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); server.Close() })
	return c.Count
}

func overGRPC(t *testing.T, f counter) counter {
	server := vologrpc.NewServer()
	if err := server.Register(stockv1grpc.NewStockService(grpcCounter(f))); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	go server.Serve(l)
	c, err := stockv1grpc.NewStockClient(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); server.Close() })
	return func(ctx context.Context, item string) (int64, error) {
		resp, err := c.Count(ctx, &stockv1.CountRequest{Item: item})
		return resp.GetNumber(), err
	}
}

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The time that a caller has left, and its leaving, reach the far end of a
// chain, whatever the protocols of its hops.
func TestDeadlinesAndCancellationsTravelAlongChains(t *testing.T) {
	type hop = func(*testing.T, counter) counter
	for _, c := range []struct {
		what      string
		near, far hop
	}{
		{"Thrift to Thrift", overThrift, overThrift},
		{"gRPC to gRPC", overGRPC, overGRPC},
		{"Thrift to gRPC", overThrift, overGRPC},
		{"gRPC to Thrift", overGRPC, overThrift},
	} {
		t.Run(c.what, func(t *testing.T) {
			begun := make(chan time.Duration, 1) // with so much time left
			ended := make(chan error, 1)
			far := c.far(t, func(ctx context.Context, _ string) (int64, error) {
				end, _ := ctx.Deadline()
				begun <- time.Until(end)
				<-ctx.Done()
				ended <- ctx.Err()
				return 0, ctx.Err()
			})
			near := c.near(t, func(ctx context.Context, item string) (int64, error) {
				time.Sleep(200 * time.Millisecond) // what the first hop takes is the second one's loss, but for a rounded tenth of a second
				return far(ctx, item)
			})

			const whole = 10 * time.Minute
			ctx, cancel := context.WithTimeout(t.Context(), whole)
			failed := make(chan error, 1)
			go func() {
				_, err := near(ctx, "pencil")
				failed <- err
			}()
			select {
			case left := <-begun:
				if left <= 0 || left > whole-100*time.Millisecond {
					t.Errorf("the far end has %v left, want %v less what the first hop has taken", left, whole)
				}
			case err := <-failed:
				t.Fatalf("the far end is not reached: %v", err)
			}
			cancel()
			if err := <-failed; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v, want it canceled", err)
			}
			select {
			case <-ended:
			case <-time.After(time.Minute):
				t.Fatal("the far end has not noticed that the caller has gone")
			}

			for patience := 400 * time.Millisecond; ; patience *= 4 {
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				_, err := near(ctx, "pencil")
				cancel()
				if err == nil {
					t.Fatal("got an answer from an end that waits for ever") // the far end's may say so first
				}
				select {
				case <-begun:
					<-ended // without being told
					return
				case <-time.After(patience):
					if patience > time.Minute {
						t.Fatal("the far end is not reached")
					}
				}
			}
		})
	}
}
