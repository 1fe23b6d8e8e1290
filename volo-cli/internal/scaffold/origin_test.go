package scaffold

import (
	"errors"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// checkout writes the go.mod and go.sum files of a checkout.
func checkout(t *testing.T) string {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"volo-thrift/go.mod": "module " + Prefix + "volo-thrift\n\ngo 1.26\n\nrequire (\n\t" + Prefix + "motore v0.0.0\n\t" + Prefix + "metainfo v0.0.0\n\t" + Prefix + "pilota v0.0.0\n\texample.org/a v1.2.0 // indirect\n)\n",
		"volo-thrift/go.sum": "example.org/a v1.2.0 h1:x=\n",
		"motore/go.mod":      "module " + Prefix + "motore\n\ngo 1.26.3\n\nrequire (\n\texample.org/a v1.10.0\n\texample.org/b v1.0.0\n)\n",
		"motore/go.sum":      "example.org/a v1.10.0 h1:y=\nexample.org/b v1.0.0 h1:z=\n",
		"metainfo/go.mod":    "module " + Prefix + "metainfo\n",
		"pilota/go.mod":      "module " + Prefix + "pilota\n",
		"volo-grpc/go.mod":   "module " + Prefix + "volo-grpc\n\ngo 1.26\n\nrequire (\n\t" + Prefix + "pilota v0.0.0\n\tgoogle.golang.org/protobuf v1.36.0\n\texample.org/c v1.0.0\n)\n",
		"volo-grpc/go.sum":   "example.org/c v1.0.0 h1:c=\n",
	} {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindOriginTellsCheckoutsFromReleases(t *testing.T) {
	dir := checkout(t)
	elsewhere := t.TempDir()
	version := func(v string) *debug.BuildInfo { return &debug.BuildInfo{Main: debug.Module{Version: v}} }
	for _, tt := range []struct {
		name, file, dir string
		info            *debug.BuildInfo
		want            Origin
		err             error
	}{
		{"built from a checkout", filepath.Join(dir, "volo-cli/internal/scaffold/origin.go"), elsewhere, version("v1.0.0"), Origin{Dir: dir}, nil},
		{"built with -trimpath, run in a checkout", Prefix + "volo-cli/origin.go", filepath.Join(dir, "pilota"), version("(devel)"), Origin{Dir: dir}, nil},
		{"installed", filepath.Join(elsewhere, "volo-cli@v0.1.0/origin.go"), elsewhere, version("v0.1.0"), Origin{Version: "v0.1.0"}, nil},
		{"from a checkout that has gone", filepath.Join(elsewhere, "x/origin.go"), elsewhere, version("(devel)"), Origin{}, ErrNoOrigin},
		{"from one that was not clean", filepath.Join(elsewhere, "x/origin.go"), elsewhere, version("v0.1.1-0.20261122190000-95df8ab00000+dirty"), Origin{}, ErrNoOrigin},
		{"without build information", "", elsewhere, nil, Origin{}, ErrNoOrigin},
	} {
		got, err := findOrigin(tt.file, tt.dir, tt.info)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: got %+v and %v, want %+v and %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

func TestOpenCheckoutRefusesOtherFolders(t *testing.T) {
	if o, err := OpenCheckout(checkout(t)); err != nil || o.Dir == "" {
		t.Errorf("a checkout: got %v and %v", o, err)
	}
	if _, err := OpenCheckout(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is no checkout of Volo") {
		t.Errorf("an empty folder: got %v, want that it is no checkout", err)
	}
}

func TestGoModOfACheckoutRequiresWhatItsModulesDo(t *testing.T) {
	dir := checkout(t)
	mod, sum, err := Origin{Dir: dir}.goMod("example.com/x", "volo-thrift")
	if err != nil {
		t.Fatal(err)
	}
	want := `module example.com/x

go 1.26.3

require (
	github.com/volo-go/volo/motore v0.0.0
	github.com/volo-go/volo/pilota v0.0.0
	github.com/volo-go/volo/volo-thrift v0.0.0
)

require (
	example.org/a v1.10.0 // indirect
	example.org/b v1.0.0 // indirect
	github.com/volo-go/volo/metainfo v0.0.0 // indirect
)

replace github.com/volo-go/volo/metainfo => DIR/metainfo

replace github.com/volo-go/volo/motore => DIR/motore

replace github.com/volo-go/volo/pilota => DIR/pilota

replace github.com/volo-go/volo/volo-thrift => DIR/volo-thrift
`
	if got := strings.ReplaceAll(string(mod), dir, "DIR"); got != want {
		t.Errorf("go.mod: got\n%s\nwant\n%s", got, want)
	}
	if got, want := string(sum), "example.org/a v1.10.0 h1:y=\nexample.org/a v1.2.0 h1:x=\nexample.org/b v1.0.0 h1:z=\n"; got != want {
		t.Errorf("go.sum: got %q, want %q", got, want)
	}
}

func TestGoModOfAReleaseRequiresIt(t *testing.T) {
	mod, sum, err := Origin{Version: "v0.3.0"}.goMod("example.com/x", "volo-thrift")
	if err != nil {
		t.Fatal(err)
	}
	want := `module example.com/x

go 1.26.0

require (
	github.com/volo-go/volo/motore v0.3.0
	github.com/volo-go/volo/pilota v0.3.0
	github.com/volo-go/volo/volo-thrift v0.3.0
)
`
	if string(mod) != want || sum != nil {
		t.Errorf("got\n%s and sum %q, want\n%s and none", mod, sum, want)
	}
}

func TestGoModOfAProjectOfGRPC(t *testing.T) {
	mod, sum, err := Origin{Dir: checkout(t)}.goMod("example.com/x", "volo-grpc")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\tgoogle.golang.org/protobuf v1.36.0\n", "\t" + Prefix + "volo-grpc v0.0.0\n", "\texample.org/c v1.0.0 // indirect\n",
	} {
		if !strings.Contains(string(mod), want) {
			t.Errorf("go.mod: got\n%s\nwant %q in it", mod, want)
		}
	}
	if strings.Contains(string(mod), "volo-thrift") || !strings.Contains(string(sum), "example.org/c v1.0.0 h1:c=\n") {
		t.Errorf("got\n%s\nand sum\n%s\nwant nothing of volo-thrift and the sums of volo-grpc", mod, sum)
	}
	mod, _, err = Origin{Version: "v0.3.0"}.goMod("example.com/x", "volo-grpc")
	if err != nil || !strings.Contains(string(mod), "volo-grpc v0.3.0\n") || strings.Contains(string(mod), "google.golang.org") {
		t.Errorf("of a release: got\n%s\nand %v, want volo-grpc v0.3.0 and nothing of others", mod, err)
	}
}
