package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/bench/idl"
	"github.com/volo-go/volo/integration/bench/report"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
)

// run is the command with args; it returns what it wrote.
func run(t *testing.T, args ...string) (out, progress string, err error) {
	t.Helper()
	var o, p strings.Builder
	err = bench(t.Context(), args, &o, &p)
	return o.String(), p.String(), err
}

func TestWithoutArgumentsEverythingIsListed(t *testing.T) {
	out, _, err := run(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, sc := range scenarios() {
		if !strings.Contains(out, "  "+sc.name+" ") {
			t.Errorf("scenario %s is not listed", sc.name)
		}
	}
	c := newCatalog(t.TempDir(), func(string) {})
	for _, e := range append(c.peers, c.codecs...) {
		if !strings.Contains(out, "  "+e.name+" ") || e.about == "" {
			t.Errorf("%s is not listed, or with nothing about it", e.name)
		}
	}
}

func TestScenariosNameWhatThereIs(t *testing.T) {
	c := newCatalog(t.TempDir(), func(string) {})
	for _, sc := range scenarios() {
		for _, name := range sc.peers {
			if !slices.ContainsFunc(c.peers, func(e entry) bool { return e.name == name }) {
				t.Errorf("%s names the peer %s, which does not exist", sc.name, name)
			}
		}
		for _, name := range sc.codecs {
			if !slices.ContainsFunc(c.codecs, func(e entry) bool { return e.name == name }) {
				t.Errorf("%s names the codec %s, which does not exist", sc.name, name)
			}
		}
	}
}

func TestARunMeasuresRoundsAndPeersInTurn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.json")
	profiles := filepath.Join(t.TempDir(), "profiles")
	out, progress, err := run(t, "-run", "thrift-pingpong$", "-peers", "volo-pingpong,raw-net", "-c", "1,4", "-size", "64",
		"-rounds", "2", "-d", "50ms", "-warmup", "10ms", "-json", file, "-cpuprofile", profiles)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	if n := strings.Count(out, "medians of 2 rounds"); n != 2 {
		t.Errorf("%d tables, want one for each number of callers:\n%s", n, out)
	}
	var got report.Document
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, s := range got.Samples {
		if s.Callers == 4 {
			order = append(order, s.Peer)
		}
		if s.Requests == 0 || s.Errors != 0 || s.Size != 64 || s.PerSecond <= 0 || s.P50 <= 0 || s.P999 < s.P50 {
			t.Errorf("sample %+v, want requests without errors", s)
		}
	}
	if want := "volo-pingpong raw-net volo-pingpong raw-net"; strings.Join(order, " ") != want {
		t.Errorf("order %v, want %s", order, want)
	}
	if got.Environment.Go == "" || len(got.Rows) != 4 || got.Rows[1].Speed.Rounds != 2 || got.Rows[1].Base != "volo-pingpong" {
		t.Errorf("environment %+v and rows %+v, want 4 rows, compared in 2 rounds with the first peer", got.Environment, got.Rows)
	}
	if files, _ := filepath.Glob(filepath.Join(profiles, "*.pprof")); len(files) != 16 {
		t.Errorf("%d profiles, want one a side of 8 rounds", len(files))
	}
}

func TestIdleConnectionsAreThere(t *testing.T) {
	var out, progress strings.Builder
	options, err := parse([]string{"-rounds", "1", "-d", "10ms", "-warmup", "0"}, &progress)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{options: options, catalog: newCatalog(t.TempDir(), func(string) {}), out: &out, progress: &progress}
	sc := scenario{name: "s", callers: []int{1}, size: 16, idle: 20, peers: []string{"raw-net"}}
	if err := s.run(t.Context(), []scenario{sc}); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	if got := s.document.Samples; len(got) != 1 || got[0].Idle != 20 || !strings.Contains(out.String(), "20 idle connections") {
		t.Errorf("samples %+v and\n%swant one beside 20 idle connections", got, &out)
	}
}

