package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// DefaultDialTimeout is what a Dialer without a Timeout allows. It survives the
// loss of two SYN packets, which are sent again after one and three seconds.
const DefaultDialTimeout = 5 * time.Second

// A Dialer makes connections to servers. The zero value is ready to use. It
// must not be changed once used; any number of goroutines may dial.
type Dialer struct {
	// Engine carries the connections.
	Engine Engine
	// Timeout bounds resolving, connecting and the TLS handshake together; the
	// context may bound them further. Zero is DefaultDialTimeout, a negative
	// value is no bound.
	Timeout time.Duration
	// KeepAlive is the idle time after which TCP probes the peer, and the
	// interval of its probes. Zero is 15 s, a negative value switches probes
	// off.
	KeepAlive time.Duration
	// TLS, if it is not nil, makes the connections TLS. A missing ServerName
	// is taken from the address.
	TLS *tls.Config
}

// Dial connects to addr. The error is an *[OpError] whose Op is [OpDial] or
// [OpHandshake]; nothing was sent on its account.
func (d *Dialer) Dial(ctx context.Context, addr rpc.Address) (*Conn, error) {
	timeout := d.Timeout
	if timeout == 0 {
		timeout = DefaultDialTimeout
	}
	if timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	nc, err := d.connect(ctx, addr)
	if err != nil {
		return nil, &OpError{Op: OpDial, Addr: addr, Err: bare(err)}
	}
	if d.TLS != nil {
		return d.handshake(ctx, nc, addr)
	}
	if d.Engine == EngineNetpoll {
		if c := newNetpoll(nc, DefaultReadLimit); c != nil {
			return c, nil
		}
	}
	return NewConn(nc), nil
}

// connect makes the connection beneath everything. Where the queue of a unix
// socket is full, the system says so instead of waiting; then we wait.
func (d *Dialer) connect(ctx context.Context, addr rpc.Address) (net.Conn, error) {
	network, address := addr.Dial()
	if network == "" {
		return nil, errors.New("no address")
	}
	nd := net.Dialer{KeepAlive: d.KeepAlive}
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		nc, err := nd.DialContext(ctx, network, address)
		if network != "unix" || !errors.Is(err, syscall.EAGAIN) {
			return nc, err
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: %w", ctx.Err(), err)
		case <-time.After(pause):
		}
	}
}

// handshake makes nc a TLS connection.
func (d *Dialer) handshake(ctx context.Context, nc net.Conn, addr rpc.Address) (*Conn, error) {
	config := named(d.TLS, addr)
	t := tls.Client(&countingConn{Conn: nc}, config)
	if err := t.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, &OpError{Op: OpHandshake, Addr: addr, Err: bare(err)}
	}
	return NewConn(t), nil
}
