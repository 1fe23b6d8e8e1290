package command_test

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/command"
)

const everything = `namespace go acme.everything

enum Colour { RED = 1 }
union Key { 1: i64 id, 2: string name }
struct Part { 1: required string name }
struct Whole { 1: required Part part, 2: required Key key, 3: optional Whole more, 4: Colour colour }
exception Fault { 1: string why }

service Everything {
  void nothing()
  oneway void poke(1: binary b)
  bool yes(1: bool b)
  i8 tiny(1: i8 n, 2: i16 s, 3: i32 i, 4: i64 l, 5: double d)
  string text(1: string s)
  uuid id(1: uuid u)
  Colour paint(1: Colour c)
  list<Whole> wholes(1: list<Part> l)
  map<string, Part> parts(1: map<string, Part> m)
  Whole whole(1: Whole w) throws (1: Fault f)
  Key key(1: Key k)
}
service Empty {}
`

// everythingProto has names that scaffolded code uses itself, messages that
// must have something in them, and every kind of call.
const everythingProto = `syntax = "proto2";
package stream;
import "google/protobuf/empty.proto";

enum Colour { RED = 1; }
message Part { required string name = 1; required bytes raw = 2; }
message Whole {
  required Part part = 1;
  required Colour colour = 2;
  required int64 n = 3;
  optional Whole more = 4;
  oneof key { int64 id = 5; string label = 6; }
}

service Everything {
  rpc Nothing(google.protobuf.Empty) returns (google.protobuf.Empty);
  rpc Get(Whole) returns (Part);
  rpc range(stream Whole) returns (Whole);
  rpc Send(Part) returns (stream Whole);
  rpc Open(stream Whole) returns (stream Part);
}

service Show { rpc Context(Part) returns (Part); }
service server {}
`

func TestAProjectServesEveryMethodAsItIs(t *testing.T) {
	for _, tt := range []struct {
		file, text string
		want       []string
	}{
		{"everything.thrift", everything,
			[]string{"Nothing: done", "Poke: done", "Yes: false", "Tiny: 0", "Text: \n", "ID: [0 0", "Wholes: []", "Parts: map[]", "Whole: ", "Key: "}},
		{"everything.proto", everythingProto,
			[]string{"Nothing: {}", `Get: {"name":`, `Range: {"part":`, `Send: {"part":`, `Open: {"name":`, `Context: {"name":`, "RED"}},
	} {
		t.Run(tt.file, func(t *testing.T) { testServes(t, tt.file, tt.text, tt.want) })
	}
}

func testServes(t *testing.T, file, text string, want []string) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	env := &command.Env{Stdout: &out, Stderr: &out, Dir: dir, Environ: os.Environ()}
	if code := command.Main(t.Context(), env, []string{"init", "x", file}); code != 0 {
		t.Fatalf("init: exit code %d\n%s", code, &out)
	}
	project := filepath.Join(dir, "x")
	build(t, project)

	server := exec.CommandContext(t.Context(), filepath.Join(project, "bin", "server"), "-addr", "127.0.0.1:0")
	server.Stderr = os.Stderr
	stdout, err := server.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer server.Process.Kill()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok {
		t.Fatalf("the server said %q (%v), want where it serves", line, err)
	}

	client := exec.CommandContext(t.Context(), filepath.Join(project, "bin", "client"), "-addr", addr)
	got, err := client.CombinedOutput()
	if err != nil {
		t.Errorf("client: %v\n%s", err, got)
	}
	for _, want := range want {
		if !strings.Contains(string(got), want) {
			t.Errorf("the client's output lacks %q:\n%s", want, got)
		}
	}
	if runtime.GOOS == "windows" {
		return // no process can be interrupted there
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Errorf("after an interrupt the server ended with %v, want a clean exit", err)
	}
}

// build builds a project's commands into bin/, as go run would.
func build(t *testing.T, dir string) {
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", "bin"+string(filepath.Separator), "./cmd/...")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
}
