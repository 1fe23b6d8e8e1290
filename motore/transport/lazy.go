package transport

import (
	"errors"
	"os"
	"sync"
	"time"
)

// A lazyDeadline is a deadline that is moved for every call and hardly ever
// passes. Moving the runtime's timer costs more than all else that an exchange
// does outside the kernel; so the timer is only ever moved to an earlier time,
// and when it goes off too early it is set to what is wanted by then:
//
//	set(t)            wanted ◄ t; armed ◄ t if that is earlier
//	an op fails with a deadline exceeded
//	  wanted is past    it has passed
//	  else              armed ◄ wanted, and the op is tried again
type lazyDeadline struct {
	arm func(time.Time) error // sets the real one

	mu            sync.Mutex
	wanted, armed time.Time // zero: none
}

func (d *lazyDeadline) set(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = t
	if t.IsZero() || !d.armed.IsZero() && !t.Before(d.armed) {
		return nil
	}
	d.armed = t
	return d.arm(t)
}

// clear disarms it as well.
func (d *lazyDeadline) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted, d.armed = time.Time{}, time.Time{}
	d.arm(time.Time{})
}

// early reports whether err says that the real deadline has passed although
// the wanted one has not. Then the operation may be tried again.
func (d *lazyDeadline) early(err error) bool {
	if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.wanted.IsZero() && !time.Now().Before(d.wanted) {
		return false
	}
	d.armed = d.wanted
	return d.arm(d.armed) == nil
}
