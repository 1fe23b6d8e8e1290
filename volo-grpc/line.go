package vologrpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A line is one connection of a peer and what replaces it when it ends. A
// connection that its peer drains lives on beside the new one until its calls
// are over.
//
//	        acquire            dialled
//	idle ───────────► dialing ─────────► live ──► away or lost: as if idle
//	  ▲                  │ failed
//	  └── time is up ── backoff: calls fail at once, unless they wait
type line struct {
	core *clientCore
	addr rpc.Address
	id   uint64
	live atomic.Pointer[http2.Client]

	mu       sync.Mutex
	dialing  *dialing // nil if none is under way
	failures int      // in a row
	retry    time.Time
	lastErr  error
	old      []*http2.Client
	past     Calls // of connections that are forgotten
	closed   error // why no connections are made any more; nil while they are
}

// A dialing is one attempt to connect, which any number of calls wait for and
// none of them owns: it goes on when one gives up.
type dialing struct {
	done   chan struct{}
	cancel context.CancelFunc
	err    error // valid once done is closed
}

func (l *line) acquire(until bound, wait bool) (*http2.Client, error) {
	for range 3 {
		if conn := l.live.Load(); conn != nil && conn.Usable() {
			return conn, nil
		}
		if err := l.connect(until, wait); err != nil {
			return nil, err
		}
	}
	return nil, unavailable(fmt.Errorf("new connections end at once: %w", http2.ErrGoingAway))
}

// connect waits for a usable connection or, unless wait, the failure to make
// one.
func (l *line) connect(until bound, wait bool) error {
	for {
		l.mu.Lock()
		if err := l.closed; err != nil {
			l.mu.Unlock()
			return err
		}
		if conn := l.live.Load(); conn != nil && conn.Usable() {
			l.mu.Unlock()
			return nil
		}
		pause, last := time.Until(l.retry), l.lastErr
		if d := l.dialing; d != nil || pause <= 0 {
			if d == nil {
				d = l.start()
			}
			l.mu.Unlock()
			if err := until.wait(d.done, 0); err != nil {
				return err
			}
			if d.err == nil || !wait {
				return d.err
			}
			continue
		}
		l.mu.Unlock()
		if !wait {
			return last
		}
		if err := until.wait(nil, pause); err != nil {
			return err
		}
	}
}

// start begins to connect. The caller holds mu.
func (l *line) start() *dialing {
	ctx, cancel := context.WithTimeout(context.Background(), l.core.o.connectTimeout)
	d := &dialing{done: make(chan struct{}), cancel: cancel}
	l.dialing = d
	go l.run(ctx, d)
	return d
}

// wait waits until ready is closed or, if it is not zero, pause has passed.
func (b bound) wait(ready <-chan struct{}, pause time.Duration) error {
	var expired, over <-chan time.Time
	if !b.deadline.IsZero() {
		t := time.NewTimer(time.Until(b.deadline))
		defer t.Stop()
		expired = t.C
	}
	if pause > 0 {
		t := time.NewTimer(pause)
		defer t.Stop()
		over = t.C
	}
	select {
	case <-ready:
		return nil
	case <-over:
		return nil
	case <-expired:
		return context.DeadlineExceeded
	case <-b.done:
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
	if err == nil && l.closed != nil {
		d.err = l.closed
		l.mu.Unlock()
		conn.Close()
		return
	}
	defer l.mu.Unlock()
	if err != nil {
		l.failures++
		l.lastErr = err
		l.retry = time.Now().Add(l.core.o.backoff.after(l.failures))
		return
	}
	l.failures, l.retry = 0, time.Time{}
	l.forget()
	if last := l.live.Swap(conn); last != nil {
		last.Retire()
		l.old = append(l.old, last)
	}
}

func (l *line) dial(ctx context.Context) (*http2.Client, error) {
	tc, err := l.core.o.dial(ctx, l.addr)
	if err != nil {
		return nil, unavailable(err)
	}
	if state := tc.TLS(); l.core.o.tls != nil && (state == nil || state.NegotiatedProtocol != "h2") {
		tc.Close()
		return nil, unavailable(notHTTP2(state))
	}
	tc.SetWriteTimeout(DefaultWriteTimeout)
	cfg := l.core.o.config()
	if t, ok := ctx.Deadline(); ok {
		cfg.Handshake = max(time.Until(t), time.Millisecond)
	}
	conn := http2.NewClient(tc, cfg)
	conn.ID = l.core.peers.serial.Add(1)
	// A peer that accepts connections need not be there: a balancer without
	// backends, a server that has too many. It is once it speaks HTTP/2 (gRPC,
	// "Connectivity Semantics": READY).
	stop := context.AfterFunc(ctx, func() {
		if ctx.Err() == context.Canceled { // else cfg.Handshake says that it was silent
			conn.Close()
		}
	})
	defer stop()
	if err := conn.Settle(); err != nil {
		conn.Close()
		return nil, unavailable(fmt.Errorf("the peer did not speak HTTP/2: %w", err))
	}
	return conn, nil
}

func notHTTP2(state *tls.ConnectionState) error {
	if state == nil {
		return errors.New("the connection is not encrypted")
	}
	return fmt.Errorf("the peer does not speak HTTP/2: it chose the protocol %q (ALPN)", state.NegotiatedProtocol)
}

func unavailable(err error) error {
	return &Error{Code: Unavailable, Message: err.Error(), Err: err}
}

// after returns how long to wait after so many failures in a row (gRPC,
// "Connection Backoff Protocol").
func (b *Backoff) after(failures int) time.Duration {
	d := float64(b.Base) * math.Pow(b.Multiplier, float64(failures-1))
	d = min(d, float64(b.Max))
	return time.Duration(d * (1 + b.Jitter*(2*rand.Float64()-1)))
}

func ended(c *http2.Client) bool {
	select {
	case <-c.Done():
		return true
	default:
		return false
	}
}

// errRetired is why a call gets no connection to an instance that discovery has
// dropped since it was picked; another one is as good.
var errRetired = unavailable(errors.New("the instance is gone"))

// stop makes no more connections, for the given reason, and returns those
// there are.
func (l *line) stop(why error) []*http2.Client {
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

func (l *line) ended() bool {
	return !slices.ContainsFunc(l.stop(errRetired), func(c *http2.Client) bool { return !ended(c) })
}

func (l *line) close() {
	for _, c := range l.stop(errClientClosed) {
		c.Close()
	}
}
