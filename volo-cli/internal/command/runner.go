package command

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// A runner runs programs in a folder.
type runner struct {
	env     *Env
	dir     string
	environ []string // in addition to the Env's
	show    bool     // print commands before they run
}

// run runs a program to its end. What it prints is shown only if it fails.
func (r runner) run(ctx context.Context, name string, args ...string) error {
	cmd := r.command(ctx, name, args...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, strings.TrimRight(string(out), "\n"))
	}
	return nil
}

// command returns a program that is ready to start.
func (r runner) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = r.dir
	cmd.Env = append(append([]string(nil), r.env.Environ...), r.environ...)
	cmd.Env = append(cmd.Env, "PWD="+r.dir)
	if r.show {
		fmt.Fprintf(r.env.Stdout, "$ %s\n", strings.Join(cmd.Args, " "))
	}
	return cmd
}
