// Command unix serves on a socket in the file system, for callers on the same
// machine. Addresses say so with "unix:"; nothing else changes.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/volo-go/volo/integration/examples/unix/gen/clock/clockthrift"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A calendar implements the service.
type calendar struct{}

func (calendar) Weekday(ctx context.Context, date string) (string, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return "", &volothrift.BizError{Status: 400, Message: err.Error()}
	}
	return day.Weekday().String(), nil
}

func main() {
	dir, err := os.MkdirTemp("", "clock")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	socket := "unix:" + filepath.Join(dir, "socket")

	// OnServe runs once the socket is there.
	ready := make(chan rpc.Address)
	server := volothrift.NewServer(volothrift.OnServe(func(addr rpc.Address) error {
		ready <- addr
		return nil
	}))
	if err := server.Register(clockthrift.NewClockService(calendar{})); err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error)
	go func() { served <- server.Run(ctx, socket) }()
	select {
	case addr := <-ready:
		fmt.Println("serving on a", addr.Network(), "socket")
	case err := <-served:
		log.Fatal(err)
	}

	client, err := clockthrift.NewClockClient(socket)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	fmt.Println(client.Weekday(ctx, "1815-12-10"))

	stop() // Run lets the calls that run finish
	fmt.Println("served:", <-served)
	_, err = os.Stat(filepath.Join(dir, "socket"))
	fmt.Println("the socket is gone:", os.IsNotExist(err))
}
