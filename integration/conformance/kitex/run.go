package kitex

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/volo-go/volo/integration/conformance/kitex/stage"
)

// patience bounds what a program or a server may take to end.
const patience = 30 * time.Second

// Totals are how many cases were tried, and how they have come out.
type Totals struct{ All, Failed, Known int }

// A run is one client with one server.
type run struct {
	name string
	do   func(ctx context.Context, w io.Writer) error
}

// Run runs all cases, program being Kitex's. To w goes every failure, with
// whether it is known, and a line of totals for each client and server.
func Run(ctx context.Context, program string, w io.Writer) (sum Totals, err error) {
	theirs := kitex{program}
	var runs []run
	for _, p := range protocols() {
		runs = append(runs, run{"our client, Kitex's server, " + p.name, func(ctx context.Context, w io.Writer) error {
			return theirs.serveUs(ctx, p, w)
		}})
		if p.theirs != "" {
			runs = append(runs, run{"Kitex's client, our server, " + p.name, func(ctx context.Context, w io.Writer) error {
				return theirs.callUs(ctx, p, w)
			}})
		}
	}
	for _, r := range runs {
		var out bytes.Buffer
		if err := r.do(ctx, &out); err != nil {
			return sum, fmt.Errorf("%s: %w", r.name, err)
		}
		t := tally(w, r.name, out.String())
		if t.All == 0 {
			return sum, fmt.Errorf("%s: no case has run", r.name)
		}
		fmt.Fprintf(w, "kitex %s: %s\n", r.name, t)
		sum = Totals{sum.All + t.All, sum.Failed + t.Failed, sum.Known + t.Known}
	}
	return sum, nil
}

// String is how totals are printed.
func (t Totals) String() string {
	return fmt.Sprintf("%d tests, %d passed, %d known to fail, %d failed", t.All, t.All-t.Known-t.Failed, t.Known, t.Failed)
}

// tally reads the lines of stage.Run and writes those of failures to w. A case
// that is known to fail and does not is a failure as well: the list is wrong.
func tally(w io.Writer, run, lines string) (t Totals) {
	for line := range strings.Lines(lines) {
		name, said, _ := strings.Cut(strings.TrimSpace(line), ": ")
		why, expected := knownToFail(run, name)
		passed := said == "ok"
		t.All++
		switch {
		case expected && passed:
			t.Failed++
			fmt.Fprintf(w, "kitex %s: %s: passes, but is known to fail: %s\n", run, name, why)
		case expected:
			t.Known++
			fmt.Fprintf(w, "kitex %s: %s: known: %s\n", run, name, why)
		case !passed:
			t.Failed++
			fmt.Fprintf(w, "kitex %s: %s: %s\n", run, name, said)
		}
	}
	return t
}

// kitex is the program of Kitex.
type kitex struct{ program string }

// serveUs runs the cases of our client against Kitex's server.
func (k kitex) serveUs(ctx context.Context, p protocol, w io.Writer) error {
	behind, err := serve() // whom Kitex's server calls
	if err != nil {
		return err
	}
	theirs, err := k.serve(ctx, p.mux)
	if err != nil {
		return err
	}
	c, err := p.dial(theirs.addr)
	if err != nil {
		return errors.Join(err, theirs.stop())
	}
	stage.Run(ctx, w, p.casesOf(c, behind.addr))
	if err := errors.Join(c.Close(), theirs.stop(), behind.shutdown(ctx)); err != nil || p.inOrder {
		return err // where one call that is held holds up all, nothing can be said of several
	}
	stage.Run(ctx, w, k.shutdownsOfTheirs(p))
	return nil
}

// callUs runs the cases of Kitex's client against our server.
func (k kitex) callUs(ctx context.Context, p protocol, w io.Writer) error {
	ours, err := serve()
	if err != nil {
		return err
	}
	behind, err := k.serve(ctx, false) // whom our server calls
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, k.program, "call", "-protocol", p.theirs, "-relay", behind.addr, ours.addr)
	cmd.Stdout, cmd.Stderr = w, os.Stderr
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("Kitex's client: %w", err)
	}
	if err = errors.Join(err, behind.stop(), ours.shutdown(ctx)); err != nil {
		return err
	}
	stage.Run(ctx, w, k.shutdownsOfOurs(p))
	return nil
}

// A process is a run of Kitex's program that ends when its standard input does.
type process struct {
	addr  string // of a server
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
	says  *bytes.Buffer
}

func (k kitex) start(ctx context.Context, args ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, k.program, args...)
	says := new(bytes.Buffer) // netpoll's panics among it, which harm nobody
	cmd.Stderr = says
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &process{cmd: cmd, stdin: stdin, out: bufio.NewReader(stdout), says: says}, cmd.Start()
}

// serve starts a server.
func (k kitex) serve(ctx context.Context, mux bool) (*process, error) {
	args := []string{"serve"}
	if mux {
		args = append(args, "-mux")
	}
	p, err := k.start(ctx, args...)
	if err != nil {
		return nil, err
	}
	if p.addr, err = p.out.ReadString('\n'); err != nil {
		return nil, errors.Join(fmt.Errorf("Kitex's server prints no address: %w", err), p.stop())
	}
	p.addr = strings.TrimSpace(p.addr)
	return p, nil
}

// stop tells the process to end, and waits.
func (p *process) stop() error {
	p.stdin.Close()
	return p.wait()
}

// wait waits for the end, and returns how it came to it.
func (p *process) wait() error {
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("the Kitex program: %w: %s", err, p.says)
	}
	return nil
}

// verdict waits for the end of a process that runs a single case, which has
// been told to end or ends by itself.
func (p *process) verdict() error {
	said, err := io.ReadAll(p.out)
	if err = errors.Join(err, p.wait()); err != nil {
		return err
	}
	if _, said, _ := strings.Cut(strings.TrimSpace(string(said)), ": "); said != "ok" {
		return errors.New(said)
	}
	return nil
}
