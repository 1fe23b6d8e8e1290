// Package house has the sources of the benchmark that its children are made of,
// wherever they are built.
package house

import (
	"io/fs"
	"path"

	"github.com/volo-go/volo/integration/ondemand"
)

// Files returns the folders load, codec and child of bench, the folder of the
// benchmark, as a module that the folder house holds.
func Files(bench fs.FS) ([]ondemand.File, error) {
	files := []ondemand.File{{Name: "house/go.mod", Data: []byte("module github.com/volo-go/volo/integration\n\ngo 1.26\n")}}
	for _, folder := range []string{"load", "codec", "child"} {
		more, err := ondemand.Glob(bench, folder+"/*.go", func(name string) string { return path.Join("house/bench", name) })
		if err != nil {
			return nil, err
		}
		files = append(files, more...)
	}
	return files, nil
}
