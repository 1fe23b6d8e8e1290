package command

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/demo"
	"github.com/volo-go/volo/volo-cli/internal/scaffold"
	"github.com/volo-go/volo/volo-cli/internal/tree"
)

// demonstrate is `volo demo`.
type demonstrate struct {
	env      *Env
	keep     bool
	verbose  bool
	checkout string
}

func newDemo(env *Env) *cobra.Command {
	d := &demonstrate{env: env}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make projects, build them, serve and call them, and clean up",
		Long: `Demo makes a project from a Thrift IDL and one from a Protobuf IDL in a
temporary folder, by the same means as "volo init". It builds each with the go
tool, starts its server on a free port and calls it with the generated client.

Thrift: a normal call, an exception that the IDL declares, a business error,
metadata there and back, and a oneway call. gRPC: a unary call, metadata and
trailers, an error with details, client, server and bidirectional streaming, and
a deadline.

It prints each request, each answer and the time it took, stops the servers
gracefully and removes the folder. It fails if any answer is not what it should
be.`,
		Example: `  volo demo
  volo demo --keep -v`,
		Args: positional(),
		RunE: func(cmd *cobra.Command, _ []string) error { return d.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.BoolVar(&d.keep, "keep", false, "keep the folder")
	f.BoolVarP(&d.verbose, "verbose", "v", false, "print the commands that run")
	f.StringVar(&d.checkout, "checkout", "", "build against the checkout of Volo in `DIR`")
	return cmd
}

// Limits of the demo's server.
const (
	startLimit = 30 * time.Second
	stopLimit  = 15 * time.Second
)

func (d *demonstrate) run(ctx context.Context) (err error) {
	began := time.Now()
	temp, err := os.MkdirTemp("", "volo-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.clean(temp)) }()
	for _, p := range demo.Projects {
		if err := d.show(ctx, p, temp); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.env.Stdout, "everything was as it should be, in %v\n", time.Since(began).Round(100*time.Millisecond))
	return nil
}

// show makes one project in a folder of its own below temp and runs it.
func (d *demonstrate) show(ctx context.Context, p *demo.Project, temp string) error {
	dir := filepath.Join(temp, p.Name)
	run := runner{env: d.env, dir: dir, environ: []string{"GOWORK=off"}, show: d.verbose}
	if err := d.scaffold(ctx, run, p, temp); err != nil {
		return err
	}
	if err := d.step("built it", func() (string, error) {
		return "go build", run.run(ctx, "go", "build", "-mod=mod", "-o", "bin"+string(filepath.Separator), "./cmd/...")
	}); err != nil {
		return err
	}
	var s *server
	if err := d.step("started the server", func() (addr string, err error) {
		s, err = startServer(ctx, run)
		if err == nil {
			addr = s.addr
		}
		return addr, err
	}); err != nil {
		return err
	}
	defer s.kill()
	if err := d.call(ctx, run, s.addr); err != nil {
		return fmt.Errorf("%w\n%s", err, s.said())
	}
	if err := d.step("\nstopped the server", s.stop); err != nil {
		return err
	}
	fmt.Fprintln(d.env.Stdout)
	return nil
}

// scaffold makes the project.
func (d *demonstrate) scaffold(ctx context.Context, run runner, project *demo.Project, temp string) error {
	i := initialize{gitSource: gitSource{env: d.env}, module: project.Module, checkout: d.checkout}
	p, err := i.plan(project.Name, filepath.Join(temp, project.IDL))
	if err != nil {
		return err
	}
	fmt.Fprintf(d.env.Stdout, "%s\n\n", project.Title)
	return d.step("made a project", func() (string, error) {
		if err := tree.Write(temp, map[string][]byte{project.IDL: project.Text()}, false); err != nil {
			return "", err
		}
		_, files, err := create(d.env, p, run.dir, false)
		if err != nil {
			return "", err
		}
		overlay, err := project.Overlay()
		if err == nil {
			err = tree.Write(run.dir, overlay, true)
		}
		if err == nil && p.Origin.Dir == "" {
			err = run.run(ctx, "go", "mod", "tidy")
		}
		return fmt.Sprintf("%s from %s in %s, Volo from %s", plural(files, "file"), project.IDL, run.dir, originName(p.Origin)), err
	})
}

// originName is short for a checkout.
func originName(o scaffold.Origin) string {
	if o.Dir != "" {
		return "this checkout"
	}
	return o.String()
}

// step does something and prints what, with details, and how long it took.
func (d *demonstrate) step(what string, do func() (string, error)) error {
	began := time.Now()
	details, err := do()
	if err != nil {
		return err
	}
	fmt.Fprintf(d.env.Stdout, "%s: %s (%v)\n", what, details, time.Since(began).Round(time.Millisecond))
	return nil
}

// call runs the client, whose output is the heart of the demo.
func (d *demonstrate) call(ctx context.Context, run runner, addr string) error {
	cmd := run.command(ctx, program(run.dir, "client"), "-addr", addr)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = d.env.Stdout, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("the client failed: %w\n%s", err, said.Bytes())
	}
	return nil
}

// clean removes the folder, or says where it is.
func (d *demonstrate) clean(temp string) error {
	if d.keep {
		for _, p := range demo.Projects {
			fmt.Fprintf(d.env.Stdout, "kept %s\n", filepath.Join(temp, p.Name))
		}
		return nil
	}
	if d.verbose {
		fmt.Fprintf(d.env.Stdout, "removed %s\n", temp)
	}
	return os.RemoveAll(temp)
}

// program returns the path of a built command.
func program(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, "bin", name)
}

