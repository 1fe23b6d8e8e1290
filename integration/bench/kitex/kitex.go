// Package kitex makes a child of the benchmark out of Kitex, which this
// repository neither contains nor requires.
//
// Its module has the sources embedded here, the IDLs, and a copy of the packages
// load, codec and child, which import nothing but the standard library. [Build]
// builds Kitex's own tool at [Version], lets it generate the code, and builds
// the binary; package ondemand says where and when.
package kitex

import (
	"context"
	"embed"
	"io/fs"
	"path"

	"github.com/volo-go/volo/integration/bench/house"
	"github.com/volo-go/volo/integration/ondemand"
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
// bench holds the benchmark's folders load, codec and child and its IDLs.
// progress is told what is being done if that takes time.
func Build(ctx context.Context, bench fs.FS, progress func(string)) (string, error) {
	files, err := sources(bench)
	if err != nil {
		return "", err
	}
	return ondemand.Module{
		Name:    "kitex",
		Version: Version,
		Binary:  "bench-kitex",
		Files:   files,
		Steps:   Steps("volobench/kitex", "bench-kitex", "echo.thrift", "codec.thrift"),
	}.Build(ctx, progress)
}

// Steps returns how the files of a module that requires Kitex become a binary:
// Kitex's tool is built, generates code of the IDLs, and all is built.
func Steps(module, binary string, idls ...string) []ondemand.Step {
	steps := []ondemand.Step{{Args: []string{"go", "build", "-o", "kitex-tool", "github.com/cloudwego/kitex/tool/cmd/kitex"}}}
	for _, idl := range idls {
		steps = append(steps, ondemand.Step{Args: []string{"./kitex-tool", "-no-dependency-check", "-module", module, idl}})
	}
	return append(steps, ondemand.Step{Args: []string{"go", "build", "-o", binary, "."}})
}

// sources returns the files of the module that Kitex's tool does not generate.
func sources(bench fs.FS) ([]ondemand.File, error) {
	files, err := house.Files(bench)
	if err != nil {
		return nil, err
	}
	idls, err := ondemand.Glob(bench, "*.thrift", path.Base)
	if err != nil {
		return nil, err
	}
	own, err := ondemand.Glob(module, "module/*.txt", ondemand.Text)
	return append(append(files, idls...), own...), err
}
