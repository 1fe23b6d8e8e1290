package grpcgo_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/interop"
	testpb "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/orca"
)

// The child of a test is grpc-go's client: its cases end their process when
// they fail.
const (
	caseVariable    = "VOLO_GRPCGO_CASE"
	addressVariable = "VOLO_GRPCGO_ADDRESS"
)

// cases are grpc-go's, by the names that its client has for them.
var cases = map[string]func(ctx context.Context, conn *grpc.ClientConn, c testpb.TestServiceClient){
	"empty_unary":                 unary(interop.DoEmptyUnaryCall),
	"large_unary":                 unary(interop.DoLargeUnaryCall),
	"client_streaming":            unary(interop.DoClientStreaming),
	"server_streaming":            unary(interop.DoServerStreaming),
	"ping_pong":                   unary(interop.DoPingPong),
	"empty_stream":                unary(interop.DoEmptyStream),
	"timeout_on_sleeping_server":  unary(interop.DoTimeoutOnSleepingServer),
	"cancel_after_begin":          unary(interop.DoCancelAfterBegin),
	"cancel_after_first_response": unary(interop.DoCancelAfterFirstResponse),
	"status_code_and_message":     unary(interop.DoStatusCodeAndMessage),
	"special_status_message":      unary(interop.DoSpecialStatusMessage),
	"custom_metadata":             unary(interop.DoCustomMetadata),
	"unimplemented_method": func(ctx context.Context, conn *grpc.ClientConn, _ testpb.TestServiceClient) {
		interop.DoUnimplementedMethod(ctx, conn)
	},
	"unimplemented_service": func(ctx context.Context, conn *grpc.ClientConn, _ testpb.TestServiceClient) {
		interop.DoUnimplementedService(ctx, testpb.NewUnimplementedServiceClient(conn))
	},
	"pick_first_unary": func(ctx context.Context, _ *grpc.ClientConn, c testpb.TestServiceClient) {
		interop.DoPickFirstUnary(ctx, c)
	},
}

// unary makes a case of one that takes options.
func unary(f func(context.Context, testpb.TestServiceClient, ...grpc.CallOption)) func(context.Context, *grpc.ClientConn, testpb.TestServiceClient) {
	return func(ctx context.Context, _ *grpc.ClientConn, c testpb.TestServiceClient) { f(ctx, c) }
}

func TestMain(m *testing.M) {
	if name := os.Getenv(caseVariable); name != "" {
		if err := runCase(name, os.Getenv(addressVariable)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func runCase(name, addr string) error {
	run, ok := cases[name]
	if !ok {
		return fmt.Errorf("there is no case %s", name)
	}
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run(ctx, conn, testpb.NewTestServiceClient(conn))
	return nil
}

func TestGRPCGoCallsUs(t *testing.T) {
	addr := startOurServer(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name := range cases {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), self)
			cmd.Env = append(os.Environ(), caseVariable+"="+name, addressVariable+"="+addr)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestWeCallGRPCGo(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(orca.CallMetricsServerOption(nil))
	testpb.RegisterTestServiceServer(server, interop.NewTestServer())
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}()

	names := []string{"orca_per_rpc"}
	for name := range cases {
		if name != "pick_first_unary" { // grpc-go's server does not say who it is
			names = append(names, name)
		}
	}
	cmd := exec.CommandContext(t.Context(), build(t, "client"), append([]string{listener.Addr().String()}, names...)...)
	out, err := cmd.CombinedOutput()
	if n := bytes.Count(out, []byte(": ok\n")); err != nil || n != len(names) {
		t.Errorf("%d of %d cases passed, %v\n%s", n, len(names), err, out)
	}
}

// build builds one of the suite's programs of ours.
func build(t *testing.T, name string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/volo-go/volo/integration/conformance/interop/"+name)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// startOurServer returns the address of a server that lasts as long as the
// test.
func startOurServer(t *testing.T) string {
	t.Helper()
	cmd := exec.Command(build(t, "server"))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("our server: %v", err)
		}
	})
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("our server prints no address: %v", err)
	}
	return strings.TrimSpace(addr)
}
