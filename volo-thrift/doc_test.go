package volothrift_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The package documentation leads through the files that a call passes; each
// must be there, and each file of the two ways must be in it.
func TestTheLifeOfACallIsTold(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, name := range regexp.MustCompile(`\b[a-z_]+\.go\b`).FindAllString(string(doc), -1) {
		told[name] = true
		if _, err := os.Stat(name); err != nil {
			t.Errorf("doc.go names %s: %v", name, err)
		}
	}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		onTheWay := strings.HasPrefix(name, "client_stack") || strings.HasPrefix(name, "peer") ||
			strings.HasPrefix(name, "server_conn") || strings.HasPrefix(name, "server_call") || strings.HasPrefix(name, "server_stack")
		if onTheWay && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !told[name] {
			t.Errorf("doc.go does not name %s", name)
		}
	}
}
