package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// echoServer makes the test binary an echo server of its kind: for benchmarks
// that want the server alone in a process, with its own file limit and memory.
const echoServer = "VOLO_TRANSPORT_TEST_ECHO"

func TestMain(m *testing.M) {
	if kind := os.Getenv(echoServer); kind != "" {
		beEchoServer(kind)
		return
	}
	os.Exit(m.Run())
}

// beEchoServer prints its address and then, for every line it reads, how much
// memory it holds.
func beEchoServer(kind string) {
	raiseFileLimit()
	switch kind {
	case "plain":
		l := must(net.Listen("tcp", "127.0.0.1:0"))
		fmt.Println(l.Addr())
		go servePlain(l)
	default:
		lc := transport.ListenConfig{Engine: transport.EngineNet}
		if kind == "netpoll" {
			lc.Engine = transport.EngineNetpoll
		}
		l := must(lc.Listen(context.Background(), rpc.TCP("127.0.0.1:0")))
		_, addr := l.Address().Dial()
		fmt.Println(addr)
		go l.Serve(echo)
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		runtime.GC()
		runtime.GC() // empties the pools, shrinks the stacks
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		fmt.Println(m.HeapAlloc + m.StackInuse)
	}
}

// startEchoServer runs one in a child process and returns its address and a
// function that asks for its memory.
func startEchoServer(b *testing.B, kind string) (addr string, memory func() int) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), echoServer+"="+kind)
	cmd.Stderr = os.Stderr
	stdin, stdout := must(cmd.StdinPipe()), must(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { stdin.Close(); cmd.Wait() })
	lines := bufio.NewReader(stdout)
	if _, err := fmt.Fscanln(lines, &addr); err != nil {
		b.Fatal(err)
	}
	return addr, func() (n int) {
		fmt.Fprintln(stdin, "memory")
		if _, err := fmt.Fscanln(lines, &n); err != nil {
			b.Fatal(err)
		}
		return n
	}
}

// servePlain echoes as package net does by itself.
func servePlain(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			buf := make([]byte, 4096)
			for {
				n, err := c.Read(buf)
				if err != nil {
					return
				}
				if _, err := c.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}
