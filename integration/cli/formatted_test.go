package cli_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// odd is where IDLs are as they are on purpose: inputs of tests of the
// compiler, and a file of Apache's.
var odd = []string{"pilota/testdata/diagnostics", "pilota/testdata/thrift", "pilota/protoidl/protofmt/testdata", "integration/interop/apachetest"}

// The repository's own IDLs are formatted. volo fmt itself would pass over
// test data, so that the files are named here.
func TestIDLsOfTheRepositoryAreFormatted(t *testing.T) {
	const root = "../.."
	args := []string{"fmt", "--check"}
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := filepath.ToSlash(strings.TrimPrefix(name, root+string(filepath.Separator)))
		switch ext := filepath.Ext(name); {
		case !d.IsDir():
			if ext == ".thrift" || ext == ".proto" {
				args = append(args, name)
			}
		case strings.HasPrefix(d.Name(), ".") && name != root:
			return filepath.SkipDir
		default:
			for _, dir := range odd {
				if rel == dir {
					return filepath.SkipDir
				}
			}
		}
		return nil
	})
	if err != nil || len(args) < 40 {
		t.Fatalf("%d IDLs, %v", len(args)-2, err)
	}
	if got := volo(t, "", args...); got.code != 0 {
		t.Errorf("got exit code %d, want all formatted:\n%s%s", got.code, got.stdout, got.stderr)
	}
}
