// Package readme does what README.md tells its readers to do, with the very
// text of its code blocks.
package readme

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// blocks returns the fenced code blocks of a language.
func blocks(text, language string) []string {
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func TestTheFirstServiceIsAsTheReadmeSays(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	idl, code, output := blocks(string(text), "thrift"), blocks(string(text), "go"), blocks(string(text), "text")
	if len(idl) != 1 || len(code) != 2 || len(output) != 1 {
		t.Fatalf("README.md has %d thrift, %d go and %d text blocks, want 1, 2 and 1", len(idl), len(code), len(output))
	}
	if n := len(strings.Split(strings.TrimSpace(code[0]), "\n")); n > 20 {
		t.Errorf("the service has %d lines, want at most 20", n)
	}
	dir := t.TempDir()
	volo := program(dir, "volo")
	run(t, ".", "go", "build", "-o", volo, "github.com/volo-go/volo/volo-cli/cmd/volo")
	write(t, filepath.Join(dir, "greet.thrift"), idl[0])
	if !strings.Contains(string(text), "volo init hello greet.thrift\n") {
		t.Error("README.md does not tell to run volo init")
	}
	run(t, dir, volo, "init", "hello", "greet.thrift")
	hello := filepath.Join(dir, "hello")
	write(t, filepath.Join(hello, "handler", "greeter.go"), code[0])
	write(t, filepath.Join(hello, "cmd", "client", "main.go"), strings.Replace(code[1], "127.0.0.1:8888", serve(t, hello), 1))
	if got := run(t, hello, "go", "run", "./cmd/client"); got != output[0] {
		t.Errorf("the client printed %q, want %q", got, output[0])
	}
	run(t, hello, volo, "gen", "--check")
	run(t, hello, "go", "vet", "./...")
}

// serve starts the project's server on a free port and returns its address.
func serve(t *testing.T, dir string) string {
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

// Commands that stand in the README alone on a line must exist.
func TestCommandsOfTheReadmeExist(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^    go (?:run|install) (\./\S+)`).FindAllStringSubmatch(string(text), -1) {
		if out := run(t, "../..", "go", "list", "-f", "{{.Name}}", m[1]); strings.TrimSpace(out) != "main" {
			t.Errorf("%s is package %s, want main", m[1], out)
		}
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(text), -1) {
		if _, err := os.Stat(filepath.Join("../..", m[1])); err != nil {
			t.Errorf("README.md links to %s: %v", m[1], err)
		}
	}
}

func program(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// run runs a command; below a temporary folder there is no workspace.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if filepath.IsAbs(dir) {
		cmd.Env = append(os.Environ(), "GOWORK=off", "PWD="+dir)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, out, stderr.String())
	}
	return string(out)
}
