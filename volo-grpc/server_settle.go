package vologrpc

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"
)

// settleTime is how long a connection that was accepted just before its
// listener closes has for its handshake and its first bytes.
const settleTime = time.Second

// settle closes the listeners, and waits until all connections that they have
// got have come to us: one that is dropped then may have a request on it.
func (s *Server) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	s.mu.Lock()
	listeners := slices.Collect(maps.Keys(s.listeners))
	s.mu.Unlock()
	var settling sync.WaitGroup
	for _, l := range listeners {
		settling.Go(func() { l.Settle(ctx) })
	}
	settling.Wait()
}

// withdraw begins to deregister, unless another process is registered in our
// place.
func (s *Server) withdraw() {
	if s.o.restarter.Replaced() {
		s.announcer.HandOver()
		return
	}
	s.announcer.Withdraw()
}
