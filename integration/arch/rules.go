package arch

// layers are the packages of motore that hold one layer each, and what tests
// of layers use.
var layers = []string{
	"motore/timeout/...", "motore/retry/...", "motore/hedge/...", "motore/breaker/...", "motore/limit/...",
	"motore/fallback/...", "motore/collapse/...", "motore/recovery/...", "motore/internal/...", "motore/motoretest/...",
}

// observers are the packages of motore that watch calls.
var observers = []string{"motore/observe/...", "motore/accesslog/...", "motore/debugpage/..."}

// compiler is pilota without its runtimes.
var compiler = []string{
	"pilota", "pilota/gen/...", "pilota/genproto/...", "pilota/describe/...", "pilota/lower/...", "pilota/ir/...",
	"pilota/thriftidl/...", "pilota/protoidl/...", "pilota/report/...", "pilota/source/...", "pilota/cmd/...",
	"pilota/breaking/...", "pilota/lint/...",
}

// TheRules are the arrows of ARCHITECTURE.md.
var TheRules = Rules{
	Gates: []string{"volo-cli/internal/invoke/..."},
	Arrows: []Arrow{
		{"volo-thrift reaches motore, metainfo and pilota/thrift, nothing else of ours",
			[]string{"volo-thrift/..."}, nil, []string{"motore/...", "metainfo/...", "pilota/thrift/..."}},
		{"volo-grpc reaches motore, metainfo and pilota/protobuf, nothing else of ours",
			[]string{"volo-grpc/..."}, nil, []string{"motore/...", "metainfo/...", "pilota/protobuf/..."}},
		{"volo-cli reaches the compiler, never a framework or a runtime of one, but for internal/invoke",
			[]string{"volo-cli/..."}, nil, append([]string{"pilota/thrift/...", "pilota/protobuf/..."}, compiler...)},
		{"volo-cli/internal/invoke, a client, reaches frameworks and the compiler, no other room of volo-cli",
			[]string{"volo-cli/internal/invoke/..."}, nil,
			append([]string{"volo-thrift/...", "volo-grpc/...", "motore/...", "metainfo/...", "pilota/thrift/...", "pilota/protobuf/..."}, compiler...)},
		{"motore reaches nothing else of ours", []string{"motore/..."}, nil, nil},
		{"metainfo reaches nothing else of ours", []string{"metainfo/..."}, nil, nil},
		{"pilota reaches nothing else of ours", []string{"pilota/..."}, nil, nil},

		{"motore's root reaches none of its rooms", []string{"motore"}, nil, nil},
		{"motore/rpc reaches nothing of ours", []string{"motore/rpc"}, nil, nil},
		{"discovery reaches rpc only", []string{"motore/discovery/..."}, nil, []string{"motore/rpc"}},
		{"loadbalance reaches the root, discovery and rpc only", []string{"motore/loadbalance/..."}, nil,
			[]string{"motore", "motore/discovery/...", "motore/rpc"}},
		{"transport reaches rpc only", []string{"motore/transport/..."}, nil, []string{"motore/rpc"}},
		{"worker reaches nothing of ours", []string{"motore/worker/..."}, nil, nil},
		{"layers reach the root and rpc only", layers, nil, []string{"motore", "motore/rpc"}},
		{"observers reach the root, rpc and what they show only", observers, nil,
			[]string{"motore", "motore/rpc", "motore/breaker/...", "motore/loadbalance/...", "motore/discovery/...", "motore/internal/...", "motore/motoretest/..."}},

		{"source reaches nothing of ours", []string{"pilota/source/..."}, nil, nil},
		{"report reaches source only", []string{"pilota/report/..."}, nil, []string{"pilota/source/..."}},
		{"ir reaches source only", []string{"pilota/ir/..."}, nil, []string{"pilota/source/..."}},
		{"thriftidl reaches report and source only", []string{"pilota/thriftidl/..."}, nil,
			[]string{"pilota/report/...", "pilota/source/..."}},
		{"protoidl reaches report and source only", []string{"pilota/protoidl/..."}, nil,
			[]string{"pilota/report/...", "pilota/source/..."}},
		{"lower reaches ir, the parsers, report and source only", []string{"pilota/lower/..."}, nil,
			[]string{"pilota/ir/...", "pilota/thriftidl/...", "pilota/protoidl/...", "pilota/report/...", "pilota/source/..."}},
		{"describe reaches ir, source and what it makes, descriptors, only", []string{"pilota/describe/..."}, nil,
			[]string{"pilota/ir/...", "pilota/source/...", "pilota/thrift/..."}},
		{"breaking and lint reach lower, ir, the parsers, report and source only", []string{"pilota/breaking/...", "pilota/lint/..."}, nil,
			[]string{"pilota/lower/...", "pilota/ir/...", "pilota/thriftidl/...", "pilota/protoidl/...", "pilota/report/...", "pilota/source/..."}},
		{"generators reach each other, ir, report, source and descriptors only", []string{"pilota/gen/...", "pilota/genproto/..."}, []string{"pilota/gen/internal/..."},
			[]string{"pilota/ir/...", "pilota/report/...", "pilota/source/...", "pilota/describe/...", "pilota/thrift/..."}},
		{"the thrift runtime reaches nothing of the compiler", []string{"pilota/thrift/..."}, nil, nil},
		{"the protobuf runtime reaches nothing of the compiler", []string{"pilota/protobuf/..."}, nil, nil},
	},
	Cores: []Core{
		{"motore's root needs the standard library only", []string{"motore"}, nil},
		{"motore/rpc needs the standard library only", []string{"motore/rpc"}, nil},
		{"discovery needs the standard library only", []string{"motore/discovery/..."}, nil},
		{"loadbalance needs the standard library only", []string{"motore/loadbalance/..."}, nil},
		{"layers need the standard library only", layers, nil},
		{"observers need the standard library only", observers, nil},
		{"worker needs the standard library only", []string{"motore/worker/..."}, nil},
		{"metainfo needs the standard library only", []string{"metainfo/..."}, nil},
		{"pilota/thrift needs the standard library only", []string{"pilota/thrift/..."}, nil},
	},
	Purposes: []Purpose{
		{"netpoll is for motore/transport", "github.com/cloudwego/netpoll", []string{"motore/transport/...", "integration/..."}},
		{"x/sys is for motore/transport", "golang.org/x/sys", []string{"motore/transport/...", "integration/..."}},
		// The messages that users hand to volo-grpc are proto.Messages.
		{"google.golang.org/protobuf is for pilota/protobuf, volo-grpc, the compiler and who calls by descriptors", "google.golang.org/protobuf",
			append([]string{"pilota/protobuf/...", "volo-grpc/...", "volo-cli/internal/invoke/...", "integration/..."}, compiler...)},
		{"protocompile is for pilota/protoidl", "github.com/bufbuild/protocompile", []string{"pilota/protoidl/...", "integration/..."}},
		{"x/net, for http2 and hpack, is for volo-grpc", "golang.org/x/net", []string{"volo-grpc/...", "integration/..."}},
		{"klauspost/compress is for volo-grpc's zstd", "github.com/klauspost/compress", []string{"volo-grpc/zstd/...", "integration/..."}},
		{"status messages of Google's API are for the bridge to grpc-go", "google.golang.org/genproto/googleapis/rpc",
			[]string{"volo-grpc/contrib/grpcgo/...", "integration/..."}},
		{"Apache Thrift is for bridges and integration", "github.com/apache/thrift",
			[]string{"pilota/thrift/apachebridge/...", "volo-thrift/apachebridge/...", "integration/..."}},
		{"grpc-go is for the bridge and integration", "google.golang.org/grpc", []string{"volo-grpc/contrib/grpcgo/...", "integration/..."}},
		{"etcd's client is for the registry on it", "go.etcd.io/etcd/client/v3", []string{"motore/contrib/etcd/..."}},
		{"etcd's messages are for the registry on it", "go.etcd.io/etcd/api/v3", []string{"motore/contrib/etcd/..."}},
		{"OpenTelemetry is for the observer that tells it", "go.opentelemetry.io/otel", []string{"motore/contrib/otel/...", "integration/..."}},
		{"OpenTelemetry's metrics are for the observer that tells it", "go.opentelemetry.io/otel/metric", []string{"motore/contrib/otel/..."}},
		{"OpenTelemetry's traces are for the observer that tells it", "go.opentelemetry.io/otel/trace", []string{"motore/contrib/otel/...", "integration/..."}},
		{"OpenTelemetry's SDK is for tests and examples", "go.opentelemetry.io/otel/sdk", []string{"motore/contrib/otel/...", "integration/..."}},
		{"OpenTelemetry's SDK of metrics is for tests and examples", "go.opentelemetry.io/otel/sdk/metric", []string{"motore/contrib/otel/...", "integration/..."}},
		{"Prometheus's client is for the observer that tells it", "github.com/prometheus/client_golang", []string{"motore/contrib/prometheus/...", "integration/..."}},
		{"connect-go is for integration", "connectrpc.com/connect", []string{"integration/..."}},
		{"load reports of xDS, which the interop cases have, are for integration", "github.com/cncf/xds/go", []string{"integration/..."}},
		{"HdrHistogram is for volo bench", "github.com/HdrHistogram/hdrhistogram-go", []string{"volo-cli/internal/invoke/..."}},
		{"cobra is for volo-cli", "github.com/spf13/cobra", []string{"volo-cli/..."}},
		{"cobra's flags are for volo-cli", "github.com/spf13/pflag", []string{"volo-cli/..."}},
		{"yaml is for volo-cli", "go.yaml.in/yaml/v3", []string{"volo-cli/..."}},
		{"x/mod is for volo-cli and integration", "golang.org/x/mod", []string{"volo-cli/...", "integration/..."}},
		{"go-internal is for the tests of volo-cli", "github.com/rogpeppe/go-internal", []string{"volo-cli/..."}},
	},
	Stubs: []Stub{
		{"generated messages import no framework; stubs stand in packages of their own",
			[]string{"volo-thrift/...", "volo-grpc/..."}, []string{"thrift", "grpc"}},
	},
}
