package vologrpc_test

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A peer that accepts and says nothing fails calls that have no deadline.
func TestAPeerThatNeverIntroducesItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := dial(t, "memory.invalid:1", vologrpc.WithConnectTimeout(5*time.Second), vologrpc.WithDialer(
			func(context.Context, rpc.Address) (*transport.Conn, error) {
				near, far := net.Pipe()
				go io.Copy(io.Discard, far)
				return transport.NewConn(near), nil
			}))
		begun := time.Now()
		_, err := c.get(context.Background(), "x")
		if took := time.Since(begun); vologrpc.CodeOf(err) != vologrpc.Unavailable || took != 5*time.Second {
			t.Errorf("got %v after %v, want UNAVAILABLE after 5s", err, took)
		}
	})
}

// Whoever is in between has forgotten the connection. Keepalive is off.
func TestCallsLeaveAConnectionThatIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last *mute
		answers := waiting(make(chan error, 10))
		answers.get = echo.get
		c, conns := counted(t, answers, func(nc net.Conn) net.Conn {
			last = &mute{Conn: nc}
			return last
		}, vologrpc.WithKeepalive(vologrpc.Keepalive{}), vologrpc.WithTimeout(time.Second))
		forever := c.with(vologrpc.CallTimeout(time.Hour)).open(t)
		last.now.Store(true)
		begun := time.Now()
		failed := 0
		for ; failed < 10; failed++ {
			_, err := c.get(context.Background(), "x")
			if err == nil {
				break
			}
			if vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded {
				t.Errorf("got %v, want DEADLINE_EXCEEDED", err)
			}
		}
		// One runs out of time, another before the ping has gone unanswered, and one
		// that was under way then.
		if n := conns.Load(); failed > 3 || n != 2 {
			t.Errorf("%d calls failed, %d connections were made, want at most 3 and 2", failed, n)
		}
		_, err := forever.Recv()
		if took := time.Since(begun); vologrpc.CodeOf(err) != vologrpc.Unavailable || took > 25*time.Second {
			t.Errorf("a call with an hour got %v after %v, want UNAVAILABLE after some 21s", err, took)
		}
	})
}