func TestARunOfCodecs(t *testing.T) {
	out, progress, err := run(t, "-run", "codec", "-peers", "volo,apache", "-shapes", "^small$", "-rounds", "1", "-op", "1ms", "-nopin")
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	for _, want := range []string{"encode", "decode", "allocs/op", "geometric means", "encode ≥ 4× apache, mean of 1 shape"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

func TestGovernanceIsMeasuredAndJudged(t *testing.T) {
	profiles := filepath.Join(t.TempDir(), "profiles")
	out, progress, err := run(t, "-run", "governance", "-rounds", "1", "-d", "50ms", "-c", "3", "-cpuprofile", profiles)
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	for _, client := range []string{"Thrift, in process", "gRPC, in process", "Thrift, loopback", "gRPC, loopback"} {
		callers := 1
		if strings.HasSuffix(client, "loopback") {
			callers = 3
		}
		for _, target := range []string{"ns that it adds to a call on the client ≤ 1000", "allocations that it adds to a call ≤ 2"} {
			if want := fmt.Sprintf("governance, %s, callers: %d: %s", client, callers, target); !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
	}
	if files, _ := filepath.Glob(filepath.Join(profiles, "*.pprof")); len(files) != 8 {
		t.Errorf("%d profiles, want two of each client", len(files))
	}
}

func TestWhatCannotBeHadIsSkippedWithItsReason(t *testing.T) {
	t.Setenv("PATH", t.TempDir()) // no go command to build anything with
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	_, progress, err := run(t, "-run", "thrift-mux$", "-peers", "kitex-mux,raw-mux", "-c", "1,2", "-rounds", "1", "-d", "10ms", "-warmup", "0")
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	for _, want := range []string{
		"kitex-mux: skipped: Kitex v0.16.3 cannot be had here: ",
		"raw-mux: skipped: thriftpeer cannot be built (run the benchmark within its repository): ",
	} {
		if n := strings.Count(progress, want); n != 1 {
			t.Errorf("the reason %q is given %d times, want once:\n%s", want, n, progress)
		}
	}
}

func TestAPeerWithoutItsProgramIsSkipped(t *testing.T) {
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", filepath.Dir(goTool)) // where nobody installs h2load
	out, progress, err := run(t, "-run", "grpc-unary$", "-peers", "volo-grpc-by-h2load,volo-grpc", "-c", "1", "-rounds", "1", "-d", "10ms", "-warmup", "0")
	if err != nil {
		t.Fatalf("%v\n%s", err, progress)
	}
	if !strings.Contains(progress, "volo-grpc-by-h2load: skipped: h2load is not installed") || !strings.Contains(out, "volo-grpc") {
		t.Errorf("got\n%s\nand\n%swant the one skipped with its reason, the other measured", progress, out)
	}
}

func TestEveryKindOfCallIsMeasured(t *testing.T) {
	for _, scenario := range []string{"grpc-unary-4conns", "grpc-bidi", "grpc-flood$"} {
		out, progress, err := run(t, "-run", scenario, "-peers", "volo-grpc,grpc-go", "-c", "4", "-rounds", "1", "-d", "50ms", "-warmup", "10ms")
		if err != nil {
			t.Fatalf("%s: %v\n%s", scenario, err, progress)
		}
		if !strings.Contains(out, "\n  grpc-go ") || !strings.Contains(out, "\n  volo-grpc ") {
			t.Errorf("%s: got\n%swant both peers", scenario, out)
		}
	}
}

func TestWrongArguments(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"a peer that does not exist", []string{"-run", ".", "-peers", "raw-nut"}, `there is no peer or codec "raw-nut"`},
		{"a base that does not exist", []string{"-run", ".", "-base", "x"}, `there is no peer or codec "x"`},
		{"no such scenario", []string{"-run", "thrift-pong"}, `no scenario matches "thrift-pong"`},
		{"a broken expression", []string{"-run", "("}, "-run: "},
		{"a broken expression of shapes", []string{"-run", ".", "-shapes", "("}, "-shapes: "},
		{"callers that are no number", []string{"-run", ".", "-c", "1,many"}, `-c: "many" is not a positive number`},
		{"no callers", []string{"-run", ".", "-c", "0"}, `-c: "0" is not a positive number`},
		{"no rounds", []string{"-run", ".", "-rounds", "0"}, "-rounds, -d and -op must be positive"},
		{"something left over", []string{"thrift-mux"}, `unexpected argument "thrift-mux"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := run(t, test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestAFailingPeerFailsTheRun(t *testing.T) {
	var out, progress strings.Builder
	s := &session{options: options{rounds: 1, conns: 1}, out: &out, progress: &progress}
	none := func(context.Context) (string, error) { return filepath.Join(t.TempDir(), "nothing"), nil }
	s.catalog.peers = []entry{{name: "broken", binary: none}}
	err := s.run(t.Context(), []scenario{{name: "s", callers: []int{1}, peers: []string{"broken"}}})
	if err != errFailed || len(s.document.Failures) != 1 || !strings.Contains(progress.String(), "FAILED: s c=1 round 1: broken: ") {
		t.Errorf("err = %v, failures %q, want one", err, s.document.Failures)
	}
}

// What is checked in is what the compiler makes of the IDLs today.
func TestGeneratedCodeIsCurrent(t *testing.T) {
	var options pilota.Options
	options.Inputs = []string{"echo.thrift", "codec.thrift"}
	options.Go = gen.Options{PackagePrefix: "github.com/volo-go/volo/integration/bench/gen"}
	files, diagnostics := pilota.Compile(options)
	if len(files) == 0 {
		t.Fatalf("no code: %v", diagnostics)
	}
	want := make(map[string]bool)
	for _, f := range files {
		want["gen/"+f.Path] = true
		got, err := os.ReadFile(filepath.Join("gen", filepath.FromSlash(f.Path)))
		if err != nil || string(got) != string(f.Content) {
			t.Errorf("gen/%s is not what go generate writes (%v)", f.Path, err)
		}
	}
	protos, err := idl.Files(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range protos {
		want["genproto/"+f.Path] = true
		got, err := os.ReadFile(filepath.Join("genproto", filepath.FromSlash(f.Path)))
		if err != nil || string(got) != string(f.Content) {
			t.Errorf("genproto/%s is not what go generate writes (%v)", f.Path, err)
		}
	}
	for _, dir := range []string{"gen", "genproto"} {
		err = fs.WalkDir(os.DirFS("."), dir, func(name string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !want[name] && !strings.HasPrefix(name, "gen/apache/") {
				t.Errorf("%s is not generated from the IDLs", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
