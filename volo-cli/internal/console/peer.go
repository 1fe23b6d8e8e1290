package console

import (
	"context"
	"errors"
	"sync"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// peers holds the peer that is called now, opened when it is first needed, and
// the ones before it for as long as somebody uses them.
type peers struct {
	open func(context.Context) (*invoke.Peer, error)

	opening sync.Mutex // held while a peer is opened, so that it happens once

	mu     sync.Mutex
	now    *lease
	closed bool
}

// A lease is a peer and how many use it: calls, and peers itself while it is
// the one of now.
type lease struct {
	*invoke.Peer
	users int
}

var errClosed = errors.New("console: closed")

// use returns the peer, and what to call when it is no longer used.
func (p *peers) use(ctx context.Context) (*invoke.Peer, func() error, error) {
	if l := p.current(); l != nil {
		return l.Peer, func() error { return p.leave(l) }, nil
	}
	p.opening.Lock()
	defer p.opening.Unlock()
	if l := p.current(); l != nil {
		return l.Peer, func() error { return p.leave(l) }, nil
	}
	peer, err := p.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, errors.Join(errClosed, peer.Close())
	}
	l := &lease{peer, 2}
	p.now = l
	return peer, func() error { return p.leave(l) }, nil
}

func (p *peers) current() *lease {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != nil {
		p.now.users++
	}
	return p.now
}

func (p *peers) leave(l *lease) error {
	p.mu.Lock()
	l.users--
	last := l.users == 0
	p.mu.Unlock()
	if last {
		return l.Close()
	}
	return nil
}

// forget has the next use open another peer.
func (p *peers) forget() error {
	p.mu.Lock()
	l := p.now
	p.now = nil
	p.mu.Unlock()
	if l == nil {
		return nil
	}
	return p.leave(l)
}

func (p *peers) close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	return p.forget()
}
