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
	after := unused
	defer func() { // also when the codec of the arguments panics
		switch {
		case conn == nil:
		case after == sound:
			p.pool.Put(conn, now)
		default:
			p.pool.Discard(conn)
		}
	}()
	if err != nil {
		if !errors.Is(err, pool.ErrExhausted) { // which has the reason, and more
			err = until.cause(err)
		}
		return nil, req.fail(PhaseDial, true, err)
	}
	var resp *Response
	if !reused || !req.Method.Oneway || conn.Alive() { // nobody would hear that a oneway call was lost
		resp, after, err = p.call(ctx, until, conn, req)
	}
	if after == unused && reused {
		// The peer had closed it before anything was sent: nobody need know.
		conn.Close()
		conn = nil // its place is the new one's
		if conn, err = p.dial(until, now); err != nil {
			return nil, req.fail(PhaseDial, true, until.cause(err))
		}
		resp, after, err = p.call(ctx, until, conn, req)
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
	frame, owned, err := p.exchangeUntil(until, b, conn, req.Method.Oneway)
	if err != nil {
		return p.failed(until, req, err)
	}
	p.core.stamp(&req.Info.Stats.ReadDone, req)
	if req.Method.Oneway {
		return &req.response, sound, nil
	}
	r := reply{owned: owned}
	resp, err := p.core.finish(ctx, req, &r, frame, seq)
	conn.Lending.Learn(len(frame), owned, r.shared)
	if r.reset {
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
func (p *pingPongPeer) exchangeUntil(until bound, out []byte, conn *pool.Conn, oneway bool) (frame []byte, owned bool, err error) {
	var stop func() bool
	if until.done != nil {
		stop = context.AfterFunc(until.ctx, func() { conn.SetDeadline(longAgo) })
	}
	if oneway {
		err = conn.Write(out)
	} else {
		frame, owned, err = p.exchange(out, conn)
	}
	if stop != nil && !stop() && err == nil {
		// The answer came all the same, but the deadline of the connection
		// may be set at any moment.
		return nil, false, until.ctx.Err()
	}
	return frame, owned, err
}

// exchange sends a request and returns the whole frame of the answer. Its memory
// is the answer's own, or stays as it is until the next use of the connection.
func (p *pingPongPeer) exchange(out []byte, conn *pool.Conn) (frame []byte, owned bool, err error) {
	in, lent, err := turn(out, conn)
	if err != nil {
		return nil, false, err
	}
	scan := scanner{limit: p.core.o.maxMessageSize, depth: depthOf(p.core.o.decode)}
	for {
		size, need, err := scan.size(p.core.o.protocol, in)
		switch {
		case err != nil:
			return nil, false, err
		case size > 0 && size < len(in):
			return nil, false, errMismatch // nobody asked for more
		case size > 0:
			if !lent && cap(in) <= maxScratch {
				conn.Buffer = in
			}
			return in, lent && conn.Lending.Fits(size), nil
		}
		if want := max(need, len(in)+1); want > cap(in) {
			in, lent = append(make([]byte, 0, max(want, 2*cap(in))), in...), false
		}
		more, err := conn.Read(in[len(in):cap(in)])
		if err != nil {
			return nil, false, err
		}
		in = in[:len(in)+more]
	}
}

// turn sends a request and returns the start of the answer, in memory lent to it
// if the connection knows what to expect.
func turn(out []byte, conn *pool.Conn) (in []byte, lent bool, err error) {
	if expect := conn.Lending.Expect(); expect > 0 {
		conn.Buffer = nil
		in, err = conn.ExchangeNew(out, expect+1) // so that all that was expected is a short read
		return in, true, err
	}
	if conn.Buffer == nil {
		conn.Buffer = make([]byte, 4<<10)
	}
	in = conn.Buffer[:cap(conn.Buffer)]
	conn.Buffer = nil
	n, err := conn.Exchange(out, in)
	return in[:n], false, err
}
