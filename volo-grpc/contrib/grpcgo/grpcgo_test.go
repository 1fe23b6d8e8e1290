package grpcgo_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/contrib/grpcgo"
)

func listen(t testing.TB) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// ourServer serves grpc-go's interop service on our server.
func ourServer(t testing.TB) string {
	l := listen(t)
	s := vologrpc.NewServer()
	testgrpc.RegisterTestServiceServer(grpcgo.NewRegistrar(s), interop.NewTestServer())
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		<-ended
	})
	return l.Addr().String()
}

// theirServer serves it on grpc-go's.
func theirServer(t testing.TB) string {
	l := listen(t)
	s := grpc.NewServer()
	testgrpc.RegisterTestServiceServer(s, interop.NewTestServer())
	go s.Serve(l)
	t.Cleanup(s.Stop)
	return l.Addr().String()
}

// ourClient runs grpc-go's generated clients on our client.
func ourClient(t testing.TB, address string) grpc.ClientConnInterface {
	c, err := vologrpc.NewClient(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return grpcgo.NewConn(c)
}

func theirClient(t testing.TB, address string) grpc.ClientConnInterface {
	c, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// cases are the interop cases of gRPC that need no cloud. They end the process
// if they fail.
var cases = []struct {
	name string
	run  func(context.Context, testgrpc.TestServiceClient, ...grpc.CallOption)
}{
	{"empty_unary", interop.DoEmptyUnaryCall},
	{"large_unary", interop.DoLargeUnaryCall},
	{"client_streaming", interop.DoClientStreaming},
	{"server_streaming", interop.DoServerStreaming},
	{"ping_pong", interop.DoPingPong},
	{"empty_stream", interop.DoEmptyStream},
	{"timeout_on_sleeping_server", interop.DoTimeoutOnSleepingServer},
	{"cancel_after_begin", interop.DoCancelAfterBegin},
	{"cancel_after_first_response", interop.DoCancelAfterFirstResponse},
	{"custom_metadata", interop.DoCustomMetadata},
	{"status_code_and_message", interop.DoStatusCodeAndMessage},
	{"special_status_message", interop.DoSpecialStatusMessage},
}

func TestInterop(t *testing.T) {
	pairs := []struct {
		name   string
		server func(testing.TB) string
		client func(testing.TB, string) grpc.ClientConnInterface
	}{
		{"our client, their server", theirServer, ourClient},
		{"their client, our server", ourServer, theirClient},
		{"our client, our server", ourServer, ourClient},
	}
	compressed := []struct {
		name string
		opts []grpc.CallOption
	}{{"plain", nil}, {"gzip", []grpc.CallOption{grpc.UseCompressor("gzip")}}}
	for _, p := range pairs {
		conn := p.client(t, p.server(t))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, c := range compressed {
			for _, tt := range cases {
				t.Run(p.name+"/"+c.name+"/"+tt.name, func(t *testing.T) {
					tt.run(ctx, testgrpc.NewTestServiceClient(conn), c.opts...)
				})
			}
		}
		t.Run(p.name+"/unimplemented_service", func(t *testing.T) {
			interop.DoUnimplementedService(ctx, testgrpc.NewUnimplementedServiceClient(conn))
		})
		t.Run(p.name+"/unimplemented_method", func(t *testing.T) {
			_, err := testgrpc.NewTestServiceClient(conn).UnimplementedCall(ctx, &testgrpc.Empty{})
			if status.Code(err) != codes.Unimplemented {
				t.Errorf("got %v, want Unimplemented", err)
			}
		})
	}
}

func TestErrorsAreOfBothPackages(t *testing.T) {
	conn := ourClient(t, ourServer(t))
	var p peer.Peer
	_, err := testgrpc.NewTestServiceClient(conn).UnaryCall(t.Context(), &testgrpc.SimpleRequest{
		ResponseStatus: &testgrpc.EchoStatus{Code: int32(codes.DataLoss), Message: "gone"},
	}, grpc.Peer(&p))
	if s, ok := status.FromError(err); !ok || s.Code() != codes.DataLoss || s.Message() != "gone" {
		t.Errorf("grpc-go's status: got %v", s)
	}
	var e *vologrpc.Error
	if !errors.As(err, &e) || e.Code != vologrpc.DataLoss || e.Phase != vologrpc.PhaseRemote {
		t.Errorf("volo-grpc's error: got %v", err)
	}
	if p.Addr == nil || p.Addr.Network() != "tcp" {
		t.Errorf("peer: got %v", p.Addr)
	}
}

func TestOptionsThatMeanNothingHereAreRefused(t *testing.T) {
	conn := ourClient(t, "127.0.0.1:1")
	_, err := testgrpc.NewTestServiceClient(conn).EmptyCall(t.Context(), &testgrpc.Empty{}, grpc.CallContentSubtype("json"))
	if err == nil || errors.As(err, new(*vologrpc.Error)) {
		t.Errorf("got %v, want an error about the option", err)
	}
}