// A server is a running program that serves.
type server struct {
	cmd   *exec.Cmd
	addr  string
	errs  bytes.Buffer // its standard error; read it after the end
	ended chan error   // receives the result of Wait, once
}

// startServer starts the project's server on a free port and waits until it
// serves.
func startServer(ctx context.Context, run runner) (*server, error) {
	s := &server{cmd: run.command(ctx, program(run.dir, "server"), "-addr", "127.0.0.1:0"), ended: make(chan error, 1)}
	s.cmd.Stderr = &s.errs
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	lines := make(chan string, 1)
	go func() {
		r := bufio.NewReader(out)
		line, _ := r.ReadString('\n')
		lines <- line
		io.Copy(io.Discard, r)
		s.ended <- s.cmd.Wait()
	}()
	limit := time.NewTimer(startLimit)
	defer limit.Stop()
	select {
	case line := <-lines:
		var ok bool
		if s.addr, ok = strings.CutPrefix(strings.TrimSpace(line), "serving on "); ok {
			return s, nil
		}
		err = fmt.Errorf("the server did not say where it serves, but %q", line)
	case <-limit.C:
		err = fmt.Errorf("the server did not start within %v", startLimit)
	}
	s.kill()
	return nil, fmt.Errorf("%w\n%s", err, s.said())
}

// stop asks the server to stop, waits until it has and says how it went.
func (s *server) stop() (string, error) {
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		s.kill()
		return "killed it, as this system cannot interrupt another process", nil
	}
	limit := time.NewTimer(stopLimit)
	defer limit.Stop()
	select {
	case err := <-s.ended:
		s.ended <- err
		if err != nil {
			return "", fmt.Errorf("the server did not stop well: %w\n%s", err, s.said())
		}
		return "it let its calls finish and exited with 0", nil
	case <-limit.C:
		s.kill()
		return "", fmt.Errorf("the server did not stop within %v\n%s", stopLimit, s.said())
	}
}

// kill ends the server if it has not ended, and waits for it.
func (s *server) kill() {
	s.cmd.Process.Kill()
	s.ended <- <-s.ended
}

// said ends the server and returns what it wrote to its standard error.
func (s *server) said() string {
	s.kill()
	return s.errs.String()
}
