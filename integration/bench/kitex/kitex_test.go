package kitex

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/volo-go/volo/integration/ondemand"
)

// Internal tests: what is built from is decided here, the building itself
// takes a network.

func houseOf(load string) fstest.MapFS {
	return fstest.MapFS{
		"load/run.go":        {Data: []byte(load)},
		"load/run_test.go":   {Data: []byte("package load_test")},
		"codec/codec.go":     {Data: []byte("package codec")},
		"child/main.go":      {Data: []byte("package child")},
		"peer/apache.go":     {Data: []byte("package peer")},
		"echo.thrift":        {Data: []byte("namespace go echo")},
		"gen/echo/echo.go":   {Data: []byte("package echo")},
		"load/README.md":     {Data: []byte("read me")},
		"child/testdata/x.y": {Data: []byte("x")},
	}
}

func TestSourcesAreThoseThatTheModuleNeeds(t *testing.T) {
	files, err := sources(houseOf("package load"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name)
	}
	slices.Sort(got)
	want := []string{
		"codec.go", "echo.thrift", "go.mod",
		"house/bench/child/main.go", "house/bench/codec/codec.go", "house/bench/load/run.go",
		"house/go.mod", "main.go",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTheModuleRequiresTheVersion(t *testing.T) {
	files, err := sources(houseOf(""))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(files, func(f ondemand.File) bool { return f.Name == "go.mod" })
	if want := "github.com/cloudwego/kitex " + Version + "\n"; !strings.Contains(string(files[i].Data), want) {
		t.Errorf("go.mod is\n%s\nwant it to have %q", files[i].Data, want)
	}
}

func TestTheFingerprintFollowsTheSources(t *testing.T) {
	print := func(load string) string {
		files, err := sources(houseOf(load))
		if err != nil {
			t.Fatal(err)
		}
		return ondemand.Module{Files: files}.Fingerprint()
	}
	if a, b := print("package load"), print("package load"); a != b {
		t.Errorf("the same sources have the fingerprints %s and %s", a, b)
	}
	if a, b := print("package load"), print("package load // changed"); a == b {
		t.Errorf("changed sources keep the fingerprint %s", a)
	}
}

func TestBuild(t *testing.T) {
	tests := []struct {
		name    string
		script  string // of a go command, which runs in the module's folder
		wantErr string
	}{
		{
			name: "makes the binary with the tool that the module builds",
			script: `case "$3" in
kitex-tool) printf '#!/bin/sh\n: > "$4.generated"\n' > kitex-tool; chmod +x kitex-tool;;
bench-kitex) test -f echo.thrift.generated && test "$GOWORK" = off && touch bench-kitex;;
esac`,
		},
		{
			name:    "says what the go command said last",
			script:  "echo downloading; echo version not available; exit 1",
			wantErr: "go build -o kitex-tool github.com/cloudwego/kitex/tool/cmd/kitex: exit status 1: version not available",
		},
		{
			name:    "fails without a go command",
			wantErr: "not found",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := os.Stat("/bin/sh"); err != nil {
				t.Skip("there is no shell to play the go command")
			}
			dir := t.TempDir()
			cache, bin := filepath.Join(dir, "cache"), filepath.Join(dir, "bin")
			t.Setenv("XDG_CACHE_HOME", cache)
			t.Setenv("HOME", dir) // where the cache is on other systems
			t.Setenv("PATH", bin)
			if test.script != "" {
				write(t, filepath.Join(bin, "go"), "#!/bin/sh\nPATH=/usr/bin:/bin\n"+test.script+"\n")
			}
			built := 0
			progress := func(string) { built++ }
			binary, err := Build(context.Background(), houseOf(""), progress)
			if test.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), test.wantErr) {
					t.Errorf("err = %v, want one with %q", err, test.wantErr)
				}
				if left, _ := filepath.Glob(filepath.Join(dir, "*", "volo-ondemand", "*")); len(left) > 0 {
					t.Errorf("a failed build leaves %q", left)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Stat(binary); err != nil {
				t.Error(err)
			}
			again, err := Build(context.Background(), houseOf(""), progress)
			if again != binary || err != nil || built != 1 {
				t.Errorf("the second time: %s, %v, built %d times, want %s, built once", again, err, built, binary)
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
