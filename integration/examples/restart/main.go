// Command restart is replaced by a new process, three times, while clients go
// on calling it by Thrift and by gRPC, on one port: no call fails.
//
//	restart                  the whole story: starts a server, calls, restarts
//	restart serve ADDRESS…   the server; SIGHUP restarts it, SIGTERM ends it
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"syscall"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "serve" {
		if err := serve(os.Args[2:]); err != nil {
			log.Fatal(err)
		}
		return
	}
	s, err := start("127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	callers := call(context.Background(), s.addresses[0])
	for range 3 {
		callers.await(s.pid) // until it has answered both protocols
		if err := s.restart(); err != nil {
			log.Fatal(err)
		}
	}
	callers.await(s.pid)
	answered, failed := callers.end()
	s.stop()
	fmt.Println("processes that have answered:", answered)
	fmt.Println("calls that have failed:", len(failed))
	for _, err := range failed {
		fmt.Println(err)
	}
}

// A server is another process, and those that replace it.
type server struct {
	first     *exec.Cmd
	says      *bufio.Reader
	pid       int // of the process that serves now
	addresses []string
}

// start starts a server and waits until it serves.
func start(addresses ...string) (*server, error) {
	cmd := exec.Command(os.Args[0], append([]string{"serve"}, addresses...)...)
	cmd.Stderr = os.Stderr
	out, theirs, err := os.Pipe() // not StdoutPipe, which ends with the first process
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	cmd.Stdout = theirs
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{first: cmd, says: bufio.NewReader(out)}
	return s, s.read(len(addresses))
}

// read takes note of a process that serves.
func (s *server) read(addresses int) error {
	if _, err := fmt.Fscan(s.says, &s.pid); err != nil {
		return fmt.Errorf("the server does not say that it serves: %w", err)
	}
	s.addresses = make([]string, addresses)
	for i := range s.addresses {
		if _, err := fmt.Fscan(s.says, &s.addresses[i]); err != nil {
			return err
		}
	}
	return nil
}

// restart has the process replaced, and waits until the new one serves.
func (s *server) restart() error {
	if err := s.signal(syscall.SIGHUP); err != nil {
		return err
	}
	return s.read(len(s.addresses))
}

func (s *server) signal(signal os.Signal) error {
	p, err := os.FindProcess(s.pid)
	if err != nil {
		return err
	}
	return p.Signal(signal)
}

// stop ends the process that serves, and waits until none is left: they all
// hold the pipe.
func (s *server) stop() {
	s.signal(syscall.SIGTERM)
	io.Copy(io.Discard, s.says)
	s.first.Wait()
}
