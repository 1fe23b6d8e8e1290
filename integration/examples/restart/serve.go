package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greetergrpc"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greeterthrift"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Both services answer with the process that they run in.
type (
	thriftGreeter struct{}
	grpcGreeter   struct{}
)

func (thriftGreeter) Greet(ctx context.Context, name string) (string, error) {
	return strconv.Itoa(os.Getpid()), nil
}

func (grpcGreeter) Greet(ctx context.Context, req *greeter.GreetRequest) (*greeter.GreetReply, error) {
	return &greeter.GreetReply{Text: strconv.Itoa(os.Getpid())}, nil
}

// serve is the program that is restarted. A server with one protocol has less
// to do: it gives the addresses to Run, which returns once a new process has
// taken over.
func serve(addresses []string) error {
	// Before anything else: the sockets of the process that we replace.
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	restarter, err := transport.NewRestarter(transport.RestartConfig{Logger: logger})
	if err != nil {
		return err
	}
	grpcServer := vologrpc.NewServer(vologrpc.WithRestarter(restarter), vologrpc.WithLogger(logger))
	thriftServer := volothrift.NewServer(volothrift.WithRestarter(restarter), volothrift.WithLogger(logger))
	if err := errors.Join(
		grpcServer.Register(greetergrpc.NewGreeterService(grpcGreeter{})),
		thriftServer.Register(greeterthrift.NewGreeterService(thriftGreeter{})),
	); err != nil {
		return err
	}

	restart, end := make(chan os.Signal, 1), make(chan os.Signal, 1)
	signal.Notify(restart, syscall.SIGHUP)
	signal.Notify(end, syscall.SIGTERM, os.Interrupt)
	var bound []string
	for _, address := range addresses {
		addr, err := rpc.ParseAddress(address)
		if err != nil {
			return err
		}
		l, err := restarter.Listen(context.Background(), addr)
		if err != nil {
			return err
		}
		bound = append(bound, rpc.AddressOf(l.Addr()).String())
		parts := transport.Split(l, transport.SplitConfig{Logger: logger}, transport.HTTP2, transport.Anything)
		go grpcServer.Serve(parts[0])
		go thriftServer.Serve(parts[1])
	}
	fmt.Println(os.Getpid(), strings.Join(bound, " "))

	for over := false; !over; {
		select {
		case <-restart:
			go restarter.Restart(context.Background()) // it logs what fails
		case <-restarter.Done():
			over = true
		case <-end:
			over = true
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var ending sync.WaitGroup
	var errs [2]error
	ending.Go(func() { errs[0] = grpcServer.Shutdown(ctx) })
	ending.Go(func() { errs[1] = thriftServer.Shutdown(ctx) })
	ending.Wait()
	return errors.Join(errs[:]...)
}
