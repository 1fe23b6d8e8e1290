package vologrpc

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// peers holds the peers of a client by address. They are made when first
// called and kept until discovery drops the address or the client is closed.
type peers struct {
	core *clientCore

	byAddress sync.Map // rpc.Address → *peer
	// only is the peer of a client with a fixed address, which nobody drops.
	only atomic.Pointer[peer]

	mu      sync.Mutex
	retired []*peer       // dropped, with calls that still run
	past    Calls         // of those that are gone altogether
	serial  atomic.Uint64 // of the newest line or connection
	closed  bool
}

func (p *peers) get(addr rpc.Address) (*peer, error) {
	if only := p.only.Load(); only != nil && only.lines[0].addr == addr {
		return only, nil
	}
	if found, ok := p.byAddress.Load(addr); ok {
		return found.(*peer), nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClientClosed
	}
	if found, ok := p.byAddress.Load(addr); ok {
		return found.(*peer), nil
	}
	made := newPeer(p.core, addr)
	p.byAddress.Store(addr, made)
	if addr == p.core.callee.Address {
		p.only.Store(made)
	}
	return made, nil
}

// each calls f with every peer that is not retired.
func (p *peers) each(f func(*peer)) {
	p.byAddress.Range(func(_, made any) bool {
		f(made.(*peer))
		return true
	})
}

// drop retires the peer of an address that is no instance any more.
func (p *peers) drop(addr rpc.Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.retired = slices.DeleteFunc(p.retired, func(old *peer) bool {
		if !old.ended() {
			return false
		}
		p.past.add(old.calls())
		return true
	})
	if found, ok := p.byAddress.LoadAndDelete(addr); ok {
		found.(*peer).retire()
		p.retired = append(p.retired, found.(*peer))
	}
}

func (p *peers) close() {
	p.mu.Lock()
	p.closed = true
	all := p.retired
	p.mu.Unlock()
	p.each(func(made *peer) { all = append(all, made) })
	for _, made := range all {
		made.close()
	}
}

// A peer is a client's way to one instance: a few connections, over which
// calls are spread in turn.
type peer struct {
	next  atomic.Uint32
	lines []line
}

func newPeer(c *clientCore, addr rpc.Address) *peer {
	p := &peer{lines: make([]line, c.o.connections)}
	for i := range p.lines {
		p.lines[i].core, p.lines[i].addr, p.lines[i].id = c, addr, c.peers.serial.Add(1)
	}
	return p
}

// acquire returns a usable connection; it makes one if there is none.
func (p *peer) acquire(until bound, wait bool) (*http2.Client, error) {
	l := &p.lines[0]
	if len(p.lines) > 1 {
		l = &p.lines[p.next.Add(1)%uint32(len(p.lines))]
	}
	return l.acquire(until, wait)
}

func (p *peer) retire() {
	for i := range p.lines {
		p.lines[i].retire()
	}
}

// ended reports that nothing is left after retire.
func (p *peer) ended() bool {
	for i := range p.lines {
		if !p.lines[i].ended() {
			return false
		}
	}
	return true
}

func (p *peer) close() {
	for i := range p.lines {
		p.lines[i].close()
	}
}
