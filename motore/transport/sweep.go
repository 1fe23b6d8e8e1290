package transport

import (
	"math"
	"runtime"
	"time"
)

// maxTick is how often a listener looks at its connections, at least.
const maxTick = time.Second

// busy is what Conn.seen holds while Data runs.
const busy = math.MaxInt64

// sweep looks at all connections once per tick, and ends when there are none:
//
//   - one that was quiet for a whole tick is woken once, for the verifying
//     read that the fast path needs (see socket_unix.go);
//   - one that was idle for too long is closed, counted from its last bytes or
//     from the last tick at which its handler said that it was not;
//   - one of engine netpoll with too many unread bytes is closed.
//
// The connections pay for it with one store of the tick per Data, and read no
// clock.
func (l *Listener) sweep() {
	tick := maxTick
	if d := l.config.IdleTimeout; d > 0 {
		tick = min(max(d/4, time.Millisecond), maxTick)
	}
	idleTicks := int64(math.MaxInt64)
	if d := l.config.IdleTimeout; d > 0 {
		idleTicks = int64((d-1)/tick + 1)
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var due []*Conn
	for {
		select {
		case <-ticker.C:
		case <-l.quit:
		}
		now := l.tick.Add(1)
		l.mu.Lock()
		if len(l.conns) == 0 {
			l.sweeping = false
			l.changed.Broadcast()
			l.mu.Unlock()
			return
		}
		for _, c := range l.conns {
			if c.due(now) {
				due = append(due, c)
			}
		}
		l.mu.Unlock()
		for i, c := range due {
			c.tend(now, idleTicks)
			if i%64 == 63 {
				runtime.Gosched() // ten thousand that wake at once would delay requests
			}
		}
		clear(due)
		due = due[:0]
	}
}

// due reports whether tend has something to do.
func (c *Conn) due(now int64) bool {
	p, polled := c.s.(*pollConn)
	return c.seen.Load() < now-1 || polled && p.waiting() > c.owner.config.ReadLimit
}

// tend does to a quiet connection what is due at the tick now.
func (c *Conn) tend(now, idleTicks int64) {
	if p, ok := c.s.(*pollConn); ok && p.waiting() > c.owner.config.ReadLimit {
		c.closeFor(ErrReadLimit)
		return
	}
	seen := c.seen.Load()
	if seen == busy {
		return
	}
	if c.idleFor(now, seen, idleTicks) > idleTicks {
		c.closeFor(ErrIdle)
		return
	}
	if _, ok := c.s.(waker); ok && c.sweep.verified != seen {
		c.sweep.verified = seen
		c.s.(waker).wake()
	}
}

// idleFor returns for how many ticks a connection has been idle whose last bytes
// came at the tick seen; 0 if idle ones are not closed. A call that ends makes it
// no idler than its bytes would: what it leaves to write is still on its way.
func (c *Conn) idleFor(now, seen, idleTicks int64) int64 {
	if idleTicks == math.MaxInt64 {
		return 0
	}
	if idler, ok := c.handler.(Idler); ok && !idler.Idle() {
		c.sweep.active = now
	}
	return now - max(seen, c.sweep.active)
}

// A waker is a stream that wants a quiet connection to be read once more.
type waker interface {
	wake()
}
