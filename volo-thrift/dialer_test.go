package volothrift_test

import (
	"context"
	"sync/atomic"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

type dialFunc = func(context.Context, rpc.Address) (*transport.Conn, error)

// A counter counts what a client dials.
type counter struct{ n atomic.Int32 }

func (c *counter) count(dial dialFunc) dialFunc {
	return func(ctx context.Context, addr rpc.Address) (*transport.Conn, error) {
		c.n.Add(1)
		return dial(ctx, addr)
	}
}

type (
	address = rpc.Address
	conn    = transport.Conn
)
