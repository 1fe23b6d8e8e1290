// Command generate writes the code of the benchmark's .proto files, which are
// in the current folder, below genproto.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/volo-go/volo/integration/bench/idl"
)

func main() {
	if err := generate(); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate() error {
	files, err := idl.Files(os.DirFS("."))
	if err != nil {
		return err
	}
	for _, f := range files {
		name := filepath.Join("genproto", filepath.FromSlash(f.Path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
