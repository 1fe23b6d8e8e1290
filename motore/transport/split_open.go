package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"

	"github.com/volo-go/volo/motore/rpc"
)

// maxFirst is how many bytes a rule may see.
const maxFirst = 64

// An opener looks at one connection until it is known whose it is.
type opener struct {
	splitter *splitter
	number   uint64 // counted from 1 as they are accepted
	nc       net.Conn
	ctx      context.Context
	cancel   context.CancelFunc // closes the connection, whatever is waited for
}

// run finds the part and hands the connection over, or closes it.
func (o *opener) run() {
	defer o.cancel()
	nc, raw := o.nc, o.nc
	// Done wakes every read and handshake.
	stop := context.AfterFunc(o.ctx, func() { raw.SetDeadline(past) })
	defer stop()
	var state *tls.ConnectionState
	if config := o.splitter.config.TLS; config != nil {
		t := tls.Server(&countingConn{Conn: raw}, config)
		if err := t.HandshakeContext(o.ctx); err != nil {
			o.close(raw, "transport: TLS handshake failed", err)
			return
		}
		s := t.ConnectionState()
		nc, state = t, &s
	}
	p, nc, err := o.choose(nc, state)
	if err != nil {
		o.close(raw, "transport: connection is for nobody", err)
		return
	}
	if !stop() || !p.wants(o.number) {
		raw.Close()
		return
	}
	select {
	case p.conns <- nc:
	case <-p.over:
		raw.Close()
	case <-o.ctx.Done():
		o.close(raw, "transport: nobody accepts the connection", context.Cause(o.ctx))
	}
}

// close ends a connection that goes nowhere. Peers that leave by themselves,
// and ours that do, are no news.
func (o *opener) close(nc net.Conn, what string, err error) {
	nc.Close()
	switch context.Cause(o.ctx) {
	case context.DeadlineExceeded:
		err = errSlow
	case context.Canceled:
		err = errCrowd
	}
	if o.splitter.ctx.Err() == nil && err != io.EOF {
		o.splitter.config.Logger.Info(what, "peer", rpc.AddressOf(nc.RemoteAddr()).String(), "error", err)
	}
}

// Why a connection goes to no part.
var (
	errUnruly = errors.New("no rule of transport.Split takes its first bytes")
	errSlow   = errors.New("it took longer than SplitConfig.Timeout")
	errCrowd  = errors.New("more than SplitConfig.MaxOpening were about to open, this one for longest")
)

// choose asks the rules, byte by byte as they come. The connection that it
// returns has them all to be read.
func (o *opener) choose(nc net.Conn, state *tls.ConnectionState) (*part, net.Conn, error) {
	first := make([]byte, 0, maxFirst)
	peek := peeker(nc)
	for {
		p, more := o.ask(Opening{First: first, TLS: state})
		switch {
		case p != nil && peek == nil && len(first) > 0:
			return p, &opened{Conn: nc, first: first}, nil
		case p != nil:
			return p, nc, nil
		case !more || len(first) == maxFirst:
			return nil, nc, errUnruly
		}
		var n int
		var err error
		if peek != nil {
			n, err = peek(first[:maxFirst], len(first))
		} else if n, err = nc.Read(first[len(first):maxFirst]); n > 0 {
			n, err = len(first)+n, nil
		}
		if err != nil {
			return nil, nc, err
		}
		first = first[:n]
	}
}

// ask returns the part that takes the connection, or whether more bytes might
// tell. A rule that does not know yet keeps those after it waiting.
func (o *opener) ask(opening Opening) (p *part, more bool) {
	for _, p := range o.splitter.parts {
		switch p.rule(opening) {
		case Yes:
			return p, false
		case More:
			if len(opening.First) < maxFirst {
				return nil, true
			}
		}
	}
	return nil, false
}
