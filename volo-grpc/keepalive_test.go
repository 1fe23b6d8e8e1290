package vologrpc_test

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// counted connects a client and a server in memory and counts the connections.
// wrap changes the client's end of each.
func counted(t *testing.T, h notes, wrap func(net.Conn) net.Conn, server vologrpc.ServerOption, client vologrpc.ClientOption) (notesClient, *atomic.Int32) {
	l := transport.NewMemoryListener()
	startOn(t, l, h, server)
	var n atomic.Int32
	c := dial(t, "memory.invalid:1", client, vologrpc.WithDialer(func(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
		n.Add(1)
		nc, err := l.Dial(ctx)
		if err != nil {
			return nil, err
		}
		return transport.NewConn(wrap(nc)), nil
	}))
	return c, &n
}

func asItIs(nc net.Conn) net.Conn { return nc }

func TestKeepaliveOfOurPeersNeverFights(t *testing.T) {
	for _, k := range []vologrpc.Keepalive{
		{Time: time.Nanosecond, WithoutStreams: true},
		{Time: 10 * time.Second, WithoutStreams: true},
		{Time: time.Minute},
	} {
		for _, busy := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				c, conns := counted(t, waiting(make(chan error, 10)), asItIs, vologrpc.WithKeepalive(vologrpc.Keepalive{}), vologrpc.WithKeepalive(k))
				s := c.open(t)
				if !busy {
					s.Close()
				}
				time.Sleep(3 * time.Hour)
				synctest.Wait()
				c.open(t).Close()
				if n := conns.Load(); n != 1 {
					t.Errorf("%+v, with a stream: %t: got %d connections, want 1", k, busy, n)
				}
				s.Close()
			})
		}
	}
}

// A mute connection loses what is written to it.
type mute struct {
	net.Conn
	now atomic.Bool
}

func (m *mute) Write(b []byte) (int, error) {
	if m.now.Load() {
		return len(b), nil
	}
	return m.Conn.Write(b)
}

func TestKeepaliveNoticesADeadPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last *mute
		wrap := func(nc net.Conn) net.Conn {
			last = &mute{Conn: nc}
			return last
		}
		c, conns := counted(t, waiting(make(chan error, 10)), wrap, vologrpc.WithKeepalive(vologrpc.Keepalive{}),
			vologrpc.WithKeepalive(vologrpc.Keepalive{Time: 30 * time.Second, Timeout: 10 * time.Second}))
		s := c.open(t)
		last.now.Store(true)
		begun := time.Now()
		_, err := s.Recv()
		if vologrpc.CodeOf(err) != vologrpc.Unavailable {
			t.Errorf("got %v, want UNAVAILABLE", err)
		}
		if took := time.Since(begun); took < 40*time.Second || took > 60*time.Second {
			t.Errorf("it took %v, want about 40s", took)
		}
		c.open(t).Close()
		if n := conns.Load(); n != 2 {
			t.Errorf("got %d connections, want 2", n)
		}
	})
}

func TestConnectionsEndInOrder(t *testing.T) {
	tests := []struct {
		what string
		k    vologrpc.Keepalive
	}{
		{"when they are idle", vologrpc.Keepalive{MaxIdle: time.Minute}},
		{"when they are old", vologrpc.Keepalive{MaxAge: 2 * time.Minute}},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, conns := counted(t, echo, asItIs, vologrpc.WithKeepalive(tt.k), vologrpc.WithWaitForReady())
				var failed error
				for range 10 {
					if _, err := c.get(context.Background(), "x"); err != nil {
						failed = errors.Join(failed, err)
					}
					time.Sleep(5 * time.Minute)
				}
				if failed != nil {
					t.Errorf("calls failed: %v", failed)
				}
				if n := conns.Load(); n != 10 {
					t.Errorf("got %d connections for 10 calls with long pauses, want 10", n)
				}
			})
		})
	}
}
