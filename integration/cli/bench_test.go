package cli_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/reflection"

	"github.com/volo-go/volo/integration/interop/apachetest"
)

// measured is what scripts read.
type measured struct {
	Succeeded, Failed uint64
	Errors            map[string]uint64
	Latency           struct {
		P50    int64 `json:"p50_ns"`
		P9999  int64 `json:"p99_99_ns"`
		Max    int64 `json:"max_ns"`
		StdDev int64 `json:"stddev_ns"`
	}
	Lag *struct{}
}

func TestLoadOnServersOfAllKinds(t *testing.T) {
	apache, stop := apachetest.StartServer(true)
	t.Cleanup(stop)
	ours := shop(t, "tcp", "127.0.0.1:0")
	theirs := grpcGo(t, func(s *grpc.Server) { reflection.RegisterV1(s) })
	const idl = "../interop/apachetest/ThriftTest.thrift"
	for _, tt := range []struct {
		says string
		args []string
		errs map[string]uint64
	}{
		{"Apache Thrift", []string{"--idl", idl, apache, "testString", `{"thing": "x"}`}, nil},
		{"Apache Thrift, exceptions", []string{"--keep-going", "--idl", idl, apache, "testException", `{"arg": "Xception"}`},
			map[string]uint64{"exception ThriftTest.Xception": 100}},
		{"Volo, Thrift", []string{"--idl", "testdata/shop.thrift", ours, "GetItem", `{"id": 7}`}, nil},
		{"Volo, Thrift, shared connections", []string{"--mux", "--connections", "2", "--idl", "testdata/shop.thrift", ours, "GetItem", `{"id": 7}`}, nil},
		{"Volo, Thrift, oneway", []string{"--idl", "testdata/shop.thrift", ours, "Forget", `{"id": 7}`}, nil},
		{"Volo, Thrift, an open loop", []string{"--rate", "2000", "--idl", "testdata/shop.thrift", ours, "GetItem", `{"id": 7}`}, nil},
		{"grpc-go", []string{"--connections", "2", theirs, "TestService/UnaryCall", `{"responseSize": 10}`}, nil},
		{"grpc-go, a status", []string{"--keep-going", theirs, "TestService/UnaryCall", `{"responseStatus": {"code": 5}}`}, map[string]uint64{"NOT_FOUND (5)": 100}},
		{"grpc-go, a stream", []string{theirs, "TestService/FullDuplexCall", `{"responseParameters": [{"size": 1}]} {"responseParameters": [{"size": 2}]}`}, nil},
	} {
		t.Run(tt.says, func(t *testing.T) {
			got := volo(t, "", append([]string{"bench", "--json", "--count", "100", "--warm-up", "10ms", "-c", "8"}, tt.args...)...)
			var m measured
			if err := json.Unmarshal([]byte(got.stdout), &m); err != nil || got.code != 0 {
				t.Fatalf("got %+v, %v", got, err)
			}
			var failed uint64
			for kind, n := range tt.errs {
				if failed += n; m.Errors[kind] != n {
					t.Errorf("got errors %v, want %v", m.Errors, tt.errs)
				}
			}
			if m.Succeeded != 100-failed || m.Failed != failed {
				t.Errorf("got %d successes and %d failures, want %d and %d", m.Succeeded, m.Failed, 100-failed, failed)
			}
			if l := m.Latency; m.Succeeded > 0 && (l.P50 <= 0 || l.P50 > l.P9999 || l.P9999 > l.Max) {
				t.Errorf("got latencies %+v, want some that rise", l)
			}
			if open := strings.Contains(tt.says, "open"); open != (m.Lag != nil) {
				t.Errorf("got lag %v of an open loop %v", m.Lag, open)
			}
		})
	}
}

func TestBenchForPeople(t *testing.T) {
	addr := shop(t, "tcp", "127.0.0.1:0")
	got := volo(t, "", "bench", "--idl", "testdata/shop.thrift", "--count", "50", "--warm-up", "0s", addr, "GetItem", `{"id": 7}`)
	for _, want := range []string{
		`^Shop/GetItem at 127.0.0.1:\d+ over ttheader, 16 callers, 50 calls\n`, `\n50 calls in .*: [\d.]+ a second, 0 errors\n`,
		`\n +50 %  `, `\n99.99 %  |\n +99.99 %  `, `#+ +\d+\n`,
	} {
		if !regexp.MustCompile(want).MatchString(got.stdout) {
			t.Errorf("got\n%s\nwant %s in it", got.stdout, want)
		}
	}
	if got.code != 0 || got.stderr != "" || strings.Contains(got.stdout, "\x1b") {
		t.Errorf("got exit code %d, %q beside it, want nothing and no escape codes", got.code, got.stderr)
	}
}

func TestLoadThatCannotBe(t *testing.T) {
	addr := shop(t, "tcp", "127.0.0.1:0")
	run(t, addr, []typed{
		{says: "the first call fails", args: []string{"bench", "--idl", "testdata/shop.thrift", "$ADDR", "GetItem", `{"id": 9}`}, code: 3,
			stderr: "exception shop.NoSuchItem\n"},
		{says: "no method", args: []string{"bench", "$ADDR"}, code: 2, stderr: "missing <service/method>"},
		{says: "a negative rate", args: []string{"bench", "--rate", "-1", "$ADDR", "x"}, code: 2, stderr: "cannot be negative"},
		{says: "a request that does not fit", args: []string{"bench", "--idl", "testdata/shop.thrift", "$ADDR", "GetItem", `{"id": "x"}`}, code: 1,
			stderr: "volo bench: request: "},
	})
}
