package docs

import (
	"bufio"
	"os"
	"os/exec"
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
			dir := t.TempDir()
			write(t, filepath.Join(dir, name), part[0].text)
			run(t, dir, volo, "init", "hello", name)
			for _, b := range part[1:3] {
				write(t, filepath.Join(dir, filepath.FromSlash(b.path)), b.text)
			}
			hello := filepath.Join(dir, "hello")
			client := filepath.Join(hello, "cmd", "client", "main.go")
			text := strings.Replace(part[2].text, "127.0.0.1:8888", serve(t, hello), 1)
			if text == part[2].text {
				t.Fatal("the client calls another address than that of the server")
			}
			write(t, client, text)
			if got := run(t, hello, "go", "run", "./cmd/client"); got != part[3].text {
				t.Errorf("the client printed %q, want %q", got, part[3].text)
			}
			run(t, hello, volo, "gen", "--check")
		})
	}
}

// serve starts the project's server on a free port and returns its address.
func serve(t *testing.T, dir string) string {
	t.Helper()
	run(t, dir, "go", "build", "-o", program(dir, "server"), "./cmd/server")
	cmd := exec.CommandContext(t.Context(), program(dir, "server"), "-addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok {
		t.Fatalf("the server said %q (%v), want where it serves", line, err)
	}
	return addr
}
