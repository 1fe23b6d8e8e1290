package volothrift

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-thrift/internal/multiplex"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// A multiplexPeer spreads calls over a few connections to one instance; each
// carries any number of calls at once.
type multiplexPeer struct {
	core  *clientCore
	addr  rpc.Address
	next  atomic.Uint32
	lines []line
}

func newMultiplexPeer(c *clientCore, addr rpc.Address) *multiplexPeer {
	p := &multiplexPeer{core: c, addr: addr, lines: make([]line, c.o.connections)}
	for i := range p.lines {
		p.lines[i].dial = p.dial
	}
	return p
}

func (p *multiplexPeer) dial(ctx context.Context) (*multiplex.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.core.o.connectTimeout)
	defer cancel()
	conn, err := p.core.o.dial(ctx, p.addr)
	if err != nil {
		return nil, err
	}
	return multiplex.New(conn, framing{limit: p.core.o.maxMessageSize}), nil
}

func (p *multiplexPeer) line() *line {
	if len(p.lines) == 1 {
		return &p.lines[0]
	}
	return &p.lines[p.next.Add(1)%uint32(len(p.lines))]
}

func (p *multiplexPeer) roundTrip(ctx context.Context, req *Request) (*Response, error) {
	resp, f, err := p.launch(ctx, req)
	if f.w != nil {
		f.w.Arrive()
		resp, err = p.core.land(ctx, req, f)
	}
	return resp, err
}

// A flight is a call that was sent and has yet to be answered: Arrive of its
// waiter waits until land has something to take.
type flight struct {
	conn *multiplex.Conn
	w    *multiplex.Waiter // nil if there is nothing to wait for
}

// launch sends the request. What remains of a call that somebody may cancel, it
// does too: there is more to wait for than the answer.
func (p *multiplexPeer) launch(ctx context.Context, req *Request) (*Response, flight, error) {
	until := boundOf(ctx, req)
	conn, w, err := p.start(ctx, until, req)
	if err != nil {
		return nil, flight{}, err
	}
	if req.Method.Oneway {
		conn.Abandon(w)
		return &req.response, flight{}, nil
	}
	if until.done != nil {
		seq := w.Seq()
		frame, err := conn.Wait(w, until.deadline, until.done)
		resp, err := p.core.arrived(ctx, req, conn, seq, frame, err)
		return resp, flight{}, err
	}
	if !until.deadline.IsZero() {
		conn.Limit(w, until.deadline)
	}
	return nil, flight{conn, w}, nil
}

// land ends a call whose waiter has been told.
func (c *clientCore) land(ctx context.Context, req *Request, f flight) (*Response, error) {
	seq := f.w.Seq()
	frame, err := f.conn.Take(f.w)
	return c.arrived(ctx, req, f.conn, seq, frame, err)
}

// arrived ends a call that has an answer on conn, or err in place of one.
func (c *clientCore) arrived(ctx context.Context, req *Request, conn *multiplex.Conn, seq int32, frame []byte, err error) (*Response, error) {
	if err != nil {
		phase := PhaseRead
		var op *transport.OpError
		if errors.As(err, &op) && op.Op == transport.OpWrite {
			phase = PhaseWrite
		}
		return nil, req.fail(phase, false, boundOf(ctx, req).cause(err))
	}
	c.stamp(&req.Info.Stats.ReadDone, req)
	r := reply{owned: true}
	resp, err := c.finish(ctx, req, &r, frame, seq)
	if r.reset {
		conn.Retire()
	}
	return resp, err
}

// start sends the request on a usable connection. One that turns out dead
// before anything was sent is replaced once: nobody need know.
func (p *multiplexPeer) start(ctx context.Context, until bound, req *Request) (*multiplex.Conn, *multiplex.Waiter, error) {
	line := p.line()
	for retried := false; ; retried = true {
		conn, w, err := line.acquire(until)
		if err != nil {
			return nil, nil, req.fail(PhaseDial, true, until.cause(err))
		}
		unused, err := p.send(ctx, until, conn, w, req)
		if err == nil {
			return conn, w, nil
		}
		if retried || !unused {
			return nil, nil, err
		}
	}
}

// maxInPlace is the size in bytes of arguments that are encoded right behind what
// other calls have to send, under the lock of the connection's writer.
const maxInPlace = 8 << 10

// send sends the request. If it fails, w is given up, and unused says that the
// connection was dead before anything was sent.
func (p *multiplexPeer) send(ctx context.Context, until bound, conn *multiplex.Conn, w *multiplex.Waiter, req *Request) (unused bool, err error) {
	launched := false
	defer func() { // also when the codec of the arguments panics
		if !launched {
			conn.Abandon(w)
		}
	}()
	metadata := metainfo.FromContext(ctx)
	var malformed error
	encode := func(b []byte) []byte {
		longer, err := p.core.appendRequest(metadata, b, req, w.Seq(), ttheader.FlagOutOfOrder)
		if err != nil {
			malformed = err
			return b
		}
		p.core.stamp(&req.Info.Stats.EncodeDone, req)
		return longer
	}
	if req.Args.BinarySize() > maxInPlace {
		// Others do not wait while a large message is encoded.
		buf := scratches.Get().(*scratch)
		defer buf.release()
		if buf.b = encode(buf.b); malformed == nil {
			encode = func(b []byte) []byte { return append(b, buf.b...) }
		}
	}
	if malformed != nil {
		return false, encodeFailure(req, malformed)
	}
	sent, err := conn.Send(w, until.deadline, until.done, encode)
	if malformed != nil {
		return false, encodeFailure(req, malformed)
	}
	if err != nil && sent && !req.Method.Oneway {
		err = nil // an answer may have come before the connection ended: Wait knows
	}
	if err != nil {
		return !sent && !conn.Usable(), req.fail(PhaseWrite, !sent, until.cause(err))
	}
	p.core.stamp(&req.Info.Stats.WriteDone, req)
	launched = true
	return false, nil
}

