package command_test

import (
	"context"
	"errors"
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
	watchSiblings(t)
	goEnv := goEnv(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = append(e.Vars, goEnv...)
			return nil
		},
	})
}

// watchSiblings looks at the folders of the modules that scaffolded projects
// are built from, so that go test does not take an old result for a new one:
// it knows what a test looks at, not what the programs do that it runs.
func watchSiblings(t *testing.T) {
	for _, name := range []string{"metainfo", "motore", "pilota", "volo-thrift"} {
		err := filepath.WalkDir(filepath.Join("../../..", name), func(at string, _ os.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(at)
			}
			return err
		})
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
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
