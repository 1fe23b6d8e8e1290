package chaos

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A Fleet is instances of one service, each a process.
type Fleet struct {
	dir       string
	Instances []*Instance
}

// An Instance is a process that serves both protocols. One that is started
// again has the addresses that it had.
type Instance struct {
	Thrift, GRPC rpc.Address

	journal string
	command *exec.Cmd
	stdin   io.Closer // that its end tells it that we are gone
}

// NewFleet starts n instances, which keep their journals in dir.
func NewFleet(dir string, n int) (*Fleet, error) {
	f := &Fleet{dir: dir}
	for i := range n {
		in := &Instance{Thrift: rpc.TCP("127.0.0.1:0"), GRPC: rpc.TCP("127.0.0.1:0"), journal: filepath.Join(dir, fmt.Sprint("journal", i))}
		if err := in.Start(); err != nil {
			f.Close()
			return nil, err
		}
		f.Instances = append(f.Instances, in)
	}
	return f, nil
}

// Close kills all instances.
func (f *Fleet) Close() {
	for _, in := range f.Instances {
		in.Kill()
	}
}

// Start starts the process and waits until it listens. An address that was in
// use a moment ago may be so still.
func (in *Instance) Start() (err error) {
	for range 50 {
		if err = in.start(); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return err
}

func (in *Instance) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.Command(self, ServeArg, in.Thrift.String(), in.GRPC.String(), in.journal)
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addresses := strings.Fields(line)
	if err != nil || len(addresses) != 2 {
		c.Process.Kill()
		return fmt.Errorf("chaos: an instance said %q: %w", line, c.Wait())
	}
	in.command, in.stdin = c, stdin
	in.Thrift, in.GRPC = rpc.TCP(addresses[0]), rpc.TCP(addresses[1])
	return nil
}

// Kill ends the process at once.
func (in *Instance) Kill() { in.end(syscall.SIGKILL) }

// Term ends the process in order, and waits for that.
func (in *Instance) Term() { in.end(syscall.SIGTERM) }

func (in *Instance) end(s syscall.Signal) {
	if in.command == nil {
		return
	}
	in.command.Process.Signal(s)
	in.command.Wait() // says that it was killed, which we know
	in.stdin.Close()
	in.command = nil
}

// Pause keeps the process from running, Resume lets it.
func (in *Instance) Pause()  { in.command.Process.Signal(syscall.SIGSTOP) }
func (in *Instance) Resume() { in.command.Process.Signal(syscall.SIGCONT) }

// listeners is how many sockets an instance has that nobody calls.
const listeners = 2

// Connections returns how many connections the process has; 0 where there is no
// way to tell.
func (in *Instance) Connections() int {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", in.command.Process.Pid))
	if err != nil || len(files) == 0 {
		return 0
	}
	n := -listeners
	for _, f := range files {
		if to, err := os.Readlink(f); err == nil && strings.HasPrefix(to, "socket:") {
			n++
		}
	}
	return n
}

// Ran returns how often each call was run, by all instances together.
func (f *Fleet) Ran() (map[string]int, error) {
	ran := map[string]int{}
	for _, in := range f.Instances {
		b, err := os.ReadFile(in.journal)
		if err != nil {
			return nil, err
		}
		for id := range strings.Lines(string(b)) {
			ran[strings.TrimSuffix(id, "\n")]++
		}
	}
	return ran, nil
}
