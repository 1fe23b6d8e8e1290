package arch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/arch"
)

func TestTheHouseKeepsItsArrows(t *testing.T) {
	g, err := arch.Load(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"motore", "metainfo", "pilota/thrift", "volo-thrift", "volo-cli/cmd/volo"} {
		if g[name] == nil {
			t.Errorf("the graph lacks %s, so its arrows are not checked", name)
		}
	}
	for _, v := range arch.Check(g, arch.TheRules) {
		t.Error(v)
	}
}

// violations are small graphs, each of which breaks the rule that it stands
// beside. "a: b c" says that package a imports b and c, "a: test b" that its
// tests import b, and "a: generated b" that it is generated.
var violations = []struct{ says, graph, want string }{
	{"volo-thrift reaches motore, metainfo and pilota/thrift, nothing else of ours",
		"volo-thrift: volo-grpc\nvolo-grpc:", "volo-thrift → volo-grpc"},
	{"volo-grpc reaches motore, metainfo and pilota/protobuf, nothing else of ours",
		"volo-grpc: metainfo\nmetainfo: pilota/gen\npilota/gen:", "volo-grpc → metainfo → pilota/gen"},
	{"volo-cli reaches the compiler, never a framework or a runtime of one, but for internal/invoke",
		"volo-cli/cmd/volo: volo-cli/internal/command\nvolo-cli/internal/command: volo-thrift\nvolo-thrift:",
		"volo-cli/cmd/volo → volo-cli/internal/command → volo-thrift"},
	{"volo-cli/internal/invoke, a client, reaches frameworks and the compiler, no other room of volo-cli",
		"volo-cli/internal/invoke: volo-cli/internal/command\nvolo-cli/internal/command:",
		"volo-cli/internal/invoke → volo-cli/internal/command"},
	{"motore reaches nothing else of ours", "motore/x: metainfo\nmetainfo:", "motore/x → metainfo"},
	{"metainfo reaches nothing else of ours", "metainfo: pilota/thrift\npilota/thrift:", "metainfo → pilota/thrift"},
	{"pilota reaches nothing else of ours", "pilota/x: motore\nmotore:", "pilota/x → motore"},

	{"motore's root reaches none of its rooms", "motore: motore/rpc\nmotore/rpc:", "motore → motore/rpc"},
	{"motore/rpc reaches nothing of ours", "motore/rpc: motore\nmotore:", "motore/rpc → motore"},
	{"discovery reaches rpc only", "motore/discovery/discoverytest: motore\nmotore:", "motore/discovery/discoverytest → motore"},
	{"loadbalance reaches the root, discovery and rpc only",
		"motore/loadbalance: motore/transport\nmotore/transport:", "motore/loadbalance → motore/transport"},
	{"transport reaches rpc only", "motore/transport: motore\nmotore:", "motore/transport → motore"},
	{"worker reaches nothing of ours", "motore/worker: motore/rpc\nmotore/rpc:", "motore/worker → motore/rpc"},
	{"layers reach the root and rpc only",
		"motore/retry: motore/discovery\nmotore/discovery:", "motore/retry → motore/discovery"},
	{"observers reach the root, rpc and what they show only",
		"motore/accesslog: motore/transport\nmotore/transport:", "motore/accesslog → motore/transport"},

	{"source reaches nothing of ours", "pilota/source: pilota/report\npilota/report:", "pilota/source → pilota/report"},
	{"report reaches source only", "pilota/report: pilota/ir\npilota/ir:", "pilota/report → pilota/ir"},
	{"ir reaches source only", "pilota/ir: pilota/report\npilota/report:", "pilota/ir → pilota/report"},
	{"thriftidl reaches report and source only", "pilota/thriftidl: pilota/ir\npilota/ir:", "pilota/thriftidl → pilota/ir"},
	{"protoidl reaches report and source only", "pilota/protoidl: pilota/thriftidl\npilota/thriftidl:", "pilota/protoidl → pilota/thriftidl"},
	{"lower reaches ir, the parsers, report and source only", "pilota/lower: pilota/gen\npilota/gen:", "pilota/lower → pilota/gen"},
	{"describe reaches ir, source and what it makes, descriptors, only", "pilota/describe: pilota/lower\npilota/lower:", "pilota/describe → pilota/lower"},
	{"breaking and lint reach lower, ir, the parsers, report and source only", "pilota/lint: pilota/gen\npilota/gen:", "pilota/lint → pilota/gen"},
	{"generators reach each other, ir, report, source and descriptors only", "pilota/gen: pilota/lower\npilota/lower:", "pilota/gen → pilota/lower"},
	{"the thrift runtime reaches nothing of the compiler", "pilota/thrift: pilota/source\npilota/source:", "pilota/thrift → pilota/source"},
	{"the protobuf runtime reaches nothing of the compiler", "pilota/protobuf: pilota/ir\npilota/ir:", "pilota/protobuf → pilota/ir"},

	{"motore's root needs the standard library only", "motore: golang.org/x/sys", "motore → golang.org/x/sys"},
	{"motore/rpc needs the standard library only", "motore/rpc: test github.com/stretchr/testify", "motore/rpc → github.com/stretchr/testify"},
	{"discovery needs the standard library only", "motore/discovery: motore/rpc\nmotore/rpc: golang.org/x/sys",
		"motore/discovery → motore/rpc → golang.org/x/sys"},
	{"loadbalance needs the standard library only", "motore/loadbalance: golang.org/x/exp", "motore/loadbalance → golang.org/x/exp"},
	{"layers need the standard library only", "motore/timeout: test golang.org/x/exp", "motore/timeout → golang.org/x/exp"},
	{"observers need the standard library only", "motore/observe: golang.org/x/exp", "motore/observe → golang.org/x/exp"},
	{"worker needs the standard library only", "motore/worker: golang.org/x/exp", "motore/worker → golang.org/x/exp"},
	{"metainfo needs the standard library only", "metainfo: golang.org/x/exp", "metainfo → golang.org/x/exp"},
	{"pilota/thrift needs the standard library only", "pilota/thrift: test github.com/apache/thrift", "pilota/thrift → github.com/apache/thrift"},

	{"netpoll is for motore/transport", "volo-thrift: github.com/cloudwego/netpoll", "volo-thrift → github.com/cloudwego/netpoll"},
	{"x/sys is for motore/transport", "volo-thrift: golang.org/x/sys", "volo-thrift → golang.org/x/sys"},
	{"google.golang.org/protobuf is for pilota/protobuf, volo-grpc, the compiler and who calls by descriptors", "volo-thrift: google.golang.org/protobuf",
		"volo-thrift → google.golang.org/protobuf"},
	{"protocompile is for pilota/protoidl", "pilota/lower: github.com/bufbuild/protocompile",
		"pilota/lower → github.com/bufbuild/protocompile"},
	{"x/net, for http2 and hpack, is for volo-grpc", "volo-thrift: golang.org/x/net", "volo-thrift → golang.org/x/net"},
	{"klauspost/compress is for volo-grpc's zstd", "volo-grpc: github.com/klauspost/compress", "volo-grpc → github.com/klauspost/compress"},
	{"status messages of Google's API are for the bridge to grpc-go", "volo-grpc: google.golang.org/genproto/googleapis/rpc",
		"volo-grpc → google.golang.org/genproto/googleapis/rpc"},
	{"Apache Thrift is for bridges and integration", "volo-thrift: github.com/apache/thrift", "volo-thrift → github.com/apache/thrift"},
	{"grpc-go is for the bridge and integration", "volo-grpc: google.golang.org/grpc", "volo-grpc → google.golang.org/grpc"},
	{"etcd's client is for the registry on it", "motore/discovery: go.etcd.io/etcd/client/v3", "motore/discovery → go.etcd.io/etcd/client/v3"},
	{"etcd's messages are for the registry on it", "motore/discovery: go.etcd.io/etcd/api/v3", "motore/discovery → go.etcd.io/etcd/api/v3"},
	{"OpenTelemetry is for the observer that tells it", "motore/observe: go.opentelemetry.io/otel", "motore/observe → go.opentelemetry.io/otel"},
	{"OpenTelemetry's metrics are for the observer that tells it", "motore/observe: go.opentelemetry.io/otel/metric", "motore/observe → go.opentelemetry.io/otel/metric"},
	{"OpenTelemetry's traces are for the observer that tells it", "motore/observe: go.opentelemetry.io/otel/trace", "motore/observe → go.opentelemetry.io/otel/trace"},
	{"OpenTelemetry's SDK is for tests and examples", "motore/observe: go.opentelemetry.io/otel/sdk", "motore/observe → go.opentelemetry.io/otel/sdk"},
	{"OpenTelemetry's SDK of metrics is for tests and examples", "motore/observe: go.opentelemetry.io/otel/sdk/metric", "motore/observe → go.opentelemetry.io/otel/sdk/metric"},
	{"Prometheus's client is for the observer that tells it", "motore/observe: github.com/prometheus/client_golang", "motore/observe → github.com/prometheus/client_golang"},
	{"connect-go is for integration", "volo-grpc: connectrpc.com/connect", "volo-grpc → connectrpc.com/connect"},
	{"load reports of xDS, which the interop cases have, are for integration", "volo-grpc: github.com/cncf/xds/go", "volo-grpc → github.com/cncf/xds/go"},
	{"HdrHistogram is for volo bench", "volo-cli/x: github.com/HdrHistogram/hdrhistogram-go", "volo-cli/x → github.com/HdrHistogram/hdrhistogram-go"},
	{"cobra is for volo-cli", "pilota: github.com/spf13/cobra", "pilota → github.com/spf13/cobra"},
	{"cobra's flags are for volo-cli", "pilota: github.com/spf13/pflag", "pilota → github.com/spf13/pflag"},
	{"yaml is for volo-cli", "motore/x: go.yaml.in/yaml/v3", "motore/x → go.yaml.in/yaml/v3"},
	{"x/mod is for volo-cli and integration", "pilota/gen: golang.org/x/mod", "pilota/gen → golang.org/x/mod"},
	{"go-internal is for the tests of volo-cli", "pilota/gen: github.com/rogpeppe/go-internal", "pilota/gen → github.com/rogpeppe/go-internal"},
	{"no rule lets anybody import github.com/stretchr/testify", "integration/x: github.com/stretchr/testify",
		"integration/x → github.com/stretchr/testify"},

	{"generated messages import no framework; stubs stand in packages of their own",
		"integration/x/echo: generated volo-thrift\nvolo-thrift:", "integration/x/echo → volo-thrift"},
}

