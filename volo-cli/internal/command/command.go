// Package command is the volo tool. Each command has a file of its own, and
// all have one shape: a struct with the options, a constructor that describes
// the command to cobra, and a run method that does the work with what an [Env]
// gives it. [Main] turns the error that run returns into words and an exit
// code:
//
//	0  it worked
//	1  it did not: the IDL has errors, files are in the way, a program failed
//	2  the command line makes no sense
//	3  `volo call`: the method has thrown an exception that it declares
//	4  `volo call`: the method has said no, by a business error
//	5  `volo call`: the server has answered with another failure, a status of gRPC
//	6  `volo call`: there was no answer: not connected, lost, or too late
//
// What a command was asked for goes to the standard output, everything else
// to the standard error.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/pilota/report"
)

// The exit codes.
const (
	exitOK = iota
	exitFailure
	exitUsage
	exitException
	exitBusiness
	exitStatus
	exitTransport
)

// An Env is what commands know of the world.
type Env struct {
	Stdin          io.Reader // nil is empty
	Stdout, Stderr io.Writer
	Dir            string   // where relative paths begin
	Environ        []string // for programs that commands run
	Color          bool     // Stderr understands colours
	Terminal       bool     // Stderr is a terminal, on which a line can be written again
}

// System returns the process's own.
func System() *Env {
	dir, err := os.Getwd()
	if err != nil {
		dir = "."
	}
	terminal := isTerminal(os.Stderr) && os.Getenv("TERM") != "dumb"
	return &Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Dir: dir, Environ: os.Environ(),
		Color: terminal && os.Getenv("NO_COLOR") == "", Terminal: terminal,
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Main runs the tool and returns its exit code.
func Main(ctx context.Context, env *Env, args []string) int {
	root := newRoot(env)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var usage *usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(env.Stderr, "%s: %v\n\n%s\nRun `%s --help` for more.\n", cmd.CommandPath(), err, usageLine(cmd), cmd.CommandPath())
		return exitUsage
	}
	var coded *codedError
	if errors.As(err, &coded) {
		return coded.code
	}
	if !errors.Is(err, errSaid) {
		fmt.Fprintf(env.Stderr, "%s: %v\n", cmd.CommandPath(), err)
	}
	return exitFailure
}

// errSaid is the error of a command that has told the user all there is.
var errSaid = errors.New("said already")

// A codedError is errSaid with an exit code of its own.
type codedError struct{ code int }

func (e *codedError) Error() string { return errSaid.Error() }

// A usageError is a command line that makes no sense.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// usagef returns a usage error.
func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// usageLine returns the line that shows how cmd is called.
func usageLine(cmd *cobra.Command) string {
	line := cmd.UseLine()
	if !cmd.Runnable() || !cmd.HasParent() {
		line = cmd.CommandPath() + " <command>"
	}
	return "usage: " + line
}

// positional returns a check that there are exactly the arguments called
// names.
func positional(names ...string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch n := len(names); {
		case len(args) > n && n == 0:
			return usagef("unexpected argument %q", args[0])
		case len(args) > n:
			return usagef("unexpected argument %q after %s", args[n], strings.Join(names, " and "))
		case len(args) < n:
			return usagef("missing %s", strings.Join(names[len(args):], " and "))
		}
		return nil
	}
}

// maxShown is how many diagnostics people are shown at once: a file that is no
// IDL at all has one for each of its bytes.
const maxShown = 200

// diagnose shows diagnostics and returns errSaid if one is an error.
func (e *Env) diagnose(list report.List) error {
	shown := list[:min(len(list), maxShown)]
	if err := shown.Render(e.Stderr, report.Style{Color: e.Color}); err != nil {
		return err
	}
	if !list.HasErrors() {
		return nil
	}
	said := plural(len(errorsOf(list)), "error")
	if len(shown) < len(list) {
		said += fmt.Sprintf("; %d more diagnostics are not shown", len(list)-len(shown))
	}
	fmt.Fprintln(e.Stderr, said)
	return errSaid
}

// plural returns "1 file", "2 files".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
