// Command hello is the smallest service there is: one method, a server that
// answers it and a client that calls it.
package main

import (
	"context"
	"fmt"
	"log"
	"net"

	"github.com/volo-go/volo/integration/examples/hello/gen/hello/hellothrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A greeter implements the service: it has the methods of hellothrift.Hello.
type greeter struct{}

func (greeter) Greet(ctx context.Context, name string) (string, error) {
	return "Hello, " + name + "!", nil
}

func main() {
	// The server: services go in, then it serves until it is closed. A real
	// one calls server.Run(ctx, "0.0.0.0:8888") instead of Serve.
	server := volothrift.NewServer()
	if err := server.Register(hellothrift.NewHelloService(greeter{})); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") // any free port
	if err != nil {
		log.Fatal(err)
	}
	go server.Serve(listener)
	defer server.Close()

	// The client: make it once, use it from as many goroutines as you like,
	// close it in the end. Its connections are its own business.
	client, err := hellothrift.NewHelloClient(listener.Addr().String())
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	greeting, err := client.Greet(context.Background(), "Volo")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(greeting)
}
