package load_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/bench/load"
)

func TestIdleConnectionsStayOpenUntilClosed(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	idle, err := load.OpenIdle(ln.Addr().String(), 3, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	var accepted []net.Conn
	for range 3 {
		conn, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		accepted = append(accepted, conn)
	}
	if err := idle.Close(); err != nil {
		t.Fatal(err)
	}
	for i, conn := range accepted {
		if b, err := io.ReadAll(conn); string(b) != "hello" || err != nil {
			t.Errorf("connection %d carried %q, %v, want the greeting and its end", i, b, err)
		}
	}
}

func TestAnIdleConnectionThatFailsIsCounted(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	ln.Close()
	_, err = load.OpenIdle(addr, 3, nil)
	if err == nil || !strings.Contains(err.Error(), "idle connection 1 of 3: ") {
		t.Errorf("err = %v, want one that says which connection failed", err)
	}
}
