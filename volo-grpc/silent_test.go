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
