package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const grpcurlVersion = "v1.9.4"

const testService = "grpc.testing.TestService"

// A grpcurlCase is a run of grpcurl, which knows no .proto file.
type grpcurlCase struct {
	name    string
	flags   []string
	do      []string // what follows the address
	want    []string // in the output, in order; white space does not count
	refused bool     // grpcurl ends with an error
}

var grpcurlCases = []grpcurlCase{
	{name: "lists the services", do: []string{"list"}, want: []string{
		"grpc.channelz.v1.Channelz", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
		testService, "xds.service.orca.v3.OpenRcaService",
	}},
	{name: "lists the methods of a service", do: []string{"list", testService}, want: []string{
		testService + ".EmptyCall", testService + ".FullDuplexCall", testService + ".UnaryCall",
	}},
	{name: "describes a service", do: []string{"describe", testService}, want: []string{
		"rpc FullDuplexCall ( stream .grpc.testing.StreamingOutputCallRequest ) returns ( stream .grpc.testing.StreamingOutputCallResponse );",
		"rpc UnaryCall ( .grpc.testing.SimpleRequest ) returns ( .grpc.testing.SimpleResponse );",
	}},
	{name: "describes a message", do: []string{"describe", "grpc.testing.SimpleRequest"}, want: []string{
		".grpc.testing.Payload payload = 3;", "bool fill_server_id = 9;",
	}},
	{name: "describes a service whose messages are protoc-gen-go's", do: []string{"describe", "xds.service.orca.v3.OpenRcaService"}, want: []string{
		"rpc StreamCoreMetrics ( .xds.service.orca.v3.OrcaLoadReportRequest ) returns ( stream .xds.data.orca.v3.OrcaLoadReport );",
	}},
	{name: "is told that a service is not there", do: []string{"describe", "no.Such"}, want: []string{"Symbol not found: no.Such"}, refused: true},
	{name: "calls a unary method", flags: []string{"-d", `{"responseSize": 3}`}, do: []string{testService + "/UnaryCall"},
		want: []string{`{"payload": {"body": "AAAA"}}`}},
	{name: "calls a server streaming method", flags: []string{"-d", `{"responseParameters": [{"size": 1}, {"size": 2}]}`},
		do: []string{testService + "/StreamingOutputCall"}, want: []string{`{"payload": {"body": "AA=="}} {"payload": {"body": "AAA="}}`}},
	{name: "calls a client streaming method", flags: []string{"-d", `{"payload": {"body": "AAAA"}} {"payload": {"body": "AAAA"}}`},
		do: []string{testService + "/StreamingInputCall"}, want: []string{`{"aggregatedPayloadSize": 6}`}},
	{name: "calls a bidi streaming method", flags: []string{"-d", `{"responseParameters": [{"size": 1}]} {"responseParameters": [{"size": 2}]}`},
		do: []string{testService + "/FullDuplexCall"}, want: []string{`{"payload": {"body": "AA=="}} {"payload": {"body": "AAA="}}`}},
	{name: "sends and shows metadata", flags: []string{"-v", "-H", "x-grpc-test-echo-initial: hello"}, do: []string{testService + "/UnaryCall"},
		want: []string{"Response headers received:", "x-grpc-test-echo-initial: hello", "Response trailers received:"}},
	{name: "shows a status", flags: []string{"-d", `{"responseStatus": {"code": 5, "message": "no such thing"}}`}, do: []string{testService + "/UnaryCall"},
		want: []string{"Code: NotFound", "Message: no such thing"}, refused: true},
	{name: "asks for the servers", do: []string{"grpc.channelz.v1.Channelz/GetServers"}, want: []string{`"name": "interop"`, `"callsStarted": "`, `"name": "127.0.0.1:`, `"end": true`}},
	{name: "asks for the health", do: []string{"grpc.health.v1.Health/Check"}, want: []string{`{"status": "SERVING"}`}},
}

// grpcurl runs grpcurl against the interop server, in clear and over TLS. No
// failure is expected.
func grpcurl(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp("", "grpcurl")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tool, err := installTool(ctx, filepath.Join(dir, "tool"), "github.com/fullstorydev/grpcurl/cmd/grpcurl", grpcurlVersion)
	if err != nil {
		return err
	}
	program, err := buildOurs(ctx, dir, "integration", "conformance/interop/server")
	if err != nil {
		return err
	}
	cert, err := newCertificate(dir)
	if err != nil {
		return err
	}
	var all, failed int
	for _, cert := range []*certificate{nil, cert} {
		failures, err := grpcurlAll(ctx, tool, program, cert)
		if err != nil {
			return err
		}
		for _, f := range failures {
			fmt.Fprintf(w, "grpcurl%s %v\n", cert.suffix(), f)
		}
		all, failed = all+len(grpcurlCases), failed+len(failures)
	}
	fmt.Fprintf(w, "grpcurl: %d tests, %d passed, %d failed\n", all, all-failed, failed)
	if failed > 0 {
		return errFailed
	}
	return nil
}

// grpcurlAll runs all cases against one server.
func grpcurlAll(ctx context.Context, tool, program string, cert *certificate) (failures []error, err error) {
	security, args := []string{"-plaintext"}, []string(nil)
	if cert != nil {
		security = []string{"-cacert", cert.file, "-servername", cert.name}
		args = []string{"-cert", cert.file, "-key", cert.key}
	}
	server, err := startPeer(ctx, program, args...)
	if err != nil {
		return nil, err
	}
	for _, c := range grpcurlCases {
		if err := c.run(ctx, tool, security, server.addr); err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", c.name, err))
		}
	}
	if err := server.stop(); err != nil {
		return nil, fmt.Errorf("our server: %w", err)
	}
	return failures, nil
}

func (c grpcurlCase) run(ctx context.Context, tool string, security []string, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	args := append(append(append([]string(nil), security...), c.flags...), addr)
	out, err := exec.CommandContext(ctx, tool, append(args, c.do...)...).CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return err
	}
	return c.check(string(out), err)
}

// check looks at what grpcurl printed, and how it ended.
func (c grpcurlCase) check(out string, err error) error {
	if refused := err != nil; refused != c.refused {
		return fmt.Errorf("ends with %v, want an error: %v\n%s", err, c.refused, out)
	}
	rest := squeeze(out)
	for _, want := range c.want {
		_, after, ok := strings.Cut(rest, squeeze(want))
		if !ok {
			return fmt.Errorf("want %q in\n%s", want, out)
		}
		rest = after
	}
	return nil
}

// squeeze returns s without white space.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }
