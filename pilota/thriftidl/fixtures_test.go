package thriftidl_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
)

// fixtures returns the text of every Thrift file that tests have, those with
// errors included.
func fixtures(t testing.TB) map[string]string {
	t.Helper()
	files := make(map[string]string)
	root := os.DirFS("../testdata")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".thrift") {
			return err
		}
		text, err := fs.ReadFile(root, name)
		files[name] = string(text)
		return err
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("%d fixtures: %v", len(files), err)
	}
	return files
}
