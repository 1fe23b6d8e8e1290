// Package kitex makes a child of the benchmark out of Kitex, which this
// repository neither contains nor requires.
//
// [Build] writes a module into the user's cache folder: the sources embedded
// here, the IDLs, and a copy of the packages load, codec and child, which import
// nothing but the standard library. It builds Kitex's own tool at [Version],
// lets it generate the code, and builds the binary. The second time the binary
// is there already; a change in any of the sources makes a new one.
//
// It takes the Go tool and, the first time, a module proxy.
package kitex

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// Version is the version of Kitex that the embedded go.mod requires.
const Version = "v0.16.3"

// Peers returns the names of the peers that the binary offers, each with a
// line about it.
func Peers() [][2]string {
	return [][2]string{
		{"kitex-pingpong", "Kitex " + Version + ", framed, long connection pool, FastCodec"},
		{"kitex-mux", "Kitex " + Version + ", multiplexed TTHeader, FastCodec"},
	}
}

// Codecs returns the names of the codecs that the binary offers, each with a
// line about it.
func Codecs() [][2]string {
	return [][2]string{{"kitex-fastcodec", "Kitex " + Version + ", FastCodec"}}
}

//go:embed module/*.txt
var module embed.FS

// Build returns the path of the binary, which it builds if it is not there.
// house holds the benchmark's folders load, codec and child and its IDLs.
// progress is told what is being done if that takes time.
func Build(ctx context.Context, house fs.FS, progress func(string)) (string, error) {
	files, err := sources(house)
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	cache = filepath.Join(cache, "volo-bench")
	dir := filepath.Join(cache, "kitex-"+Version+"-"+fingerprint(files))
	binary := filepath.Join(dir, "bench-kitex")
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	progress("building Kitex " + Version + " with its own tool")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	// Built aside and moved when it is whole: a run that is interrupted leaves
	// nothing that the next one would take for a binary.
	aside, err := os.MkdirTemp(cache, "building-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(aside)
	if err := build(ctx, aside, files); err != nil {
		return "", err
	}
	if err := os.Rename(aside, dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return binary, nil
}

// A file is a source of the module.
type file struct {
	name string // with slashes, relative to the module
	data []byte
}

// sources returns the files of the module that Kitex's tool does not generate.
func sources(house fs.FS) ([]file, error) {
	files := []file{{"house/go.mod", []byte("module github.com/volo-go/volo/integration\n\ngo 1.26\n")}}
	add := func(from fs.FS, pattern string, rename func(string) string) error {
		names, err := fs.Glob(from, pattern)
		if err != nil {
			return err
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			data, err := fs.ReadFile(from, name)
			if err != nil {
				return err
			}
			files = append(files, file{rename(name), data})
		}
		return nil
	}
	inHouse := func(name string) string { return path.Join("house/bench", name) }
	return files, errors.Join(
		add(house, "load/*.go", inHouse),
		add(house, "codec/*.go", inHouse),
		add(house, "child/*.go", inHouse),
		add(house, "*.thrift", path.Base),
		add(module, "module/*.txt", func(name string) string {
			return strings.TrimSuffix(path.Base(name), ".txt")
		}),
	)
}

// fingerprint tells sets of sources and toolchains apart.
func fingerprint(files []file) string {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version())
	for _, f := range files {
		fmt.Fprintf(h, "%s %d\n%s\n", f.name, len(f.data), f.data)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:6])
}

func build(ctx context.Context, dir string, files []file) error {
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.data, 0o644); err != nil {
			return err
		}
	}
	for _, args := range [][]string{
		{"go", "build", "-o", "kitex-tool", "github.com/cloudwego/kitex/tool/cmd/kitex"},
		{"./kitex-tool", "-no-dependency-check", "-module", "volobench/kitex", "echo.thrift"},
		{"./kitex-tool", "-no-dependency-check", "-module", "volobench/kitex", "codec.thrift"},
		{"go", "build", "-o", "bench-kitex", "."},
	} {
		if err := run(ctx, dir, args...); err != nil {
			return err
		}
	}
	return nil
}

func run(ctx context.Context, dir string, args ...string) error {
	name := args[0]
	if !strings.Contains(name, "/") {
		found, err := exec.LookPath(name)
		if err != nil {
			return err
		}
		name = found
	} else {
		name = filepath.Join(dir, name)
	}
	cmd := exec.CommandContext(ctx, name, args[1:]...)
	cmd.Dir = dir
	// The module stands alone, and its go.sum is yet to be written.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, lastLine(out))
	}
	return nil
}

// lastLine returns the last line of a command's output, which tends to be the
// one that says why it failed.
func lastLine(out []byte) string {
	out = bytes.TrimSpace(out)
	return string(out[bytes.LastIndexByte(out, '\n')+1:])
}
