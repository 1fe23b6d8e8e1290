// Command metadata sends facts beside a call: from a client to the service
// Front, which calls the service Back.
//
//	            client          Front              Back
//	persistent  user ─────────► user ────────────► user
//	transient   hint ─────────► hint (upstream)    nothing
//	backward    served-by ◄──── served-by
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/volo-go/volo/integration/examples/metadata/gen/trip/tripthrift"
	"github.com/volo-go/volo/metainfo"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A back says what has reached it.
type back struct{}

func (back) Visit(ctx context.Context) (string, error) { return seen(ctx, "Back"), nil }

// A front says what has reached it, and what its own call has brought to Back.
type front struct{ back *tripthrift.BackClient }

func (f front) Visit(ctx context.Context) (string, error) {
	metainfo.SendBackward(ctx, "served-by", "front-7")
	// Calls with the handler's context take what is persistent along.
	further, err := f.back.Visit(ctx)
	return seen(ctx, "Front") + "\n" + further, err
}

func seen(ctx context.Context, where string) string {
	user, _ := metainfo.Persistent(ctx, "user")
	hint, ok := metainfo.Upstream(ctx, "hint")
	return fmt.Sprintf("%s: user=%q hint=%q (there: %v)", where, user, hint, ok)
}

func main() {
	backAddr, stop := serve(tripthrift.NewBackService(back{}))
	defer stop()
	toBack, err := tripthrift.NewBackClient(backAddr)
	if err != nil {
		log.Fatal(err)
	}
	defer toBack.Close()
	frontAddr, stop := serve(tripthrift.NewFrontService(front{toBack}))
	defer stop()
	client, err := tripthrift.NewFrontClient(frontAddr)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	ctx := metainfo.WithPersistent(context.Background(), "user", "Ada")
	ctx = metainfo.WithTransient(ctx, "hint", "cheap")
	ctx = metainfo.WithBackward(ctx) // make room for what comes back
	answer, err := client.Visit(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer)
	servedBy, _ := metainfo.Backward(ctx, "served-by")
	fmt.Printf("client: served-by=%q\n", servedBy)
}

// serve serves one service on a free port.
func serve(service *volothrift.Service) (addr string, stop func() error) {
	server := volothrift.NewServer()
	if err := server.Register(service); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	return listener.Addr().String(), server.Close
}
