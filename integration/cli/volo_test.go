package cli_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// tool is the program that is tested.
var tool string

func TestMain(m *testing.M) {
	code, err := runWithTool(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWithTool(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "volo")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	tool = filepath.Join(dir, "volo")
	if runtime.GOOS == "windows" {
		tool += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", tool, "github.com/volo-go/volo/volo-cli/cmd/volo").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// A result is what a run of the tool has left.
type result struct {
	stdout, stderr string
	code           int
}

func volo(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// A typed is a line that a user types, and what comes of it.
type typed struct {
	says  string
	args  []string // $ADDR stands for the server's address
	stdin string

	code   int
	stdout string // all of it, white space and timing aside
	stderr string // a part
}

// run types all lines.
func run(t *testing.T, addr string, lines []typed) {
	t.Helper()
	for _, tt := range lines {
		t.Run(tt.says, func(t *testing.T) {
			args := make([]string, len(tt.args))
			for i, a := range tt.args {
				args[i] = strings.ReplaceAll(a, "$ADDR", addr)
			}
			got := volo(t, tt.stdin, args...)
			if got.code != tt.code {
				t.Errorf("got exit code %d, want %d", got.code, tt.code)
			}
			if timing.ReplaceAllString(squeeze(got.stdout), "") != squeeze(strings.ReplaceAll(tt.stdout, "$ADDR", addr)) {
				t.Errorf("got on the standard output\n%s\nwant\n%s", got.stdout, tt.stdout)
			}
			if !strings.Contains(got.stderr, tt.stderr) || tt.stderr == "" && got.stderr != "" {
				t.Errorf("got on the standard error %q, want %q in it", got.stderr, tt.stderr)
			}
		})
	}
}

// timing is what no run has twice.
var timing = regexp.MustCompile(`,"timing":{[^}]*}`)

func squeeze(s string) string { return strings.Join(strings.Fields(s), " ") }
