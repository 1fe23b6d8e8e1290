//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// successor makes the test binary the new process of a restart, that does what
// the variable says at the address that follows.
const successor = "VOLO_TRANSPORT_TEST_SUCCESSOR"

func init() {
	if what, address, ok := strings.Cut(os.Getenv(successor), "|"); ok {
		beSuccessor(what, address)
		os.Exit(0)
	}
}

// beSuccessor says its ID to whoever connects, until it is killed or its test
// has surely ended.
func beSuccessor(what, address string) {
	if what == "fails" {
		os.Exit(3)
	}
	r := must(transport.NewRestarter(transport.RestartConfig{}))
	if what == "hangs" {
		select {}
	}
	if what == "wants nothing" {
		if err := r.Ready(); err != nil {
			panic(err)
		}
		return
	}
	l := must(r.Listen(context.Background(), must(rpc.ParseAddress(address))))
	time.AfterFunc(2*patience, func() { os.Exit(0) })
	sayID(l)
}

func sayID(l net.Listener) {
	for {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		fmt.Fprint(nc, os.Getpid())
		nc.Close()
	}
}

// whoServes returns the ID of the process that answers.
func whoServes(t *testing.T, nl net.Addr) int {
	t.Helper()
	nc, err := net.Dial(nl.Network(), nl.String())
	if err != nil {
		t.Error(err)
		return 0
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(patience))
	id, err := io.ReadAll(nc)
	if err != nil {
		t.Error(err)
	}
	n, _ := strconv.Atoi(string(id))
	return n
}

// restarter returns one whose new process does what is said.
func restarter(t *testing.T, what, address string, timeout time.Duration) *transport.Restarter {
	t.Helper()
	return must(transport.NewRestarter(transport.RestartConfig{
		Env:     append(os.Environ(), successor+"="+what+"|"+address),
		Timeout: timeout,
		Logger:  slog.New(slog.DiscardHandler),
	}))
}

func TestANewProcessTakesTheSocketsOver(t *testing.T) {
	checkGoroutines(t)
	addresses := map[string]string{
		"TCP":              "127.0.0.1:0",
		"a unix socket":    "unix:" + filepath.Join(t.TempDir(), "s"),
		"all of a machine": ":0",
	}
	if runtime.GOOS == "linux" {
		addresses["an abstract socket"] = "unix:@volo-restart-" + strconv.Itoa(os.Getpid())
	}
	for name, address := range addresses {
		t.Run(name, func(t *testing.T) {
			r := restarter(t, "serves", address, patience)
			l := must(r.Listen(t.Context(), must(rpc.ParseAddress(address))))
			served := make(chan struct{})
			go func() { defer close(served); sayID(l) }()
			if got := whoServes(t, l.Addr()); got != os.Getpid() {
				t.Fatalf("before: process %d answers, want %d", got, os.Getpid())
			}
			if err := r.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-r.Done()
			if err := r.Restart(t.Context()); !errors.Is(err, transport.ErrReplaced) {
				t.Errorf("once more: got %v", err)
			}
			l.Close()
			<-served
			got := whoServes(t, l.Addr())
			if got == os.Getpid() || got == 0 {
				t.Fatalf("after: process %d answers", got)
			}
			must(os.FindProcess(got)).Kill()
		})
	}
}

func TestAFailedRestartChangesNothing(t *testing.T) {
	checkGoroutines(t)
	for _, tt := range []struct {
		what, want string
		timeout    time.Duration
	}{
		{"fails", "exit status 3", patience},
		{"hangs", "RestartConfig.Timeout", 300 * time.Millisecond},
	} {
		t.Run("the new process "+tt.what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			r := restarter(t, tt.what, "unix:"+path, tt.timeout)
			l := must(r.Listen(t.Context(), rpc.Unix(path)))
			served := make(chan struct{})
			go func() { defer close(served); sayID(l) }()
			for range 2 {
				if err := r.Restart(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("got %v, want one that says %q", err, tt.want)
				}
				if got := whoServes(t, l.Addr()); got != os.Getpid() {
					t.Errorf("process %d answers, want %d", got, os.Getpid())
				}
			}
			if r.Replaced() {
				t.Error("the process counts as replaced")
			}
			l.Close()
			<-served
			if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the socket's file is left: %v", err)
			}
		})
	}
}

func TestRestartsThatCannotBe(t *testing.T) {
	checkGoroutines(t)
	r := restarter(t, "serves", "-", patience)
	if err := r.Restart(t.Context()); err == nil || !strings.Contains(err.Error(), "Restarter.Listen") {
		t.Errorf("without sockets: got %v", err)
	}
	l := must(r.Listen(t.Context(), rpc.TCP("127.0.0.1:0")))
	defer l.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("no longer"))
	if err := r.Restart(ctx); err == nil || !strings.Contains(err.Error(), "no longer") {
		t.Errorf("with a context that is done: got %v", err)
	}
	missing := must(transport.NewRestarter(transport.RestartConfig{Path: filepath.Join(t.TempDir(), "none"), Logger: slog.New(slog.DiscardHandler)}))
	other := must(missing.Listen(t.Context(), rpc.TCP("127.0.0.1:0")))
	defer other.Close()
	if err := missing.Restart(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a program: got %v", err)
	}
}

func TestANewProcessMayWantOtherSockets(t *testing.T) {
	checkGoroutines(t)
	r := restarter(t, "wants nothing", "-", patience)
	l := must(r.Listen(t.Context(), rpc.TCP("127.0.0.1:0")))
	if err := r.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.Close()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return // nobody has it any more
		}
		nc.Close()
		if time.Now().After(end) {
			t.Fatal("somebody still listens")
		}
	}
}

func TestANilRestarterIsNeverReplaced(t *testing.T) {
	var r *transport.Restarter
	if r.Replaced() || r.Done() != nil {
		t.Error("got a Restarter that is replaced")
	}
}

func TestSocketsFromSystemd(t *testing.T) {
	nl := must(net.Listen("tcp", "127.0.0.1:0"))
	socket := must(nl.(*net.TCPListener).File())
	defer socket.Close()
	nl.Close()
	// The shell has the process ID that the program keeps.
	cmd := exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), successor+"=serves|"+nl.Addr().String())
	cmd.ExtraFiles = []*os.File{socket}
	if err := cmd.Start(); err != nil {
		t.Skip("no shell:", err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if got := whoServes(t, nl.Addr()); got != cmd.Process.Pid {
		t.Errorf("process %d answers, want %d", got, cmd.Process.Pid)
	}
}
