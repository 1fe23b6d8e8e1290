//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// How sockets get from one process to the next: as descriptors that survive
// exec(2). The environment says what they are: VOLO_RESTART is a JSON array of
// the addresses that the old process had asked for. Descriptor 3 is the writing
// end of a pipe that takes one byte when the new process is ready, and says
// that it has failed when it is closed without; the sockets follow from 4 on.
// What systemd leaves follows from 3 on (sd_listen_fds(3)).

const (
	restartVariable = "VOLO_RESTART"
	firstDescriptor = 3
)

// inherit takes what was left for this process.
func (r *Restarter) inherit() error {
	if text, ok := os.LookupEnv(restartVariable); ok {
		os.Unsetenv(restartVariable)
		var asked []string
		if err := json.Unmarshal([]byte(text), &asked); err != nil {
			return fmt.Errorf("%s is %q: %w", restartVariable, text, err)
		}
		syscall.CloseOnExec(firstDescriptor)
		ready := os.NewFile(firstDescriptor, "ready")
		r.tell = func() error {
			_, err := ready.Write([]byte{1})
			return errors.Join(err, ready.Close())
		}
		for i, address := range asked {
			if err := r.take(firstDescriptor+1+i, address, false); err != nil {
				return fmt.Errorf("%s: %w", address, err)
			}
		}
		return nil
	}
	pid, count := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	if n, err := strconv.Atoi(count); err == nil && pid == strconv.Itoa(os.Getpid()) {
		for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
			os.Unsetenv(name)
		}
		for i := range n {
			if err := r.take(firstDescriptor+i, "", true); err != nil {
				return fmt.Errorf("descriptor %d of LISTEN_FDS: %w", firstDescriptor+i, err)
			}
		}
	}
	return nil
}

// take makes a listener of an inherited descriptor. A foreign one's file is not
// ours to remove.
func (r *Restarter) take(fd int, asked string, foreign bool) error {
	syscall.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "socket")
	if f == nil {
		return errors.New("no such descriptor")
	}
	defer f.Close() // FileListener has a copy
	nl, err := net.FileListener(f)
	if err != nil {
		return err
	}
	l := newHanded(nl, r, asked)
	l.inherited, l.foreign = true, foreign
	r.inherited = append(r.inherited, l)
	return nil
}

// launch starts the new process and waits until it is ready or has failed; then
// it is gone.
func (r *Restarter) launch(ctx context.Context, open []*handed) (id int, err error) {
	ready, theirs, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer ready.Close()
	p, err := r.spawn(theirs, open)
	theirs.Close()
	if err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, func() { ready.SetReadDeadline(past) })
	defer stop()
	if _, err = io.ReadFull(ready, make([]byte, 1)); err == nil {
		return p.Pid, p.Release()
	}
	if ctx.Err() != nil {
		p.Kill()
		p.Wait()
		return 0, context.Cause(ctx)
	}
	// It has closed the pipe, which it does by ending.
	end := context.AfterFunc(ctx, func() { p.Kill() })
	defer end()
	state, err := p.Wait()
	if err != nil {
		return 0, err
	}
	return 0, fmt.Errorf("the new process ended before it was ready: %v", state)
}

// spawn starts the new process. Descriptors are passed as numbers: an os.File
// would make the sockets block, for this process as well.
func (r *Restarter) spawn(ready *os.File, open []*handed) (*os.Process, error) {
	asked := make([]string, 0, len(open))
	files := []uintptr{0, 1, 2, ready.Fd()}
	defer func() {
		for _, fd := range files[4:] {
			unix.Close(int(fd))
		}
	}()
	for _, l := range open {
		fd, err := l.duplicate()
		if errors.Is(err, net.ErrClosed) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l.asked, err)
		}
		files = append(files, uintptr(fd))
		asked = append(asked, l.asked)
	}
	if len(asked) == 0 {
		return nil, errors.New("no socket is open that a new process could take over (Restarter.Listen)")
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return nil, err
	}
	env := r.config.Env
	if env == nil {
		env = os.Environ()
	}
	kept := []string{restartVariable + "=" + string(text)}
	for _, e := range env {
		if !strings.HasPrefix(e, restartVariable+"=") {
			kept = append(kept, e)
		}
	}
	pid, err := syscall.ForkExec(r.path, r.config.Args, &syscall.ProcAttr{Env: kept, Files: files})
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", r.path, err)
	}
	return os.FindProcess(pid)
}

// duplicate returns a descriptor of its own for the socket.
func (l *handed) duplicate() (fd int, err error) {
	raw, err := l.Listener.(syscall.Conn).SyscallConn()
	if err != nil {
		return -1, err
	}
	if e := raw.Control(func(old uintptr) {
		fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 3)
	}); e != nil {
		return -1, e
	}
	return fd, os.NewSyscallError("fcntl", err)
}
