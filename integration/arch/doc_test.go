package arch_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// What ARCHITECTURE.md names in backquotes as a path of ours is there.
func TestPathsInArchitectureAreThere(t *testing.T) {
	text, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	paths := regexp.MustCompile("`((?:motore|metainfo|pilota|volo-thrift|volo-grpc|volo-cli|integration)/[a-z/_.-]*)`").FindAllStringSubmatch(string(text), -1)
	if len(paths) < 25 {
		t.Fatalf("found %d paths, want at least 25: has the form of the page changed?", len(paths))
	}
	for _, m := range paths {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("ARCHITECTURE.md: %v", err)
		}
	}
	files := regexp.MustCompile("`([a-z_]+\\.go)`").FindAllStringSubmatch(string(text), -1)
	for _, m := range files {
		found, err := filepath.Glob("../../*/" + m[1])
		if err != nil || len(found) == 0 {
			t.Errorf("ARCHITECTURE.md names %s, which no module has", m[1])
		}
	}
}
