//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport

import (
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// This file is a pollConn's life as a net.Conn: reading, closing, deadlines.

func (p *pollConn) Read(b []byte) (int, error) { return p.read(b) }

func (p *pollConn) read(b []byte) (n int, err error) {
	if p.reading.expired.Load() {
		return 0, os.ErrDeadlineExceeded
	}
	if p.np.Reader().Len() > 0 { // also after the peer has closed
		n, err = p.np.Read(b)
		return n, plain(err)
	}
	err = p.reading.bound(func() error {
		n, err = p.np.Read(b)
		return err
	})
	return n, err
}

func (p *pollConn) Write(b []byte) (int, error) {
	if _, err := p.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (p *pollConn) Close() error         { return p.np.Close() }
func (p *pollConn) LocalAddr() net.Addr  { return p.local }
func (p *pollConn) RemoteAddr() net.Addr { return p.remote }

func (p *pollConn) SetDeadline(t time.Time) error {
	p.reading.set(t)
	p.writing.set(t)
	return nil
}

func (p *pollConn) SetReadDeadline(t time.Time) error {
	p.reading.set(t)
	return nil
}

func (p *pollConn) SetWriteDeadline(t time.Time) error {
	p.writing.set(t)
	return nil
}

// A deadline is one direction's. It acts only if somebody waits when it passes,
// or wants to afterwards.
type deadline struct {
	expire  func() // called when it passes while somebody waits
	waiting atomic.Bool
	expired atomic.Bool

	mu    sync.Mutex
	timer *time.Timer
	epoch int // counts calls of set, so that an old timer does nothing
}

func (d *deadline) set(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.epoch++; d.timer != nil {
		d.timer.Stop()
	}
	left := time.Until(t)
	switch {
	case t.IsZero():
		d.expired.Store(false)
	case left <= 0:
		d.pass()
	default:
		d.expired.Store(false)
		epoch := d.epoch
		d.timer = time.AfterFunc(left, func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.epoch == epoch {
				d.pass()
			}
		})
	}
}

func (d *deadline) pass() {
	d.expired.Store(true)
	if d.waiting.Load() {
		go d.expire()
	}
}

func (d *deadline) stop() { d.set(time.Time{}) }

// bound runs f, which waits, under the deadline.
func (d *deadline) bound(f func() error) error {
	d.waiting.Store(true)
	defer d.waiting.Store(false)
	if d.expired.Load() {
		return os.ErrDeadlineExceeded
	}
	err := f()
	if err != nil && d.expired.Load() {
		return os.ErrDeadlineExceeded
	}
	return plain(err)
}
