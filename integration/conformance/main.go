// Command conformance runs other people's test suites against Volo:
//
//	go run ./integration/conformance h2spec
//
// A suite gets its tool at a pinned version, with the go command, runs it,
// prints the totals and every unexpected failure, and makes the program exit
// with 1 if there is one, with 2 if it could not be run.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
)

// A suite is somebody's tests, one file each.
type suite struct {
	name, what string
	// run prints the totals and what failed unexpectedly to w. It returns
	// errFailed if anything did, another error if the suite could not be run.
	run func(ctx context.Context, w io.Writer) error
}

// suites is all of them.
func suites() []suite {
	return []suite{
		{"h2spec", "HTTP/2 and HPACK, as a client sees our server", h2spec},
		{"interop", "grpc-go's interop cases, both ways", interop},
		{"connect", "connectrpc.com/conformance: gRPC, server and client; gRPC-Web, server", connect},
		{"protobuf", "messages, binary and JSON, through both codecs", protobuf},
		{"kitex", "Thrift with Kitex, both ways, over all that both speak", kitex},
		{"grpcurl", "grpcurl lists and calls our services through reflection", grpcurl},
	}
}

var errFailed = errors.New("there are unexpected failures")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the suites that args name, one after the other, and returns the
// exit code.
func run(ctx context.Context, args []string, out, complaints io.Writer) (code int) {
	if len(args) == 0 {
		return usage(complaints)
	}
	for _, name := range args {
		s, ok := find(name)
		if !ok {
			fmt.Fprintf(complaints, "there is no suite %q\n", name)
			return usage(complaints)
		}
		switch err := s.run(ctx, out); {
		case errors.Is(err, errFailed):
			code = max(code, 1)
		case err != nil:
			fmt.Fprintf(complaints, "%s: %v\n", s.name, err)
			code = 2
		}
	}
	return code
}

func find(name string) (suite, bool) {
	for _, s := range suites() {
		if s.name == name {
			return s, true
		}
	}
	return suite{}, false
}

func usage(w io.Writer) int {
	fmt.Fprintln(w, "usage: conformance SUITE...")
	for _, s := range suites() {
		fmt.Fprintf(w, "  %-10s %s\n", s.name, s.what)
	}
	return 2
}
