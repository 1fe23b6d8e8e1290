package multiplex

import (
	"context"
	"time"
)

// An alarm is the one timer of a connection, for the deadlines of all calls and for
// silence. It is set for the earliest and left alone when that call is answered: it may go off
// for nobody, about once in the time that calls have. A timer for each call,
// started and stopped, would wake a thread of the runtime each time that all
// others sleep. Guarded by Conn.mu.
type alarm struct {
	timer *time.Timer // nil until first needed
	at    time.Time   // when it goes off; zero if it is not set
}

// Calls that run out of time within it are told together.
const alarmStep = time.Millisecond

// Limit has w told when it has run out of time.
func (c *Conn) Limit(w *Waiter, deadline time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *c.slot(w.seq) != w {
		return // it has its answer
	}
	w.until = deadline
	if c.alarm.at.IsZero() || deadline.Before(c.alarm.at) {
		c.set(deadline)
	}
}

// set has the alarm go off at t. The caller holds mu.
func (c *Conn) set(t time.Time) {
	c.alarm.at = t
	d := time.Until(t)
	if c.alarm.timer == nil {
		c.alarm.timer = time.AfterFunc(d, c.expire)
		return
	}
	c.alarm.timer.Reset(d)
}

// expire ends the calls that have no more time, and the use of a connection that
// is silent.
func (c *Conn) expire() {
	c.mu.Lock()
	now := time.Now()
	c.alarm.at = time.Time{}
	var late []*Waiter
	var next time.Time
	for _, w := range c.waiters {
		switch {
		case w == nil || w.until.IsZero():
		case !now.Before(w.until):
			c.silence.count(w, now)
			late = append(late, c.remove(w.seq))
		case next.IsZero() || w.until.Before(next):
			next = w.until
		}
	}
	dead := false
	if t := c.silence.deadAt(); !t.IsZero() && c.err == nil {
		dead = !now.Before(t)
		if !dead && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	if !next.IsZero() {
		if soon := now.Add(alarmStep); next.Before(soon) {
			next = soon
		}
		c.set(next)
	}
	last := c.draining && c.inflight == 0
	c.mu.Unlock()
	if last {
		c.conn.Close()
	} else if dead {
		c.Retire()
	}
	for _, w := range late {
		w.err = context.DeadlineExceeded
		w.ready <- struct{}{}
	}
}
