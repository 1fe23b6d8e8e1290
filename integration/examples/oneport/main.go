// Command oneport serves Thrift and gRPC, and gRPC-Web for pages, on one port:
// [transport.Split] tells them apart by the first bytes of a connection, or
// by ALPN where there is TLS.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"

	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greetergrpc"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greeterthrift"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Both services say the same; each has the types of its protocol.
type (
	thriftGreeter struct{}
	grpcGreeter   struct{}
)

func (thriftGreeter) Greet(ctx context.Context, name string) (string, error) {
	return "hello, " + name, nil
}

func (grpcGreeter) Greet(ctx context.Context, req *greeter.GreetRequest) (*greeter.GreetReply, error) {
	return &greeter.GreetReply{Text: "hello, " + req.Name}, nil
}

func main() {
	grpcServer := vologrpc.NewServer(vologrpc.WithWeb(vologrpc.Web{Origins: []string{"*"}}))
	thriftServer := volothrift.NewServer()
	err := grpcServer.Register(greetergrpc.NewGreeterService(grpcGreeter{}))
	if err == nil {
		err = thriftServer.Register(greeterthrift.NewGreeterService(thriftGreeter{}))
	}
	if err != nil {
		log.Fatal(err)
	}
	port, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	// The first rule that says yes has the connection. HTTP is gRPC and, by
	// HTTP/1.1, gRPC-Web; HTTP2 would be gRPC alone.
	parts := transport.Split(port, transport.SplitConfig{}, transport.HTTP, transport.Anything)
	go grpcServer.Serve(parts[0])
	go thriftServer.Serve(parts[1])
	address := port.Addr().String()

	ctx := context.Background()
	overThrift, err := greeterthrift.NewGreeterClient(address)
	if err != nil {
		log.Fatal(err)
	}
	defer overThrift.Close()
	fmt.Print("Thrift: ")
	fmt.Println(overThrift.Greet(ctx, "Ada"))

	overGRPC, err := greetergrpc.NewGreeterClient(address)
	if err != nil {
		log.Fatal(err)
	}
	defer overGRPC.Close()
	reply, err := overGRPC.Greet(ctx, &greeter.GreetRequest{Name: "Grace"})
	fmt.Println("gRPC:", reply.GetText(), err)

	// A page's request, with an empty message: the flag, and no bytes.
	page, err := http.Post("http://"+address+"/greeter.Greeter/Greet", "application/grpc-web+proto", strings.NewReader("\x00\x00\x00\x00\x00"))
	if err != nil {
		log.Fatal(err)
	}
	page.Body.Close()
	fmt.Println("a page:", page.Proto, page.Status)

	// Each ends in its own time; the port is closed with the last.
	fmt.Println("Thrift ends:", thriftServer.Shutdown(ctx))
	reply, err = overGRPC.Greet(ctx, &greeter.GreetRequest{Name: "Barbara"})
	fmt.Println("gRPC:", reply.GetText(), err)
	fmt.Println("gRPC ends:", grpcServer.Shutdown(ctx))
}
