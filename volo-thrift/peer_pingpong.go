package volothrift

import (
	"context"
	"errors"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-thrift/internal/pool"
)

// A pingPongPeer gives each call to one instance a connection of its own while
// it runs: one write, one answer.
type pingPongPeer struct {
	core *clientCore
	pool *pool.Pool
}

func newPingPongPeer(c *clientCore, addr rpc.Address) *pingPongPeer {
	p := &pingPongPeer{core: c}
	p.pool = pool.New(pool.Config(c.o.pool), func(ctx context.Context) (*transport.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, c.o.connectTimeout)
		defer cancel()
		return c.o.dial(ctx, addr)
	})
	return p
}

func (p *pingPongPeer) retire()    { p.pool.Close() }
func (p *pingPongPeer) idle() bool { return p.pool.Open() == 0 }
func (p *pingPongPeer) close()     { p.pool.Abort() }

func (p *pingPongPeer) roundTrip(ctx context.Context, req *Request) (*Response, error) {
	now := req.Info.Stats.Start
	if req.Info.Attempt > 0 {
		now = time.Now()
	}
	until := boundOf(ctx, req)
	conn, reused, err := p.take(until, now)
	if err != nil {
		if !errors.Is(err, pool.ErrExhausted) { // which has the reason, and more
			err = until.cause(err)
		}
		return nil, req.fail(PhaseDial, true, err)
	}
	var resp *Response
	after := unused
	if !reused || !req.Method.Oneway || conn.Alive() { // nobody would hear that a oneway call was lost
		resp, after, err = p.call(ctx, until, conn, req)
	}
	if after == unused && reused {
		// The peer had closed it before anything was sent: nobody need know.
		conn.Close()
		if conn, err = p.dial(until, now); err != nil {
			return nil, req.fail(PhaseDial, true, until.cause(err))
		}
		resp, after, err = p.call(ctx, until, conn, req)
	}
	if after == sound {
		p.pool.Put(conn, now)
	} else {
		p.pool.Discard(conn)
	}
	return resp, err
}

// dial replaces a connection, for which it takes no longer than the call may.
func (p *pingPongPeer) dial(until bound, now time.Time) (*pool.Conn, error) {
	if until.deadline.IsZero() {
		return p.pool.Dial(until.ctx, now)
	}
	ctx, cancel := context.WithDeadline(until.ctx, until.deadline)
	defer cancel()
	return p.pool.Dial(ctx, now)
}

// take waits for a connection no longer than the call may.
func (p *pingPongPeer) take(until bound, now time.Time) (*pool.Conn, bool, error) {
	ctx := until.ctx
	if !until.deadline.IsZero() {
		if conn, err := p.pool.TryTake(now); conn != nil || err != nil {
			return conn, true, err
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, until.deadline)
		defer cancel()
	}
	return p.pool.Take(ctx, now)
}

// A condition is what a call leaves its connection in.
type condition uint8

const (
	sound  condition = iota // ready for the next call
	broken                  // of unknown state, or about to be closed by the peer
	unused                  // dead before any byte of the request was sent
)

// call runs one call on conn and says what has become of it.
func (p *pingPongPeer) call(ctx context.Context, until bound, conn *pool.Conn, req *Request) (*Response, condition, error) {
	buf := scratches.Get().(*scratch)
	defer buf.release()
	conn.Seq++
	seq := conn.Seq
	b, err := p.core.appendRequest(metainfo.FromContext(ctx), buf.b, req, seq, 0)
	buf.b = b
	if err != nil {
		return nil, sound, encodeFailure(req, err)
	}
	p.core.stamp(&req.Info.Stats.EncodeDone, req)
	if err := conn.SetDeadline(until.deadline); err != nil {
		return nil, unused, req.fail(PhaseWrite, true, err)
	}
	frame, err := p.exchangeUntil(until, b, conn, req.Method.Oneway)
	if err != nil {
		return p.failed(until, req, err)
	}
	p.core.stamp(&req.Info.Stats.ReadDone, req)
	if req.Method.Oneway {
		return &req.response, sound, nil
	}
	resp, reset, err := p.core.finish(ctx, req, frame, seq, false)
	if reset {
		return resp, broken, err
	}
	return resp, sound, err
}

// failed makes the error of a call whose connection cannot be used again.
func (p *pingPongPeer) failed(until bound, req *Request, err error) (*Response, condition, error) {
	phase, after := PhaseRead, broken
	var op *transport.OpError
	if errors.As(err, &op) && op.Op == transport.OpWrite {
		phase = PhaseWrite
		if !op.Sent {
			after = unused
		}
	}
	return nil, after, req.fail(phase, after == unused, until.cause(err))
}

var longAgo = time.Unix(1, 0)

// exchangeUntil is exchange, or a mere write for a oneway call, that ends when
// the call's context does.
func (p *pingPongPeer) exchangeUntil(until bound, out []byte, conn *pool.Conn, oneway bool) (frame []byte, err error) {
	var stop func() bool
	if until.done != nil {
		stop = context.AfterFunc(until.ctx, func() { conn.SetDeadline(longAgo) })
	}
	if oneway {
		err = conn.Write(out)
	} else {
		frame, err = p.exchange(out, conn)
	}
	if stop != nil && !stop() && err == nil {
		// The answer came all the same, but the deadline of the connection
		// may be set at any moment.
		return nil, until.ctx.Err()
	}
	return frame, err
}

// exchange sends a request and returns the whole frame of the answer, which
// stays valid until the next use of the connection.
func (p *pingPongPeer) exchange(out []byte, conn *pool.Conn) ([]byte, error) {
	if conn.Buffer == nil {
		conn.Buffer = make([]byte, 4<<10)
	}
	n, err := conn.Exchange(out, conn.Buffer)
	if err != nil {
		return nil, err
	}
	scan := scanner{limit: p.core.o.maxMessageSize, depth: depthOf(p.core.o.decode)}
	for {
		size, need, err := scan.size(p.core.o.protocol, conn.Buffer[:n])
		if err != nil {
			return nil, err
		}
		if size > 0 {
			if n > size {
				return nil, errMismatch // nobody asked for more
			}
			frame := conn.Buffer[:size]
			if cap(conn.Buffer) > maxScratch {
				conn.Buffer = nil
			}
			return frame, nil
		}
		if want := max(need, n+1); want > len(conn.Buffer) {
			bigger := make([]byte, max(want, 2*len(conn.Buffer)))
			copy(bigger, conn.Buffer[:n])
			conn.Buffer = bigger
		}
		more, err := conn.Read(conn.Buffer[n:])
		if err != nil {
			return nil, err
		}
		n += more
	}
}
