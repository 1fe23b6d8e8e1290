package docs

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A project is one that `volo init` has made, in a folder of the test's.
type project struct{ dir, volo string }

// firstProject makes the project hello of an IDL.
func firstProject(t *testing.T, volo, idl, text string) project {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, idl), text)
	run(t, dir, volo, "init", "hello", idl)
	return project{filepath.Join(dir, "hello"), volo}
}

// prints checks what a client, which calls the address that servers of new
// projects have, prints. The server runs at another one.
func (p project) prints(t *testing.T, client, want string) {
	t.Helper()
	text := strings.Replace(client, "127.0.0.1:8888", p.serve(t), 1)
	if text == client {
		t.Fatal("the client calls another address than that of the server")
	}
	write(t, filepath.Join(p.dir, "cmd", "client", "main.go"), text)
	if got := run(t, p.dir, "go", "run", "./cmd/client"); got != want {
		t.Errorf("the client printed %q, want %q", got, want)
	}
	run(t, p.dir, p.volo, "gen", "--check")
}

// serve starts the project's server on a free port and returns its address.
func (p project) serve(t *testing.T) string {
	t.Helper()
	server := program(p.dir, "server")
	run(t, p.dir, "go", "build", "-o", server, "./cmd/server")
	cmd := exec.CommandContext(t.Context(), server, "-addr", "127.0.0.1:0")
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

// tool builds volo and returns where it is.
func tool(t *testing.T) string {
	t.Helper()
	name := program(t.TempDir(), "volo")
	run(t, ".", "go", "build", "-o", name, "github.com/volo-go/volo/volo-cli/cmd/volo")
	return name
}

func program(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
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
