package vologrpc_test

import (
	"errors"
	"io"
	"net"
	"testing"

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
