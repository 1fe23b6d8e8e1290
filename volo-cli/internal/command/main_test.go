package command_test

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/command"
)

func TestExitCodesTellFailureFromMisuse(t *testing.T) {
	for _, tt := range []struct {
		args   string
		code   int
		stderr string // all of it, a prefix if it ends in …
	}{
		{"", 0, ""},
		{"help", 0, ""},
		{"version", 0, ""},
		{"vresion", 2, "volo: unknown command \"vresion\"; did you mean \"version\"?\n\nusage: volo <command>\nRun `volo --help` for more.\n"},
		{"build", 2, "volo: unknown command \"build\"\n…"},
		{"--colour", 2, "volo: unknown flag: --colour\n…"},
		{"init", 2, "volo init: missing <name> and <idl>\n\nusage: volo init <name> <idl> [flags]\nRun `volo init --help` for more.\n"},
		{"init x", 2, "volo init: missing <idl>\n…"},
		{"init x y z", 2, "volo init: unexpected argument \"z\" after <name> and <idl>\n…"},
		{"init x --force=maybe y", 2, "volo init: invalid argument \"maybe\" for \"--force\" flag…"},
		{"init a/../b x.thrift", 2, "volo init: \"a/../b\" cannot be the name of a project: use letters, digits, dots and dashes\n…"},
		{"init x x.thrift --module Not/a/../path", 2, "volo init: malformed module path…"},
		{"init vendor x.thrift", 2, "volo init: go builds no module with a folder vendor in its path, such as example.com/vendor; choose another with --module\n…"},
		{"init x x.proto --module a.com/vendor/x", 2, "volo init: go builds no module with a folder vendor in its path…"},
		{"init x nowhere.proto", 1, "error: cannot read `nowhere.proto`…"},
		{"init x nowhere.thrift", 1, "error: cannot read `nowhere.thrift`…"},
		{"init x x.thrift --checkout .", 1, "volo init: …"},
		{"gen extra", 2, "volo gen: unexpected argument \"extra\"\n…"},
		{"gen", 1, "volo gen: there is no volo.yml in …"},
		{"call 127.0.0.1:1 x --timeout -1s", 2, "volo call: --timeout…"},
		{"call localhost list", 2, "volo call: target \"localhost\": missing port in address; want host:port, unix:PATH, dns:///name:port or file:PATH#NAME\n…"},
		{"bench localhost x", 2, "volo bench: target \"localhost\": …"},
		{"bench -c 0 127.0.0.1:1 x", 2, "volo bench: --callers is nothing…"},
		{"demo --checkout .", 1, "volo demo: …"},
	} {
		var stdout, stderr bytes.Buffer
		env := &command.Env{Stdout: &stdout, Stderr: &stderr, Dir: t.TempDir(), Environ: os.Environ()}
		code := command.Main(context.Background(), env, strings.Fields(tt.args))
		if code != tt.code {
			t.Errorf("volo %s: got exit code %d, want %d", tt.args, code, tt.code)
		}
		got := stderr.String()
		if want, prefix := strings.CutSuffix(tt.stderr, "…"); got != want && !(prefix && strings.HasPrefix(got, want)) {
			t.Errorf("volo %s: got %q, want %q", tt.args, got, tt.stderr)
		}
		if code != 0 && stdout.Len() > 0 {
			t.Errorf("volo %s: got %q on the standard output of a failure, want nothing", tt.args, stdout.String())
		}
	}
}

func TestDemoWithoutGoSaysSo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	var stdout, stderr bytes.Buffer
	env := &command.Env{Stdout: &stdout, Stderr: &stderr, Dir: t.TempDir(), Environ: os.Environ()}
	if code := command.Main(t.Context(), env, []string{"demo"}); code != 1 {
		t.Errorf("got exit code %d, want 1", code)
	}
	if got := stderr.String(); !strings.Contains(got, "executable file not found") {
		t.Errorf("got %q, want that go is not found", got)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) > 0 {
		t.Errorf("%v is left over", left)
	}
}

func TestAFileThatIsNoIDLDoesNotFloodTheTerminal(t *testing.T) {
	for name, text := range map[string]string{"x.thrift": strings.Repeat("$\n", 500), "x.proto": strings.Repeat("\xFF", 500)} {
		var stderr bytes.Buffer
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		env := &command.Env{Stdout: &stderr, Stderr: &stderr, Dir: dir, Environ: os.Environ()}
		if code := command.Main(t.Context(), env, []string{"fmt", name}); code != 1 {
			t.Errorf("%s: got exit code %d, want 1", name, code)
		}
		got := stderr.String()
		if n := strings.Count(got, "error: "); n > 200 || !strings.Contains(got, " errors; ") || !strings.HasSuffix(got, " more diagnostics are not shown\n") {
			t.Errorf("%s: got %d errors, and at the end %q", name, n, got[max(0, len(got)-100):])
		}
	}
}

func TestDiagnosticsAreColouredWhenAskedFor(t *testing.T) {
	for _, color := range []bool{false, true} {
		var stderr bytes.Buffer
		dir := t.TempDir()
		if err := os.WriteFile(dir+"/bad.thrift", []byte("struct A { 1: Missing m }"), 0o666); err != nil {
			t.Fatal(err)
		}
		env := &command.Env{Stdout: &stderr, Stderr: &stderr, Dir: dir, Environ: os.Environ(), Color: color}
		command.Main(context.Background(), env, []string{"init", "x", "bad.thrift"})
		if got := strings.Contains(stderr.String(), "\x1b["); got != color {
			t.Errorf("Color %v: got colours %v in %q", color, got, stderr.String())
		}
	}
}

// A manual has an explanation and examples of every command.
func TestEveryCommandExplainsItself(t *testing.T) {
	commands := []string{"init", "gen", "idl", "idl add", "repo", "repo add", "repo update", "fmt", "lint", "breaking",
		"migrate", "call", "bench", "console", "demo", "version", "help"}
	for _, name := range commands {
		var stdout, stderr bytes.Buffer
		env := &command.Env{Stdout: &stdout, Stderr: &stderr, Dir: t.TempDir(), Environ: os.Environ()}
		if code := command.Main(t.Context(), env, append([]string{"help"}, strings.Fields(name)...)); code != 0 {
			t.Errorf("volo help %s: got exit code %d: %s", name, code, stderr.String())
			continue
		}
		long, rest, _ := strings.Cut(stdout.String(), "\n\nUsage:")
		if len(long) < 100 || !strings.Contains(rest, "\nExamples:\n  ") {
			t.Errorf("volo help %s: got %q, want an explanation and examples", name, stdout.String())
		}
		for line := range strings.Lines(long) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 86 {
				t.Errorf("volo help %s: a line of %d letters: %s", name, n, line)
			}
		}
	}
}
