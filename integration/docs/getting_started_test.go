package docs

import (
	"path/filepath"
	"strings"
	"testing"
)

// The chapter makes one project of each protocol. Its blocks, in their order,
// are an IDL, a handler, a client and what that prints, twice.
func TestGettingStartedGetsStarted(t *testing.T) {
	volo := tool(t)
	var all []block
	for _, b := range blocks("getting-started.md", chapters(t)["getting-started.md"]) {
		if strings.HasPrefix(b.path, "hello/") || b.language == "thrift" || b.language == "protobuf" {
			all = append(all, b)
		}
	}
	if len(all) != 8 {
		t.Fatalf("got %d blocks, want 8", len(all))
	}
	for name, part := range map[string][]block{"greet.thrift": all[:4], "greet.proto": all[4:]} {
		t.Run(name, func(t *testing.T) {
			p := firstProject(t, volo, name, part[0].text)
			write(t, filepath.Join(p.dir, "..", filepath.FromSlash(part[1].path)), part[1].text)
			if part[2].path != "hello/cmd/client/main.go" {
				t.Fatalf("the client is %s", part[2].path)
			}
			p.prints(t, part[2].text, part[3].text)
		})
	}
}
