package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// readme returns the README of the repository.
func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The README's blocks are an IDL, a handler, a client and what that prints.
func TestTheFirstServiceIsAsTheReadmeSays(t *testing.T) {
	text := readme(t)
	all := blocks("README.md", text)
	if len(all) != 4 || all[0].language != "thrift" || all[1].language != "go" || all[2].language != "go" || all[3].language != "text" {
		t.Fatalf("got %d blocks, want one of thrift, two of go and one of text", len(all))
	}
	if n := len(strings.Split(strings.TrimSpace(all[1].text), "\n")); n > 20 {
		t.Errorf("the service has %d lines, want at most 20", n)
	}
	if !strings.Contains(text, "volo init hello greet.thrift\n") {
		t.Error("README.md does not tell to run volo init")
	}
	p := firstProject(t, tool(t), "greet.thrift", all[0].text)
	write(t, filepath.Join(p.dir, "handler", "greeter.go"), all[1].text)
	p.prints(t, all[2].text, all[3].text)
	run(t, p.dir, "go", "vet", "./...")
}

// Commands that stand in the README alone on a line exist, and so does what it
// links to.
func TestCommandsOfTheReadmeExist(t *testing.T) {
	text := readme(t)
	for _, m := range regexp.MustCompile(`(?m)^    go (?:run|install) (\./\S+)`).FindAllStringSubmatch(text, -1) {
		if out := run(t, "../..", "go", "list", "-f", "{{.Name}}", m[1]); strings.TrimSpace(out) != "main" {
			t.Errorf("%s is package %s, want main", m[1], out)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("README.md links to %s: %v", m[1], err)
		}
	}
}
