package http2

import (
	"context"
	"time"
)

// An alarm is the one timer of a connection for the deadlines of all unary calls.
// It is set for the earliest and left alone when that call is answered: it may
// go off for nobody, about once in the time that calls have. A timer for each
// call, started and stopped, would cost more than half a microsecond, and wake a
// thread of the runtime each time that all others sleep. Guarded by conn.mu.
type alarm struct {
	timer *time.Timer // nil until first needed
	at    time.Time   // when it goes off; zero if it is not set
}

// Calls that run out of time within it are told together.
const alarmStep = time.Millisecond

// wake has the alarm go off at t, unless it goes off before. The caller holds
// conn.mu.
func (c *conn) wake(t time.Time) {
	a := &c.alarm
	if !a.at.IsZero() && !t.Before(a.at) {
		return
	}
	a.at = t
	d := time.Until(t)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, c.expire)
		return
	}
	a.timer.Reset(d)
}

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}

// expire tells the receivers that have no more time.
func (c *conn) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.alarm.at = time.Time{}
	var next time.Time
	for _, s := range c.streams {
		switch {
		case s.until.IsZero() || s.late.Load():
		case !now.Before(s.until):
			// Under the lock: a stream that is off the table may be another
			// call's at any time.
			s.late.Store(true)
			s.notify()
		case next.IsZero() || s.until.Before(next):
			next = s.until
		}
	}
	if next.IsZero() {
		return
	}
	if soon := now.Add(alarmStep); next.Before(soon) {
		next = soon
	}
	c.wake(next)
}

// await waits until something has changed. It may return without that.
func (s *ClientStream) await(until Bound) error {
	if until.Deadline != s.until {
		return s.c.await(s.wake, until) // not the call's deadline, on which the alarm is set
	}
	if s.late.Load() {
		return context.DeadlineExceeded
	}
	if until.Done == nil {
		<-s.wake
		return nil
	}
	select {
	case <-s.wake:
		return nil
	case <-until.Done:
		return context.Canceled
	}
}
