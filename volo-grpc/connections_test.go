package vologrpc_test

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestConnections(t *testing.T) {
	good := dial(t, serve(t, waiting(make(chan error, 10))), vologrpc.WithConnections(2))
	if got := good.Connections(); len(got) != 0 {
		t.Errorf("before the first call: got %v", got)
	}
	s := good.open(t)
	states := map[vologrpc.State]int{}
	streams := 0
	for _, c := range good.Connections() {
		states[c.State]++
		streams += c.Streams
	}
	if states[vologrpc.Ready] != 1 || states[vologrpc.Idle] != 1 || streams != 1 {
		t.Errorf("with one stream: got %v and %d streams", states, streams)
	}
	s.Close()

	bad := dial(t, closedPort(t))
	bad.get(soon(t), "")
	got := bad.Connections()
	if len(got) != 1 || got[0].State != vologrpc.Failing || vologrpc.CodeOf(got[0].Err) != vologrpc.Unavailable || got[0].Address.IsZero() {
		t.Errorf("when nobody listens: got %v", got)
	}
}

// A sniffer is a handler that leaves a connection to others once its first
// byte is here.
type sniffer struct {
	conn   *transport.Conn
	choose func(first byte, conn *transport.Conn) transport.ConnHandler
	chosen transport.ConnHandler
}

func (s *sniffer) Data(in []byte) (int, int, error) {
	if s.chosen == nil {
		if s.chosen = s.choose(in[0], s.conn); s.chosen == nil {
			return 0, 0, errors.New("nobody wants it")
		}
	}
	return s.chosen.Data(in)
}

func (s *sniffer) Closed(err error) {
	if s.chosen != nil {
		s.chosen.Closed(err)
	}
}

func TestOnePortForSeveralProtocols(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := vologrpc.NewServer(quiet)
	if err := s.Register(service(echo)); err != nil {
		t.Fatal(err)
	}
	tl := (&transport.ListenConfig{}).Wrap(l)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tl.Serve(func(conn *transport.Conn) transport.ConnHandler {
			return &sniffer{conn: conn, choose: func(first byte, conn *transport.Conn) transport.ConnHandler {
				if first == 'P' {
					return s.Accept(conn)
				}
				conn.Write([]byte("not gRPC"))
				return nil
			}}
		})
		tl.Wait()
	}()
	defer func() {
		tl.Close()
		s.Close()
		<-ended
	}()
	if got, err := dial(t, l.Addr().String()).get(soon(t), "x"); got != "x" || err != nil {
		t.Errorf("gRPC: got %q and %v", got, err)
	}
	nc, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.Write([]byte{0})
	if got, err := io.ReadAll(nc); string(got) != "not gRPC" || err != nil {
		t.Errorf("something else: got %q and %v", got, err)
	}
}

// What both ends know of a connection after three calls that went well and one
// that did not.
func TestTraffic(t *testing.T) {
	h := echo
	h.get = func(_ context.Context, in *note) (*note, error) {
		if in.Value == "" {
			return nil, vologrpc.Errorf(vologrpc.NotFound, "nothing")
		}
		return in, nil
	}
	s, address := start(t, h)
	c := dial(t, address)
	before := time.Now().Add(-time.Second)
	for i, value := range []string{"x", "x", "x", ""} {
		if _, err := c.get(soon(t), value); (err == nil) != (i < 3) {
			t.Fatal(err)
		}
	}
	calls := vologrpc.Calls{Started: 4, Succeeded: 3, Failed: 1}
	for end := time.Now().Add(10 * time.Second); untimed(s.Calls()) != calls && time.Now().Before(end); {
		runtime.Gosched() // the server's last call is over when its answer is here, or soon after
	}
	ours, theirs := c.Connections()[0], s.Connections()[0]
	for _, tt := range []struct {
		what      string
		got, want any
	}{
		{"client's calls", untimed(c.Calls()), calls},
		{"server's calls", untimed(s.Calls()), calls},
		{"client's traffic", counts(ours.Traffic), vologrpc.Traffic{Started: 4, Succeeded: 4, Sent: 4, Received: 3}},
		{"server's traffic", counts(theirs.Traffic), vologrpc.Traffic{Started: 4, Succeeded: 4, Sent: 3, Received: 4}},
		{"calls of the place", untimed(ours.PlaceCalls), calls},
		{"server's peer", theirs.Address, ours.Local},
		{"client's peer", ours.Address, theirs.Local},
		{"client's state", ours.State, vologrpc.Ready},
		{"server's state", theirs.State, vologrpc.Ready},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.what, tt.got, tt.want)
		}
	}
	for _, one := range []vologrpc.Connection{ours, theirs} {
		for what, at := range map[string]time.Time{
			"made": one.Since, "last stream": one.Traffic.LastStream, "last sent": one.Traffic.LastSent, "last received": one.Traffic.LastReceived,
		} {
			if at.Before(before) || at.After(time.Now()) {
				t.Errorf("%s at %v", what, at)
			}
		}
		if one.SendWindow <= 0 || one.ReceiveWindow <= 0 || one.ID == 0 || one.TLS != nil {
			t.Errorf("got %+v", one)
		}
	}
}

func counts(t vologrpc.Traffic) vologrpc.Traffic {
	t.LastStream, t.LastSent, t.LastReceived = time.Time{}, time.Time{}, time.Time{}
	return t
}

func untimed(c vologrpc.Calls) vologrpc.Calls {
	c.LastStarted = time.Time{}
	return c
}

// Streams that are given up have failed, and what has been called is known when
// the connection is gone.
func TestTrafficOfConnectionsThatEnd(t *testing.T) {
	s, address := start(t, waiting(make(chan error, 10)))
	c := dial(t, address)
	c.open(t).Close()
	open := c.open(t)
	got := c.Connections()[0]
	if want := (vologrpc.Traffic{Started: 2, Failed: 1}); counts(got.Traffic) != want || got.Streams != 1 {
		t.Errorf("got %+v and %d open, want %+v", counts(got.Traffic), got.Streams, want)
	}
	s.Close()
	open.Close()
	want := vologrpc.Calls{Started: 2, Failed: 2}
	for end := time.Now().Add(10 * time.Second); untimed(s.Calls()) != want && time.Now().Before(end); {
		runtime.Gosched()
	}
	if got := s.Calls(); untimed(got) != want || got.LastStarted.IsZero() || len(s.Connections()) != 0 {
		t.Errorf("of the server that is closed: got %+v", got)
	}
	if got := c.Calls(); untimed(got) != want || got.LastStarted.IsZero() {
		t.Errorf("of the client: got %+v", got)
	}
}
