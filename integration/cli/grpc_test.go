package cli_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/interop"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/reflection"
	v1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/health"
	voloreflection "github.com/volo-go/volo/volo-grpc/reflection"
)

// grpcGo serves the interop service of grpc-go and returns its address.
func grpcGo(t *testing.T, reflect func(*grpc.Server), opts ...grpc.ServerOption) string {
	t.Helper()
	server := grpc.NewServer(opts...)
	testgrpc.RegisterTestServiceServer(server, interop.NewTestServer())
	reflect(server)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Stop(); <-served })
	return l.Addr().String()
}

// testSet writes the descriptors of the interop service to a file.
func testSet(t *testing.T) string {
	t.Helper()
	set := new(descriptorpb.FileDescriptorSet)
	var add func(f protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	add(testgrpc.File_grpc_testing_test_proto)
	seen := make(map[string]bool)
	files := set.File[:0]
	for _, f := range set.File {
		if !seen[f.GetName()] {
			seen[f.GetName()] = true
			files = append(files, f)
		}
	}
	set.File = files
	b, err := proto.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "test.binpb")
	if err := os.WriteFile(name, b, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestCallsToGRPCGo(t *testing.T) {
	servers := map[string]func(*grpc.Server){
		"reflection v1": func(s *grpc.Server) { reflection.RegisterV1(s) },
		"reflection v1alpha": func(s *grpc.Server) {
			v1alpha.RegisterServerReflectionServer(s, reflection.NewServer(reflection.ServerOptions{Services: s}))
		},
		"descriptor set": func(*grpc.Server) {},
	}
	for name, reflect := range servers {
		t.Run(name, func(t *testing.T) {
			begin := []string{"call"}
			if name == "descriptor set" {
				begin = append(begin, "--idl", testSet(t))
			}
			line := func(args ...string) []string { return append(begin[:len(begin):len(begin)], args...) }
			run(t, grpcGo(t, reflect), []typed{
				{says: "unary", args: line("$ADDR", "grpc.testing.TestService/EmptyCall"), stdout: "{}"},
				{says: "a message", args: line("$ADDR", "TestService/UnaryCall", `{"payload": {"body": "eA=="}, "responseSize": 1}`),
					stdout: `{ "payload": { "body": "AA==" } }`},
				{says: "messages there", args: line("$ADDR", "TestService/StreamingInputCall", "-"),
					stdin: `{"payload": {"body": "eA=="}}` + "\n" + `{"payload": {"body": "eHg="}}`, stdout: `{ "aggregatedPayloadSize": 3 }`},
				{says: "messages back", args: line("--json", "$ADDR", "TestService/StreamingOutputCall", `{"response_parameters": [{"size": 1}, {"size": 2}]}`, "--timeout", "20s"),
					stdout: `{"message":{"payload":{"body":"AA=="}}} {"message":{"payload":{"body":"AAA="}}} {"reply":{"peer":"$ADDR","sent":1,"received":2}}`},
				{says: "messages both ways", args: line("$ADDR", "TestService/FullDuplexCall", "-"),
					stdin:  `{"responseParameters": [{"size": 1}]} {"responseParameters": [{"size": 2}]}`,
					stdout: `{ "payload": { "body": "AA==" } } { "payload": { "body": "AAA=" } }`},
				{says: "a status", args: line("$ADDR", "TestService/UnaryCall", `{"responseStatus": {"code": 5, "message": "no such thing"}}`),
					code: 5, stderr: "NOT_FOUND (5): no such thing\n"},
				{says: "metadata", args: line("-v", "-H", "x-grpc-test-echo-initial: a b", "-H", "x-grpc-test-echo-trailing-bin: AQI=", "$ADDR", "TestService/UnaryCall"),
					stdout: `{ "payload": {} }`, stderr: "< x-grpc-test-echo-initial: a b\n< trailer x-grpc-test-echo-trailing-bin: AQI=\n"},
				{says: "compressed", args: line("--compress", "gzip", "$ADDR", "TestService/EmptyCall"), stdout: "{}"},
				{says: "an answer that is too long", args: line("--max-size", "40", "$ADDR", "TestService/UnaryCall", `{"responseSize": 100}`),
					code: 6, stderr: "(see --max-size)"},
				{says: "a field that there is not", args: line("$ADDR", "TestService/UnaryCall", `{"size": 1}`), code: 1, stderr: `unknown field "size"`},
				{says: "such a field in a stream", args: line("$ADDR", "TestService/FullDuplexCall", `{"size": 1}`), code: 1, stderr: `unknown field "size"`},
				{says: "too late", args: line("--timeout", "50ms", "$ADDR", "TestService/StreamingOutputCall", `{"responseParameters": [{"size": 1, "intervalUs": 10000000}]}`),
					code: 6, stderr: "volo call: "},
				{says: "an unknown method", args: line("$ADDR", "TestService/Nope"), code: 1, stderr: "there is no method of grpc.testing.TestService"},
			})
		})
	}
}

func TestCallsToVoloGRPC(t *testing.T) {
	server := vologrpc.NewServer()
	if err := server.Register(health.New().Service()); err != nil {
		t.Fatal(err)
	}
	if err := voloreflection.Register(server); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-served })
	run(t, l.Addr().String(), []typed{
		{says: "list", args: []string{"call", "$ADDR", "list"},
			stdout: "grpc.health.v1.Health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection"},
		{says: "describe", args: []string{"call", "$ADDR", "describe", "grpc.health.v1.HealthCheckRequest"},
			stdout: `message HealthCheckRequest { string service = 1; } { "service": "" }`},
		{says: "call", args: []string{"call", "$ADDR", "Health/Check"}, stdout: `{ "status": "SERVING" }`},
		{says: "call a service that is not there", args: []string{"call", "$ADDR", "Health/Check", `{"service": "x"}`}, code: 5, stderr: "NOT_FOUND (5): "},
	})
}

// A server may want to know who asks what it has.
func TestHeadersAreSentWithReflectionToo(t *testing.T) {
	guard := func(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
		if md, _ := metadata.FromIncomingContext(s.Context()); len(md["token"]) == 0 {
			return status.Error(codes.Unauthenticated, "who are you?")
		}
		return next(srv, s)
	}
	addr := grpcGo(t, func(s *grpc.Server) { reflection.RegisterV1(s) }, grpc.StreamInterceptor(guard))
	run(t, addr, []typed{
		{says: "nobody", args: []string{"call", "$ADDR", "list", "TestService"}, code: 5, stderr: "UNAUTHENTICATED (16): who are you?\n"},
		{says: "somebody", args: []string{"call", "-H", "token: x", "$ADDR", "list"}, stdout: "grpc.reflection.v1.ServerReflection grpc.testing.TestService"},
	})
}

func TestAServerWithoutReflectionIsSaidToHaveNone(t *testing.T) {
	addr := grpcGo(t, func(*grpc.Server) {})
	got := volo(t, "", "call", addr, "list")
	if want := "volo call: the server has no reflection service; name its .proto files or a descriptor set with --idl"; got.code != 1 || !strings.HasPrefix(got.stderr, want) {
		t.Errorf("got %+v, want exit code 1 and %q", got, want)
	}
}
