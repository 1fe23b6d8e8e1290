package interop_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// A second opinion, where it is to be had: Python code by the compiler of the
// Debian package thrift-compiler, on the runtime of python3-thrift. They are of
// version 0.17, which knows no uuid. To see whether it was to be had:
//
//	go test ./integration/interop -run Debian -v

func TestDebiansClientCallsOurServer(t *testing.T) {
	python, gen := debian(t)
	_, port, _ := net.SplitHostPort(serve(t, new(handler)))
	for _, tt := range framings {
		t.Run(tt.name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), python, "testdata/debian/client.py", gen, port, tt.name).CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestOurClientCallsDebiansServer(t *testing.T) {
	python, gen := debian(t)
	for _, tt := range framings {
		t.Run(tt.name, func(t *testing.T) {
			server := exec.CommandContext(t.Context(), python, "testdata/debian/server.py", gen, tt.name)
			server.Stderr = t.Output()
			in, err := server.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := server.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
			defer server.Wait()
			defer in.Close() // upon which it leaves
			port, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			client := newClient(t, net.JoinHostPort("127.0.0.1", strings.TrimSpace(port)), volothrift.WithProtocol(tt.protocol))
			apachetest.Check(t, withoutUUID{view{client}})
			client.Close()
		})
	}
}

// withoutUUID answers itself what the server cannot.
type withoutUUID struct{ view }

func (withoutUUID) TestUuid(_ context.Context, thing apache.Tuuid) (apache.Tuuid, error) {
	return thing, nil
}

// debian returns a Python that has the runtime, and a folder with the generated
// code; or it skips the test and says what is missing.
func debian(t *testing.T) (python, gen string) {
	t.Helper()
	compiler, err := exec.LookPath("thrift")
	if err != nil {
		t.Skip("the Debian package thrift-compiler is not installed:", err)
	}
	// Debian's own Python has Debian's packages; another may come first.
	for _, name := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(name, "-c", "import thrift").Run() == nil {
			python = name
			break
		}
	}
	if python == "" {
		t.Skip("the Debian package python3-thrift is not installed: no python3 has a module thrift")
	}
	idl, err := os.ReadFile("apachetest/ThriftTest.thrift")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	reduced := filepath.Join(dir, "ThriftTest.thrift")
	if err := os.WriteFile(reduced, uuids.ReplaceAll(idl, nil), 0o666); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), compiler, "--gen", "py", "--out", dir, reduced).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", compiler, err, out)
	}
	return python, dir
}

// uuids matches the lines of ThriftTest.thrift that have to do with them.
var uuids = regexp.MustCompile(`(?im)^.*uuid.*\n`)
