// Command layers wraps every call of a server and of a client. A layer is a
// function from a handler to a handler: it sees the request on its way in and
// the response or the error on its way out, whatever the method.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/volo-go/volo/integration/examples/layers/gen/sums/sumsthrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// logging returns a layer that prints a line for each call.
func logging(where string) volothrift.Layer {
	return func(next volothrift.Handler) volothrift.Handler {
		return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
			fmt.Printf("%s: %s.%s called with %v\n", where, req.Info.Service, req.Info.Method, req.Args)
			resp, err := next.Call(ctx, req)
			switch {
			case err != nil:
				fmt.Printf("%s: %s failed: %v\n", where, req.Info.Method, err)
			case resp.Result != nil: // nil after a oneway call
				fmt.Printf("%s: %s returned %v\n", where, req.Info.Method, resp.Result.Success())
			}
			return resp, err
		})
	}
}

// timing returns a layer that tells observe how long each call took. Since it
// keeps no state of its own, nothing needs a lock.
func timing(observe func(method string, took time.Duration)) volothrift.Layer {
	return func(next volothrift.Handler) volothrift.Handler {
		return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
			start := time.Now()
			defer func() { observe(req.Info.Method, time.Since(start)) }()
			return next.Call(ctx, req)
		})
	}
}

// A calculator implements the service.
type calculator struct{}

func (calculator) Sum(ctx context.Context, numbers []int64) (sum int64, err error) {
	for _, n := range numbers {
		sum += n
	}
	return sum, nil
}

func (calculator) Divide(ctx context.Context, a, b float64) (float64, error) {
	if b == 0 {
		return 0, errors.New("division by zero")
	}
	return a / b, nil
}

func main() {
	server := volothrift.NewServer(volothrift.WithLayers(logging("server")))
	if err := server.Register(sumsthrift.NewSumsService(calculator{})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()

	// Outer layers see each call once, inner ones each attempt of it.
	client, err := sumsthrift.NewSumsClient(listener.Addr().String(),
		volothrift.WithOuter(timing(func(method string, took time.Duration) {
			fmt.Printf("client: %s took less than a minute: %v\n", method, took < time.Minute)
		})))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	// What comes of these calls is printed by the layers.
	client.Sum(context.Background(), []int64{1, 2, 3})
	client.Divide(context.Background(), 1, 0)
}
