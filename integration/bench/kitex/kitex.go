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

	"github.com/volo-go/volo/integration/bench/ondemand"
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
	return ondemand.Module{
		Name:    "kitex",
		Version: Version,
		Binary:  "bench-kitex",
		Files:   files,
		Steps: []ondemand.Step{
			{Args: []string{"go", "build", "-o", "kitex-tool", "github.com/cloudwego/kitex/tool/cmd/kitex"}},
			{Args: []string{"./kitex-tool", "-no-dependency-check", "-module", "volobench/kitex", "echo.thrift"}},
			{Args: []string{"./kitex-tool", "-no-dependency-check", "-module", "volobench/kitex", "codec.thrift"}},
			{Args: []string{"go", "build", "-o", "bench-kitex", "."}},
		},
	}.Build(ctx, progress)
}

// sources returns the files of the module that Kitex's tool does not generate.
func sources(house fs.FS) ([]ondemand.File, error) {
	files, err := ondemand.House(house)
	if err != nil {
		return nil, err
	}
	idls, err := ondemand.Glob(house, "*.thrift", path.Base)
	if err != nil {
		return nil, err
	}
	own, err := ondemand.Glob(module, "module/*.txt", ondemand.Text)
	return append(append(files, idls...), own...), err
}
