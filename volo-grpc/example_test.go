package vologrpc_test

import (
	"context"
	"fmt"
	"log"
	"net"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A handler that fails chooses the status that its caller sees; metadata
// travels beside the messages. Generated code stands between these calls and
// those of an application; here they are made by hand.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := vologrpc.NewServer()
	server.Register(service(notes{get: func(ctx context.Context, in *note) (*note, error) {
		if in.Value == "" {
			return nil, vologrpc.Errorf(vologrpc.InvalidArgument, "which note?")
		}
		vologrpc.SetTrailer(ctx, "x-served-by", "example")
		return of("note " + in.Value), nil
	}}))
	served := make(chan error)
	go func() { served <- server.Serve(l) }()

	client, err := vologrpc.NewClient(l.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	var r vologrpc.Received
	out := new(note)
	err = client.Unary(vologrpc.WithReceived(context.Background(), &r), methodGet, of("7"), out)
	fmt.Println(out.Value, r.Trailer.Get("x-served-by"), err)

	err = client.Unary(context.Background(), methodGet, of(""), new(note))
	fmt.Println(vologrpc.CodeOf(err))

	client.Close()
	server.Shutdown(context.Background())
	fmt.Println(<-served)
	// Output:
	// note 7 example <nil>
	// INVALID_ARGUMENT
	// vologrpc: server is closed
}
