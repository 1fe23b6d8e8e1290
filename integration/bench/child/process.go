package child

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A Process is a child as its parent sees it. Its methods are for one
// goroutine at a time.
type Process struct {
	name    string
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	orders  *json.Encoder
	reports *json.Decoder
	stderr  head
	closed  bool
}

// Start starts a child, by start if that is not nil, and returns it and its
// first report once it is ready. If ctx ends, the child is killed, and what
// waits for it fails.
func Start(ctx context.Context, start func(*exec.Cmd) error, binary string, args ...string) (*Process, Report, error) {
	p := &Process{
		name: strings.Join(args[:min(2, len(args))], " "),
		cmd:  exec.CommandContext(ctx, binary, args...),
	}
	p.cmd.Stderr = &p.stderr
	// A grandchild that keeps the pipes open must not keep Wait waiting.
	p.cmd.WaitDelay = 2 * time.Second
	stdin, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, Report{}, err
	}
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, Report{}, err
	}
	p.stdin, p.orders, p.reports = stdin, json.NewEncoder(stdin), json.NewDecoder(stdout)
	if start == nil {
		start = (*exec.Cmd).Start
	}
	if err := start(p.cmd); err != nil {
		return nil, Report{}, fmt.Errorf("starting %s: %w", p.name, err)
	}
	ready, err := p.report()
	if err != nil {
		return nil, Report{}, errors.Join(err, p.Close())
	}
	return p, ready, nil
}

// Do gives an order and waits for the report. A report of an error is returned
// as an error.
func (p *Process) Do(o Order) (Report, error) {
	if err := p.orders.Encode(o); err != nil {
		return Report{}, fmt.Errorf("%s: giving the order to %s: %w%s", p.name, o.Do, err, p.stderr.quote())
	}
	return p.report()
}

func (p *Process) report() (Report, error) {
	var r Report
	if err := p.reports.Decode(&r); err != nil {
		// Only once the child is over is all there that it wrote.
		_ = p.Close()
		return Report{}, fmt.Errorf("%s: ended without a report: %w%s", p.name, err, p.stderr.quote())
	}
	if r.Error != "" {
		return Report{}, fmt.Errorf("%s: %s", p.name, r.Error)
	}
	return r, nil
}

// Close ends the child, which has some seconds to do so by itself. How it
// exits is of no interest: what it had to say, it has reported.
func (p *Process) Close() error {
	if p.closed {
		return nil
	}
	p.closed = true
	err := p.stdin.Close()
	kill := time.AfterFunc(5*time.Second, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	_ = p.cmd.Wait()
	return err
}

// A head keeps the first bytes written to it: a panic begins with its reason.
type head struct {
	mu    sync.Mutex
	bytes []byte
}

const headSize = 1024

func (h *head) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.bytes = append(h.bytes, b[:min(len(b), headSize-len(h.bytes))]...)
	return len(b), nil
}

// quote returns what is kept for the end of an error message.
func (h *head) quote() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.bytes) == 0 {
		return ""
	}
	return "; it wrote:\n" + strings.TrimSpace(string(h.bytes))
}
