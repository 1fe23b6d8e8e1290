package http2

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"time"

	xhttp2 "golang.org/x/net/http2"
)

// pings of ours carry what they are for in their first byte.
const (
	pingAlive byte = iota + 1
	pingGoAway
	pingGauge
)

// ping answers a ping of the peer, or notes the answer to ours.
func (c *conn) ping(f *xhttp2.PingFrame) error {
	if f.IsAck() {
		switch {
		case f.Data[0] == pingGoAway && c.server && c.drained():
			c.depart()
		case f.Data[0] == pingGauge:
			c.gauged()
		}
		return nil
	}
	if err := c.cheap(); err != nil {
		return err
	}
	if c.server && c.strikes.strike(c) {
		return &ConnError{Code: EnhanceYourCalm, Reason: "too_many_pings"}
	}
	data := f.Data
	return c.reply(func(b []byte) []byte { return appendPing(b, data, true) })
}

// drained reports whether drain was called.
func (c *conn) drained() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.farewell.asked
}

func (c *conn) sendPing(what byte) {
	var data [8]byte
	binary.BigEndian.PutUint64(data[:], rand.Uint64())
	data[0] = what
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendPing(b, data, false))
	}
}

// strikes count pings that come too often. They are forgotten whenever frames
// of a call pass, in either direction, so that a peer which measures the path
// while it works is never sent away.
type strikes struct {
	n    int
	last time.Time
	use  int64 // at the last ping
}

func (s *strikes) strike(c *conn) bool {
	now := time.Now()
	least := c.cfg.Keepalive.MinTime
	if c.Idle() {
		least = c.cfg.Keepalive.MinTimeIdle
	}
	use := c.use()
	if use != s.use || s.last.IsZero() || now.Sub(s.last) >= least {
		s.n, s.use, s.last = 0, use, now
		return false
	}
	s.last = now
	s.n++
	return s.n > 2
}

// A keeper watches over a connection with one timer: it pings a silent peer,
// closes a dead one, and ends a server's connections that are idle or old.
type keeper struct {
	c *conn

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
	pings   int64 // to find out whether the peer is alive

	born time.Time
	age  time.Duration // at which the connection is drained; 0 for never

	// Times since it was born.
	heard   int64         // conn.heard when we last looked
	since   time.Duration // of the silence
	pinged  time.Duration // 0 unless an answer is awaited
	idle    time.Duration // when we last looked and there had been calls
	sent    int64         // conn.sent at that time
	drained time.Duration // when it was asked to end; 0 if it was not
}

// Spread returns d, 10 % more or less, so that connections which were made
// together do not end together.
func Spread(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}

// keep starts a keeper if there is anything to watch.
func (c *conn) keep() {
	k := c.cfg.Keepalive
	c.keeper = keeper{c: c, born: time.Now()}
	if k.MaxAge > 0 {
		c.keeper.age = Spread(k.MaxAge)
	}
	if d := c.keeper.period(); d > 0 {
		c.keeper.mu.Lock()
		c.keeper.timer = time.AfterFunc(d, c.keeper.look)
		c.keeper.mu.Unlock()
	}
}

// period is when it is worth looking again; 0 for never.
func (k *keeper) period() time.Duration {
	cfg := k.c.cfg.Keepalive
	var least time.Duration
	shorten := func(d time.Duration) {
		if d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	shorten(cfg.Time)
	if k.pinged != 0 {
		shorten(cfg.Timeout)
	}
	if k.c.server {
		shorten(cfg.MaxIdle)
		shorten(cfg.MaxAge)
	}
	if k.drained != 0 {
		shorten(cfg.MaxAgeGrace)
	}
	return max(least/4, min(least, time.Millisecond))
}

func (k *keeper) look() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return
	}
	now := time.Since(k.born)
	k.alive(now)
	if k.c.server {
		k.old(now)
	}
	k.timer.Reset(k.period())
}

func (k *keeper) alive(now time.Duration) {
	c, cfg := k.c, k.c.cfg.Keepalive
	if heard := c.heard.Load(); heard != k.heard {
		k.heard, k.since, k.pinged = heard, now, 0
		return
	}
	switch {
	case cfg.Time == 0:
	case k.pinged != 0:
		if now-k.pinged >= cfg.Timeout {
			c.closeWith(&ConnError{Err: errKeepalive})
		}
	case now-k.since >= cfg.Time && (c.server || cfg.WithoutStreams || !c.Idle()):
		k.pinged = now
		k.pings++
		c.sendPing(pingAlive)
	}
}

func (k *keeper) old(now time.Duration) {
	c, cfg := k.c, k.c.cfg.Keepalive
	if sent := c.sent.Load(); !c.Idle() || sent != k.sent {
		k.idle, k.sent = now, sent
	}
	switch {
	case k.drained != 0:
		if cfg.MaxAgeGrace > 0 && now-k.drained >= cfg.MaxAgeGrace {
			c.closeWith(&ConnError{Err: errMaxAge})
		}
	case k.age > 0 && now >= k.age,
		cfg.MaxIdle > 0 && now-k.idle >= cfg.MaxIdle:
		k.drained = now
		c.drain()
	}
}

func (k *keeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	if k.timer != nil {
		k.timer.Stop()
	}
}
