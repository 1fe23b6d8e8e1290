package command_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/command"
)

func TestGenWatchFollowsChangesAndErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module example.com/x\n")
	write("volo.yml", "entries:\n  default:\n    protocol: thrift\n    services:\n      - idl: {source: local, path: a.thrift}\n")
	write("a.thrift", "struct A {}")

	r, w := io.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	env := &command.Env{Stdout: w, Stderr: w, Dir: dir, Environ: append(os.Environ(), "VOLO_CACHE="+t.TempDir())}
	code := make(chan int)
	go func() {
		code <- command.Main(ctx, env, []string{"gen", "--watch"})
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	// until reads to a line, and returns what came before it.
	until := func(want string) (before []string) {
		t.Helper()
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), want) {
				return before
			}
			before = append(before, lines.Text())
		}
		t.Fatalf("got the end after %q, want %q", before, want)
		return nil
	}
	until("new: gen/a/a.go")
	until("watching 3 files; interrupt to end")
	write("a.thrift", "include \"b.thrift\"\nstruct A { 1: b.B b }")
	until("error: included file `b.thrift` is not found")
	until("watching 4 files")
	write("b.thrift", "struct B {}") // which was looked for
	until("changed: gen/a/a.go")
	until("watching 4 files")
	stop()
	go io.Copy(io.Discard, r)
	if got := <-code; got != 0 {
		t.Errorf("interrupted: got exit code %d, want 0", got)
	}
}

func TestGenWatchNeedsAProject(t *testing.T) {
	for args, want := range map[string]string{
		"gen --watch":         "there is no volo.yml",
		"gen --watch --check": "--watch goes with neither --check nor --json",
	} {
		var said strings.Builder
		env := &command.Env{Stdout: io.Discard, Stderr: &said, Dir: t.TempDir()}
		if code := command.Main(t.Context(), env, strings.Fields(args)); code == 0 || !strings.Contains(said.String(), want) {
			t.Errorf("%s: got exit code %d and %q, want a failure with %q", args, code, fmt.Sprint(&said), want)
		}
	}
}
