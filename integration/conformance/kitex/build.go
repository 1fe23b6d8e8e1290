package kitex

import (
	"context"
	"embed"
	"path"

	benchkitex "github.com/volo-go/volo/integration/bench/kitex"
	"github.com/volo-go/volo/integration/ondemand"
)

// Version is the version of Kitex that the embedded go.mod requires.
const Version = benchkitex.Version

//go:embed module/*.txt stage/*.go suite.thrift
var embedded embed.FS

// Build returns the path of the Kitex program, which it builds if it is not
// there. progress is told what is being done if that takes time.
func Build(ctx context.Context, progress func(string)) (string, error) {
	files, err := sources()
	if err != nil {
		return "", err
	}
	return ondemand.Module{
		Name:    "kitex-peer",
		Version: Version,
		Binary:  "kitex-peer",
		Files:   files,
		Steps:   benchkitex.Steps("voloconformance/kitex", "kitex-peer", "suite.thrift"),
	}.Build(ctx, progress)
}

// sources returns the files of the module that Kitex's tool does not generate.
func sources() ([]ondemand.File, error) {
	files := []ondemand.File{{Name: "house/go.mod", Data: []byte("module github.com/volo-go/volo/integration\n\ngo 1.26\n")}}
	for _, part := range []struct {
		pattern string
		rename  func(string) string
	}{
		{"module/*.txt", ondemand.Text},
		{"suite.thrift", path.Base},
		{"stage/*.go", func(name string) string { return path.Join("house/conformance/kitex", name) }},
	} {
		more, err := ondemand.Glob(embedded, part.pattern, part.rename)
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return files, nil
}