func (p *multiplexPeer) retire() {
	for i := range p.lines {
		p.lines[i].retire()
	}
}

func (p *multiplexPeer) idle() bool {
	for i := range p.lines {
		if !p.lines[i].ended() {
			return false
		}
	}
	return true
}

func (p *multiplexPeer) close() {
	for i := range p.lines {
		p.lines[i].close()
	}
}

// framing tells package multiplex where a TTHeader frame ends and whose it is.
type framing struct{ limit int }

func (f framing) Size(in []byte) (int, error) {
	size, err := ttheader.FrameSize(in, f.limit)
	if over, ok := errors.AsType[*ttheader.LimitError](err); ok && over.Size <= ttheader.MaxFrameSize {
		return over.Size, sizeError(err)
	}
	if err != nil {
		return 0, sizeError(err)
	}
	return size, nil
}

// Seq reads the sequence id where Size has found a TTHeader.
func (f framing) Seq(frame []byte) int32 { return int32(binary.BigEndian.Uint32(frame[8:])) }

func (f framing) Draining(frame []byte) bool {
	h, _, err := ttheader.Parse(frame)
	return err == nil && asksReset(&h)
}

// asksReset reports whether the peer is about to close the connection.
func asksReset(h *ttheader.Header) bool {
	v, ok := h.String(ttheader.KeyConnectionReset)
	return ok && string(v) == "1"
}

// A line is one connection of a multiplexPeer and what replaces it when it
// ends. A connection that its peer drains lives on beside the new one until
// its calls are over.
type line struct {
	dial func(context.Context) (*multiplex.Conn, error)
	live atomic.Pointer[multiplex.Conn]

	mu      sync.Mutex
	dialing *dialing // nil if none is under way
	old     []*multiplex.Conn
	closed  error // why no connections are made any more; nil while they are
}

// A dialing is one attempt to connect, which any number of calls wait for and
// none of them owns: it goes on when one gives up.
type dialing struct {
	done   chan struct{}
	cancel context.CancelFunc
	err    error // valid once done is closed
}

// acquire registers a call on a usable connection, which it makes if there is
// none.
func (l *line) acquire(until bound) (*multiplex.Conn, *multiplex.Waiter, error) {
	for range 3 {
		if conn := l.live.Load(); conn != nil {
			if w, err := conn.Acquire(); err == nil {
				return conn, w, nil
			}
		}
		if err := l.connect(until); err != nil {
			return nil, nil, err
		}
	}
	return nil, nil, fmt.Errorf("new connections end at once: %w", multiplex.ErrDraining)
}

// connect waits for a usable connection or the failure to make one.
func (l *line) connect(until bound) error {
	l.mu.Lock()
	if err := l.closed; err != nil {
		l.mu.Unlock()
		return err
	}
	if conn := l.live.Load(); conn != nil && conn.Usable() {
		l.mu.Unlock()
		return nil
	}
	d := l.dialing
	if d == nil {
		ctx, cancel := context.WithCancel(context.Background())
		d = &dialing{done: make(chan struct{}), cancel: cancel}
		l.dialing = d
		go l.run(ctx, d)
	}
	l.mu.Unlock()
	return d.wait(until)
}

func (d *dialing) wait(until bound) error {
	var expired <-chan time.Time
	if !until.deadline.IsZero() {
		t := time.NewTimer(time.Until(until.deadline))
		defer t.Stop()
		expired = t.C
	}
	select {
	case <-d.done:
		return d.err
	case <-expired:
		return context.DeadlineExceeded
	case <-until.done:
		return context.Canceled
	}
}

func (l *line) run(ctx context.Context, d *dialing) {
	defer close(d.done)
	defer d.cancel()
	conn, err := l.dial(ctx)

	l.mu.Lock()
	l.dialing = nil
	d.err = err
	if l.closed != nil {
		d.err = l.closed // which has cancelled it
		l.mu.Unlock()
		if err == nil {
			conn.Close()
		}
		return
	}
	defer l.mu.Unlock()
	if err != nil {
		return
	}
	l.old = slices.DeleteFunc(l.old, (*multiplex.Conn).Ended)
	if last := l.live.Swap(conn); last != nil {
		last.Retire()
		l.old = append(l.old, last)
	}
}

// errRetired is why a call gets no connection to an instance that discovery has
// dropped since it was picked; another one is as good.
var errRetired = errors.New("the instance is gone")

// stop makes no more connections, for the given reason, and returns those
// there are.
func (l *line) stop(why error) []*multiplex.Conn {
	l.mu.Lock()
	if l.closed == nil {
		l.closed = why
	}
	d := l.dialing
	l.mu.Unlock()
	if d != nil {
		d.cancel()
		<-d.done
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	conns := slices.Clone(l.old)
	if conn := l.live.Load(); conn != nil {
		conns = append(conns, conn)
	}
	return conns
}

func (l *line) retire() {
	for _, c := range l.stop(errRetired) {
		c.Retire()
	}
}

// ended reports that no connection is left after retire.
func (l *line) ended() bool {
	return !slices.ContainsFunc(l.stop(errRetired), func(c *multiplex.Conn) bool { return !c.Ended() })
}

func (l *line) close() {
	for _, c := range l.stop(errClientClosed) {
		c.Close()
	}
}
