package volothrift

import (
	"context"
	"maps"
	"slices"
	"time"
)

// settleTime is how long a connection that was accepted just before its
// listener closes has for its handshake and its first bytes.
const settleTime = time.Second

// settle closes the listeners, and waits until what they had accepted has come
// to us: a connection that is dropped then may have a request on it.
func (s *Server) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	s.mu.Lock()
	listeners := slices.Collect(maps.Keys(s.listeners))
	s.mu.Unlock()
	for _, l := range listeners {
		l.Close()
	}
	for _, l := range listeners {
		l.Settle(ctx)
	}
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
