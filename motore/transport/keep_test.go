package transport_test

import (
	"bytes"
	"io"
	"net"
	"runtime"
	"testing"

	"github.com/volo-go/volo/motore/transport"
)

// A keeper keeps what comes, where it can.
type keeper struct {
	handler
	expect int
}

func (k *keeper) Keeps() int { return k.expect }

// A handler that keeps memory has it for good, gets memory of its own only for
// what fits, and loses no byte that came behind.
func TestKeptBytesStay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("nothing is kept there")
	}
	var kept [][]byte
	var keepable []bool
	l := serve(t, mustListen(t, &transport.ListenConfig{Engine: transport.EngineNet}, tcpAny(t)), func(c *transport.Conn) transport.ConnHandler {
		k := &keeper{expect: 100}
		k.data = func(in []byte) (int, int, error) {
			n := 0
			for ; len(in)-n >= 10; n += 10 { // messages have ten bytes
				message := in[n : n+10 : n+10]
				keepable = append(keepable, c.Keepable())
				if c.Keepable() {
					c.Keep()
				} else {
					message = bytes.Clone(message)
				}
				kept = append(kept, message)
				if err := c.Write(message); err != nil {
					return n, 0, err
				}
			}
			return n, 10, nil
		}
		return k
	})
	network, address := l.Address().Dial()
	nc := closeLater(t, must(net.Dial(network, address)))
	var sent []byte
	received := 0
	send := func(n int) {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(len(sent) + i)
		}
		sent = append(sent, b...)
		nc.Write(b)
	}
	receive := func(n int) {
		got := must(readAll(nc, n))
		if want := sent[received : received+n]; !bytes.Equal(got, want) {
			t.Errorf("got % x, want % x", got, want)
		}
		received += n
	}
	send(10) // fits
	receive(10)
	send(34) // three at once, and the start of another that goes elsewhere
	receive(30)
	send(6)
	receive(10)
	send(4) // in two parts
	send(6)
	receive(10)
	send(1000) // more than fits
	receive(1000)
	send(10)
	receive(10)
	for i, b := range kept {
		if want := sent[10*i : 10*i+10]; !bytes.Equal(b, want) {
			t.Errorf("message %d has become % x, want % x", i, b, want)
		}
	}
	if n := len(keepable) - 1; !keepable[0] || !keepable[3] || keepable[4] || !keepable[n] {
		t.Errorf("what was to be kept: %v", keepable)
	}
}

// A countingKeeper counts how often memory was to be made for it.
type countingKeeper struct {
	handler
	asked int
}

func (k *countingKeeper) Keeps() int {
	k.asked++
	return 100
}

// A connection without a listener, which reads until nothing is there, makes no
// memory for a read that finds nothing.
func TestNoMemoryIsMadeForNothing(t *testing.T) {
	nl := must(net.Listen("tcp", "127.0.0.1:0"))
	defer nl.Close()
	nc := closeLater(t, must(net.Dial("tcp", nl.Addr().String())))
	c := transport.NewConn(must(nl.Accept()))
	k := new(countingKeeper)
	k.data = func(in []byte) (int, int, error) {
		c.Keep()
		return len(in), 10, c.Write(in)
	}
	served := make(chan error, 1)
	go func() { served <- c.Serve(k) }()
	const messages = 20
	for range messages {
		must(nc.Write(make([]byte, 10)))
		must(readAll(nc, 10))
	}
	nc.Close()
	if err := soon(t, served, "Serve"); err != nil {
		t.Errorf("Serve returned %v", err)
	}
	if k.asked > messages {
		t.Errorf("memory was made %d times for %d messages", k.asked, messages)
	}
}

func readAll(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}
