package proxytest_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/proxytest"
)

const version = "v0.0.1-test"

// A consumer is somebody's machine: no workspace, a module cache of its own,
// and two module proxies: the one with our packed modules, and the download
// cache of the real machine for everybody else's.
type consumer struct {
	dir string
	env []string
}

func newConsumer(t *testing.T) *consumer {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cache := fetchThirdParties(t, root)
	proxy := t.TempDir()
	if err := proxytest.Pack(root, proxy, version); err != nil {
		t.Fatal(err)
	}
	// What a test leaves in the module cache is read-only otherwise.
	flags := "GOFLAGS=-modcacherw -trimpath -buildvcs=false"
	c := &consumer{dir: t.TempDir()}
	c.env = append(os.Environ(), "GOWORK=off", "GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=", "GONOPROXY=", "GOVCS=*:off", flags,
		"GOPROXY="+fileURL(proxy)+","+fileURL(filepath.Join(cache, "cache", "download"))+",off",
		"GOMODCACHE="+filepath.Join(c.dir, "modcache"), "GOBIN="+filepath.Join(c.dir, "bin"))
	return c
}

// fetchThirdParties makes sure that the machine has the code of all modules
// that ours need. It is the only part that may use a network, and only for
// what is missing.
func fetchThirdParties(t *testing.T, root string) (cache string) {
	for _, name := range proxytest.Modules {
		cmd := exec.Command("go", "mod", "download")
		cmd.Dir = filepath.Join(root, name)
		cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+cmd.Dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go mod download in %s: %v\n%s", name, err, out)
		}
	}
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func fileURL(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + path
}

// run runs a program in a folder below the consumer's and returns its output.
func (c *consumer) run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = filepath.Join(c.dir, dir)
	cmd.Env = append(slices.Clone(c.env), "PWD="+cmd.Dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, out, &stderr)
	}
	return string(out)
}

