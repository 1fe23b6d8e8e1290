// Package pool keeps connections to one address for ping-pong calls, each of
// which has a connection to itself while it runs.
package pool

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-thrift/internal/lending"
)

var (
	// ErrClosed is returned by Take after Close.
	ErrClosed = errors.New("connection pool is closed")
	// ErrExhausted is returned by Take when the cap on open connections was
	// reached and none came free while the caller could wait.
	ErrExhausted = errors.New("all connections are in use (see PoolConfig.MaxOpen) and none came free")
)

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
	Seq     int32  // last sequence id used
	Buffer  []byte // scratch for reading, kept between calls
	Lending lending.Lending

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
	cfg  Config
	dial func(context.Context) (*transport.Conn, error)

	mu      sync.Mutex
	taken   int       // connections in use or being made
	waiting list.List // of chan struct{}, each closed when it is a taker's turn
	idle    []*Conn   // oldest use first
	closed  bool
	sweep   *time.Timer // runs while there are idle connections

	ctx   context.Context // done after Abort
	abort context.CancelFunc
	every sync.Mutex
	open  map[*Conn]struct{} // idle or in use, for Abort
}

// New returns an empty pool that opens connections with dial.
func New(cfg Config, dial func(context.Context) (*transport.Conn, error)) *Pool {
	p := &Pool{cfg: cfg, dial: dial, open: make(map[*Conn]struct{})}
	p.ctx, p.abort = context.WithCancel(context.Background())
	return p
}

// Take returns a connection for one call; reused says whether it has served
// one before. While the cap is reached it waits until ctx is done. Every
// connection taken is given back by [Pool.Put] or [Pool.Discard].
func (p *Pool) Take(ctx context.Context, now time.Time) (c *Conn, reused bool, err error) {
	c, ok, err := p.take(now)
	if !ok && err == nil {
		if err = p.wait(ctx); err == nil {
			c, err = p.next(now)
		}
	}
	if c != nil || err != nil {
		return c, c != nil, err
	}
	c, err = p.Dial(ctx, now)
	return c, false, err
}

// TryTake is Take without waiting and without dialing: it returns nil if
// there is no idle connection at hand.
func (p *Pool) TryTake(now time.Time) (*Conn, error) {
	c, ok, err := p.take(now)
	if ok && c == nil {
		p.free()
	}
	return c, err
}

// take takes a place under the cap, if one is free, and an idle connection, if
// there is one.
func (p *Pool) take(now time.Time) (c *Conn, ok bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, false, ErrClosed
	case p.taken == p.cfg.MaxOpen:
		return nil, false, nil
	}
	p.taken++
	return p.pop(now), true, nil
}

// wait waits for a place under the cap.
func (p *Pool) wait(ctx context.Context) (err error) {
	p.mu.Lock()
	if p.taken < p.cfg.MaxOpen {
		p.taken++
		p.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	place := p.waiting.PushBack(turn)
	p.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = fmt.Errorf("%w: %w", ErrExhausted, context.Cause(ctx))
	case <-p.ctx.Done():
		err = ErrClosed
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-turn:
		p.release() // it came too late
	default:
		p.waiting.Remove(place)
	}
	return err
}

// free gives a place under the cap to whoever waits for longest.
func (p *Pool) free() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.release()
}

// release is free for a caller that holds mu.
func (p *Pool) release() {
	if first := p.waiting.Front(); first != nil {
		close(p.waiting.Remove(first).(chan struct{}))
		return
	}
	p.taken--
}

// next is take for whoever has a place, and loses it by an error.
func (p *Pool) next(now time.Time) (*Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.release()
		return nil, ErrClosed
	}
	return p.pop(now), nil
}

// pop takes the last used connection, if any is young enough. The caller holds
// mu.
func (p *Pool) pop(now time.Time) *Conn {
	for n := len(p.idle); n > 0; n = len(p.idle) {
		c := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		if now.Sub(c.opened) < p.cfg.MaxAge {
			return c
		}
		c.Close()
	}
	return nil
}

// Dial replaces a connection that Take returned and that turned out dead: the
// caller has closed it, and the new one takes its place under the cap. If it
// fails, the place is free again.
func (p *Pool) Dial(ctx context.Context, now time.Time) (*Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()
	made := false
	defer func() { // also when dial panics
		if !made {
			p.free()
		}
	}()
	conn, err := p.dial(ctx)
	if err != nil {
		return nil, err
	}
	made = true
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
	if !p.keep(c, now) {
		p.Discard(c)
	}
}

// keep reports whether c waits for another call.
func (p *Pool) keep(c *Conn, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= p.cfg.MaxIdle {
		return false
	}
	c.used = now
	p.idle = append(p.idle, c)
	if p.sweep == nil {
		p.sweep = time.AfterFunc(p.cfg.IdleTimeout, p.evict)
	}
	p.release()
	return true
}

// Discard closes a connection whose state is unknown.
func (p *Pool) Discard(c *Conn) {
	c.Close()
	p.free()
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
func (p *Pool) Open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.taken
}

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
