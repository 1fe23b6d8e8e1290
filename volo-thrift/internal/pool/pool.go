// Package pool keeps connections to one address for ping-pong calls, each of
// which has a connection to itself while it runs.
package pool

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

var (
	// ErrClosed is returned by Take after Close.
	ErrClosed = errors.New("connection pool is closed")
	// ErrExhausted is returned by Take when the cap on open connections was
	// reached and none came free while the caller could wait.
	ErrExhausted = errors.New("all connections are in use (see PoolConfig.MaxOpen) and none came free")
)

// A connection that was used less than this ago is taken without a look at
// its state, which would cost a system call.
const freshFor = 10 * time.Millisecond

// Config bounds a pool. No member may be zero.
type Config struct {
	MaxOpen     int           // connections at once; further takers wait
	MaxIdle     int           // connections kept without a call
	IdleTimeout time.Duration // an idle connection is closed after this
	MaxAge      time.Duration // a connection is not used again after this
}

// A Conn is one connection with what a call needs beside it.
type Conn struct {
	*transport.Conn
	Seq    int32  // last sequence id used
	Buffer []byte // scratch for reading, kept between calls

	pool         *Pool
	opened, used time.Time
}

// Close closes the connection. It still takes its place under the cap.
func (c *Conn) Close() error {
	c.pool.forget(c)
	return c.Conn.Close()
}

// A Pool hands out connections, the last one returned first. Its methods may
// be called concurrently.
type Pool struct {
	cfg   Config
	dial  func(context.Context) (*transport.Conn, error)
	slots chan struct{} // one token per connection in use or being made

	mu     sync.Mutex
	idle   []*Conn // oldest use first
	closed bool
	sweep  *time.Timer // runs while there are idle connections

	ctx   context.Context // done after Abort
	abort context.CancelFunc
	every sync.Mutex
	open  map[*Conn]struct{} // idle or in use, for Abort
}

// New returns an empty pool that opens connections with dial.
func New(cfg Config, dial func(context.Context) (*transport.Conn, error)) *Pool {
	p := &Pool{cfg: cfg, dial: dial, slots: make(chan struct{}, cfg.MaxOpen), open: make(map[*Conn]struct{})}
	p.ctx, p.abort = context.WithCancel(context.Background())
	return p
}

// Take returns a connection for one call; reused says whether it has served
// one before. While the cap is reached it waits until ctx is done. Every
// connection taken is given back by [Pool.Put] or [Pool.Discard].
func (p *Pool) Take(ctx context.Context, now time.Time) (c *Conn, reused bool, err error) {
	if err := p.acquire(ctx); err != nil {
		return nil, false, err
	}
	c, err = p.reuse(now)
	if err != nil {
		<-p.slots
		return nil, false, err
	}
	if c != nil {
		return c, true, nil
	}
	c, err = p.Dial(ctx, now)
	return c, false, err
}

func (p *Pool) acquire(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrExhausted, context.Cause(ctx))
	case <-p.ctx.Done():
		return ErrClosed
	}
}

// TryTake is Take without waiting and without dialing: it returns nil if
// there is no idle connection at hand.
func (p *Pool) TryTake(now time.Time) (*Conn, error) {
	select {
	case p.slots <- struct{}{}:
	default:
		return nil, nil
	}
	c, err := p.reuse(now)
	if c == nil {
		<-p.slots
	}
	return c, err
}

// reuse returns an idle connection that is alive, nil if there is none.
func (p *Pool) reuse(now time.Time) (*Conn, error) {
	for {
		c, err := p.pop(now)
		if c == nil || err != nil {
			return nil, err
		}
		if now.Sub(c.used) < freshFor || c.Alive() {
			return c, nil
		}
		c.Close()
	}
}

// pop takes the last used connection, if any is young enough.
func (p *Pool) pop(now time.Time) (*Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	for n := len(p.idle); n > 0; n = len(p.idle) {
		c := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		if now.Sub(c.opened) < p.cfg.MaxAge {
			return c, nil
		}
		c.Close()
	}
	return nil, nil
}

// Dial replaces a connection that Take returned and that turned out dead: the
// caller has closed it, and the new one takes its place under the cap. If it
// fails, the place is free again.
func (p *Pool) Dial(ctx context.Context, now time.Time) (*Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	conn, err := p.dial(ctx)
	if err != nil {
		<-p.slots
		return nil, err
	}
	c := &Conn{Conn: conn, pool: p, opened: now, used: now}
	p.every.Lock()
	p.open[c] = struct{}{}
	p.every.Unlock()
	if p.ctx.Err() != nil { // looked at after c can be found by Abort
		p.Discard(c)
		return nil, ErrClosed
	}
	return c, nil
}

func (p *Pool) forget(c *Conn) {
	p.every.Lock()
	defer p.every.Unlock()
	delete(p.open, c)
}

// Put returns a connection on which a call has ended well.
func (p *Pool) Put(c *Conn, now time.Time) {
	c.used = now
	p.mu.Lock()
	keep := !p.closed && len(p.idle) < p.cfg.MaxIdle
	if keep {
		p.idle = append(p.idle, c)
		if p.sweep == nil {
			p.sweep = time.AfterFunc(p.cfg.IdleTimeout, p.evict)
		}
	}
	p.mu.Unlock()
	if !keep {
		c.Close()
	}
	<-p.slots
}

// Discard closes a connection whose state is unknown.
func (p *Pool) Discard(c *Conn) {
	c.Close()
	<-p.slots
}

// evict closes what has been idle for too long and arranges to come back for
// the rest.
func (p *Pool) evict() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	now := time.Now()
	n := 0
	for n < len(p.idle) && now.Sub(p.idle[n].used) >= p.cfg.IdleTimeout {
		p.idle[n].Close()
		n++
	}
	kept := copy(p.idle, p.idle[n:])
	clear(p.idle[kept:])
	p.idle = p.idle[:kept]
	if kept == 0 {
		p.sweep = nil
		return
	}
	p.sweep.Reset(p.cfg.IdleTimeout - now.Sub(p.idle[0].used))
}

// Open returns the number of connections that are in use or being made.
func (p *Pool) Open() int { return len(p.slots) }

// Conns returns the number of connections, idle ones included.
func (p *Pool) Conns() int {
	p.every.Lock()
	defer p.every.Unlock()
	return len(p.open)
}

// Abort is Close that also closes the connections in use, and ends those being
// made.
func (p *Pool) Abort() {
	p.Close()
	p.abort()
	p.every.Lock()
	open := slices.Collect(maps.Keys(p.open))
	p.every.Unlock()
	for _, c := range open {
		c.Close()
	}
}

// Close closes the idle connections; those in use are closed when they come
// back.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	if p.sweep != nil {
		p.sweep.Stop()
	}
	for _, c := range p.idle {
		c.Close()
	}
	p.idle = nil
}