func TestEachRuleCatchesWhatBreaksIt(t *testing.T) {
	for _, tt := range violations {
		want := arch.Violation{Says: tt.says, Chain: strings.Split(tt.want, " → ")}.String()
		var got []string
		for _, v := range arch.Check(graph(tt.graph), arch.TheRules) {
			got = append(got, v.String())
		}
		if !slices.Contains(got, want) {
			t.Errorf("%q\ngot  %q\nwant %q among them", tt.graph, got, want)
		}
	}
}

func TestEveryRuleHasAViolation(t *testing.T) {
	shown := func(says string) {
		for _, tt := range violations {
			if tt.says == says {
				return
			}
		}
		t.Errorf("no graph shows that %q is enforced", says)
	}
	for _, r := range arch.TheRules.Arrows {
		shown(r.Says)
	}
	for _, r := range arch.TheRules.Cores {
		shown(r.Says)
	}
	for _, r := range arch.TheRules.Purposes {
		shown(r.Says)
	}
	for _, r := range arch.TheRules.Stubs {
		shown(r.Says)
	}
}

func TestWhatIsAllowedIsNotReported(t *testing.T) {
	for _, tt := range []struct{ name, graph string }{
		{"a framework on its floors", "volo-thrift: motore/rpc motore/transport metainfo pilota/thrift net\n" +
			"motore/rpc: time\nmotore/transport: motore/rpc github.com/cloudwego/netpoll\nmetainfo: context\npilota/thrift: math"},
		{"a package within a folder", "volo-thrift: volo-thrift/internal/framed\nvolo-thrift/internal/framed:"},
		{"the pipeline", "pilota: pilota/gen pilota/lower pilota/thriftidl\npilota/gen: pilota/ir\npilota/ir: pilota/source\n" +
			"pilota/source: sort\npilota/lower: pilota/ir pilota/thriftidl\npilota/thriftidl: pilota/report\npilota/report: pilota/source"},
		{"the gate to the frameworks", "volo-cli/internal/command: volo-cli/internal/invoke pilota\nvolo-cli/internal/invoke: volo-thrift pilota/protoidl\n" +
			"volo-thrift: motore\nmotore:\npilota:\npilota/protoidl:"},
		{"integration on everything", "integration/x: volo-cli/x pilota volo-thrift github.com/apache/thrift\nvolo-cli/x:\npilota:\nvolo-thrift:"},
		{"stubs of a framework", "integration/echo/echothrift: generated volo-thrift integration/echo\nvolo-thrift:\nintegration/echo: generated pilota/thrift\npilota/thrift:"},
		{"tests of the core on the core", "motore/timeout: test motore/motoretest testing/synctest\nmotore/motoretest: motore\nmotore:"},
	} {
		for _, v := range arch.Check(graph(tt.graph), arch.TheRules) {
			t.Errorf("%s: %s", tt.name, v)
		}
	}
}

// roots are the folders of the modules.
var roots = []string{"motore", "metainfo", "pilota", "volo-thrift", "volo-grpc", "volo-cli", "integration"}

// graph reads lines of the form "a: b c"; see violations.
func graph(text string) arch.Graph {
	g := make(arch.Graph)
	node := func(path string) *arch.Package {
		if g[path] == nil {
			root, _, _ := strings.Cut(path, "/")
			p := &arch.Package{Path: path, Ours: slices.Contains(roots, root)}
			if !p.Ours && strings.Contains(root, ".") {
				p.Module = path
			}
			g[path] = p
		}
		return g[path]
	}
	for line := range strings.Lines(text) {
		path, imports, _ := strings.Cut(strings.TrimSpace(line), ":")
		p := node(path)
		tests := false
		for _, word := range strings.Fields(imports) {
			switch {
			case word == "test":
				tests = true
			case word == "generated":
				p.Generated = true
			case tests:
				node(word)
				p.TestImports = append(p.TestImports, word)
			default:
				node(word)
				p.Imports = append(p.Imports, word)
			}
		}
	}
	return g
}
