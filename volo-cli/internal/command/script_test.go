package command_test

import (
	"context"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/volo-go/volo/volo-cli/internal/command"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"volo": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		defer stop()
		os.Exit(command.Main(ctx, command.System(), os.Args[1:]))
	}})
}

// TestScripts runs testdata/script: the tool as a user types it.
func TestScripts(t *testing.T) {
	goEnv := goEnv(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, goEnv...)
			e.Setenv("VOLO_CACHE", e.WorkDir+"/.cache")
			volo, err := exec.LookPath("volo")
			if err != nil {
				return err
			}
			e.Setenv("VOLO_BIN", filepath.Dir(volo)) // a PATH that has nothing else
			return nil
		},
	})
}

// goEnv returns what the go tool needs in an environment that is otherwise
// empty: its caches, and where to get a module that they lack.
func goEnv(t *testing.T) []string {
	var env []string
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPROXY", "GONOSUMDB", "GOSUMDB", "GOTOOLCHAIN"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		env = append(env, name+"="+strings.TrimSpace(string(out)))
	}
	return append(env, "GOWORK=off", "GOFLAGS=-buildvcs=false")
}