// write writes a file below the consumer's folder.
func (c *consumer) write(t *testing.T, name, text string) {
	t.Helper()
	at := filepath.Join(c.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestGoGetGivesEachModuleAndOnlyWhatItNeeds(t *testing.T) {
	c := newConsumer(t)
	for _, tt := range []struct {
		module string
		code   string // of main
		needs  string // modules that the program is built from, without Prefix
	}{
		{"metainfo", `import ("context"; "fmt"; "github.com/volo-go/volo/metainfo")
			func main() {
				v, _ := metainfo.Persistent(metainfo.WithPersistent(context.Background(), "k", "works"), "k")
				fmt.Println(v)
			}`, "metainfo"},
		{"motore", `import ("context"; "fmt"; "github.com/volo-go/volo/motore")
			func main() {
				var s motore.Service[string, string] = motore.ServiceFunc[string, string](func(_ context.Context, s string) (string, error) { return s, nil })
				v, _ := motore.Chain[string, string]()(s).Call(context.Background(), "works")
				fmt.Println(v)
			}`, "motore"},
		{"motore/contrib/etcd", `import ("fmt"; "github.com/volo-go/volo/motore/contrib/etcd"; "github.com/volo-go/volo/motore/discovery")
			func main() {
				var r any = (*etcd.Registry)(nil)
				if _, ok := r.(discovery.Registrar); ok { fmt.Println("works") }
			}`, "motore motore/contrib/etcd go.etcd.io/etcd/api/v3 go.etcd.io/etcd/client/pkg/v3 go.etcd.io/etcd/client/v3 " +
			"github.com/coreos/go-semver github.com/coreos/go-systemd/v22 github.com/golang/protobuf github.com/grpc-ecosystem/grpc-gateway/v2 " +
			"go.uber.org/multierr go.uber.org/zap golang.org/x/net golang.org/x/sys golang.org/x/text " +
			"google.golang.org/genproto/googleapis/api google.golang.org/genproto/googleapis/rpc google.golang.org/grpc google.golang.org/protobuf"},
		{"pilota", `import ("fmt"; "github.com/volo-go/volo/pilota/thrift")
			func main() {
				b := thrift.AppendMessageBegin(nil, "works", thrift.Call, 1)
				m, _, _ := thrift.ConsumeMessageBegin(b)
				fmt.Println(string(m.Name))
			}`, "pilota"},
		{"volo-thrift", `import ("fmt"; volothrift "github.com/volo-go/volo/volo-thrift")
			func main() {
				if volothrift.NewServer().Close() == nil { fmt.Println("works") }
			}`, "metainfo motore pilota volo-thrift github.com/bytedance/gopkg github.com/cloudwego/gopkg github.com/cloudwego/netpoll golang.org/x/sys"},
		{"volo-grpc", `import ("fmt"; vologrpc "github.com/volo-go/volo/volo-grpc")
			func main() {
				if vologrpc.NewServer().Close() == nil { fmt.Println("works") }
			}`, "metainfo motore pilota volo-grpc github.com/bytedance/gopkg github.com/cloudwego/gopkg github.com/cloudwego/netpoll github.com/klauspost/compress golang.org/x/net golang.org/x/sys golang.org/x/text google.golang.org/protobuf"},
	} {
		t.Run(tt.module, func(t *testing.T) {
			c.write(t, tt.module+"/go.mod", "module example.com/consumer\n\ngo 1.26.0\n")
			c.write(t, tt.module+"/main.go", "package main\n\n"+tt.code+"\n")
			c.run(t, tt.module, "go", "get", proxytest.Prefix+tt.module+"@"+version)
			if got := strings.TrimSpace(c.run(t, tt.module, "go", "run", ".")); got != "works" {
				t.Errorf("the program printed %q, want works", got)
			}
			c.run(t, tt.module, "go", "vet", ".")
			var got []string
			for line := range strings.Lines(c.run(t, tt.module, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", ".")) {
				name := strings.TrimPrefix(strings.TrimSpace(line), proxytest.Prefix)
				if name != "" && !slices.Contains(got, name) {
					got = append(got, name)
				}
			}
			allowed := strings.Fields(tt.needs)
			for _, name := range got {
				if !slices.Contains(allowed, name) {
					t.Errorf("the program is built from %s, want nothing but %v", name, allowed)
				}
			}
			if !slices.Contains(got, tt.module) {
				t.Errorf("the program is built from %v, want %s among them", got, tt.module)
			}
		})
	}
}

func TestGoInstallGivesAToolWhoseProjectsBuild(t *testing.T) {
	c := newConsumer(t)
	c.run(t, ".", "go", "install", proxytest.Prefix+"volo-cli/cmd/volo@"+version)
	volo := filepath.Join(c.dir, "bin", "volo")
	if runtime.GOOS == "windows" {
		volo += ".exe"
	}
	out := c.run(t, ".", volo, "version")
	for _, want := range []string{"volo " + version + " (", "new projects: use version " + version} {
		if !strings.Contains(out, want) {
			t.Errorf("volo version: got %q, want %q in it", out, want)
		}
	}
	c.write(t, "hello.thrift", "namespace go hello\nservice Hello { string greet(1: string name) }\n")
	c.run(t, ".", volo, "init", "hello", "hello.thrift")
	mod, err := os.ReadFile(filepath.Join(c.dir, "hello", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	if want := proxytest.Prefix + "volo-thrift " + version; !strings.Contains(string(mod), want) || strings.Contains(string(mod), "replace") {
		t.Errorf("go.mod: got\n%s\nwant %s and no replace", mod, want)
	}
	c.run(t, "hello", "go", "build", "./...")
	c.run(t, "hello", "go", "vet", "./...")
	c.run(t, "hello", volo, "gen", "--check")
	c.write(t, "greet.proto", "syntax = \"proto3\";\npackage greet;\nmessage Name { string name = 1; }\nservice Greeter { rpc Greet(Name) returns (Name); }\n")
	c.run(t, ".", volo, "init", "greet", "greet.proto")
	c.run(t, "greet", "go", "build", "./...")
	c.run(t, "greet", "go", "vet", "./...")
	c.run(t, "greet", volo, "gen", "--check")
	if out := c.run(t, ".", volo, "demo"); !strings.Contains(out, "everything was as it should be") {
		t.Errorf("volo demo: got\n%s", out)
	}
}

func TestReleaseRefusesReplacementsOfOthers(t *testing.T) {
	ours := "module " + proxytest.Prefix + "x\n\ngo 1.26\n\nrequire (\n\t" + proxytest.Prefix + "y v0.0.0\n\texample.org/z v1.0.0\n)\n\nreplace " + proxytest.Prefix + "y => ../y\n"
	got, err := proxytest.Release([]byte(ours), version)
	want := "module " + proxytest.Prefix + "x\n\ngo 1.26\n\nrequire (\n\t" + proxytest.Prefix + "y " + version + "\n\texample.org/z v1.0.0\n)\n"
	if err != nil || string(got) != want {
		t.Errorf("got %q and %v, want %q", got, err, want)
	}
	if _, err := proxytest.Release([]byte(ours+"\nreplace example.org/z => ../z\n"), version); err == nil {
		t.Error("a replacement of another's module: got no error")
	}
}
