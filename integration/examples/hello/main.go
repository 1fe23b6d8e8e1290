// Command hello is the first service of the README, server and client in one
// process: one method, with an answer and an exception.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/volo-go/volo/integration/examples/hello/gen/greet"
	"github.com/volo-go/volo/integration/examples/hello/gen/greet/greetthrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A Greeter implements the service: it has the methods of greetthrift.Greeter.
type Greeter struct{}

func (*Greeter) Greet(ctx context.Context, name string) (*greet.Greeting, error) {
	if len(name) > 20 {
		return nil, &greet.TooLong{Limit: 20}
	}
	return &greet.Greeting{Text: "Hello, " + name}, nil
}

func main() {
	// The server: services go in, then it serves until it is closed. One that
	// does nothing else calls server.Run(ctx, "0.0.0.0:8888") instead.
	server := volothrift.NewServer()
	if err := server.Register(greetthrift.NewGreeterService(new(Greeter))); err != nil {
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
	client, err := greetthrift.NewGreeterClient(listener.Addr().String(), volothrift.WithTimeout(10*time.Second))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	for _, name := range []string{"Ada", "Ada, Countess of Lovelace"} {
		greeting, err := client.Greet(context.Background(), name)
		var tooLong *greet.TooLong
		switch {
		case errors.As(err, &tooLong):
			fmt.Println("at most", tooLong.Limit, "letters, please")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(greeting.Text)
		}
	}
}
