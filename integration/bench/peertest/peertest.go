// Package peertest holds what must be true of every peer and of every codec of
// the benchmark.
package peertest

import (
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/load"
)

// Echo checks that every peer answers every caller with its own message, for as
// long as the callers like, and then closes.
func Echo(t *testing.T, peers []load.Peer) {
	targets := []struct {
		name   string
		target load.Target
	}{
		{"one caller", load.Target{Callers: 1, Size: 1024, Conns: 2}},
		{"many callers", load.Target{Callers: 32, Size: 1024, Conns: 2}},
		{"empty messages", load.Target{Callers: 4, Size: 0, Conns: 1}},
		{"messages larger than any buffer", load.Target{Callers: 4, Size: 300_000, Conns: 2}},
	}
	for _, p := range peers {
		t.Run(p.Name, func(t *testing.T) {
			needs(t, p)
			for _, test := range targets {
				t.Run(test.name, func(t *testing.T) { Smoke(t, p, test.target) })
			}
		})
	}
}

// needs skips a test of a peer whose program is not installed.
func needs(t *testing.T, p load.Peer) {
	if p.Needs == "" {
		return
	}
	if _, err := exec.LookPath(p.Needs); err != nil {
		t.Skipf("%s is not installed, which %s needs: %v", p.Needs, p.Name, err)
	}
}

func Smoke(t *testing.T, p load.Peer, target load.Target) {
	server, err := p.Serve("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target.Addr = server.Addr()
	client, err := p.Dial(target)
	if err != nil {
		t.Fatal(err)
	}
	run, err := load.Prepare(client, target)
	if err != nil {
		t.Fatal(err)
	}
	var got load.Result
	// A client that ends calls when its time is over may need more of it.
	for d := 50 * time.Millisecond; d < 5*time.Second && got.Errors == 0 && got.Requests < uint64(target.Callers); d *= 4 {
		if got, err = run(d); err != nil {
			t.Fatal(err)
		}
	}
	if got.Errors > 0 || got.Requests < uint64(target.Callers) {
		t.Errorf("%d errors, the first %q, and %d requests; want none, and at least one a caller", got.Errors, got.FirstError, got.Requests)
	}
	if err := client.Close(); err != nil {
		t.Errorf("closing the client: %v", err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("closing the server: %v", err)
	}
}

// FailWithoutAServer checks that a client without a server fails, and neither
// hangs nor succeeds.
func FailWithoutAServer(t *testing.T, peers []load.Peer) {
	for _, p := range peers {
		t.Run(p.Name, func(t *testing.T) {
			needs(t, p)
			server, err := p.Serve("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			target := load.Target{Addr: server.Addr(), Callers: 1, Size: 16, Conns: 1}
			if err := server.Close(); err != nil {
				t.Fatal(err)
			}
			if err := call(p, target); err == nil {
				t.Error("a call succeeded, want an error")
			}
		})
	}
}

func call(p load.Peer, target load.Target) error {
	client, err := p.Dial(target)
	if err != nil {
		return err
	}
	defer client.Close()
	run, err := load.Prepare(client, target)
	if err != nil {
		return err
	}
	got, err := run(time.Millisecond)
	if err == nil && got.Errors > 0 {
		err = errors.New(got.FirstError)
	}
	return err
}

// KeepTheShapes checks that every codec gives back every shape as it is.
func KeepTheShapes(t *testing.T, codecs []codec.Codec) {
	for _, c := range codecs {
		for _, shape := range c.Shapes() {
			t.Run(c.Name+"/"+shape.Name, func(t *testing.T) {
				k, err := c.New(shape.Name, shape.Wire)
				if err != nil {
					t.Fatal(err)
				}
				if err := codec.Check(k, shape); err != nil {
					t.Error(err)
				}
			})
		}
		if _, err := c.New("no such shape", nil); err == nil {
			t.Errorf("%s has a struct for a shape that does not exist", c.Name)
		}
	}
}
