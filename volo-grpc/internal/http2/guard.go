package http2

import "time"

// A guard notices a peer that keeps us busy with what costs it nothing: floods
// of SETTINGS, PING, empty DATA and the like, and streams that end as soon as
// they begin, because the peer resets them (CVE-2023-44487) or makes us do it
// (CVE-2025-8671). It belongs to the reader's goroutine.
//
// Cheap frames are measured against useful ones: gRPC peers that probe the path
// send a PING and a WINDOW_UPDATE for every message.
type guard struct {
	frames bucket
	resets bucket
}

const (
	frameBurst, framesPerSecond = 5000, 1000
	framesPerUse                = 8
	perUse                      = 4 << 10 // bytes sent that count as one more use

	resetBurst, resetsPerSecond = 500, 100
	resetsPerUse                = 1
	// young is the age below which a stream that the peer resets counts.
	young = 10 * time.Millisecond
)

// A bucket holds what has come, and drains with time and use.
type bucket struct {
	level int
	since time.Time // when it was drained last
	use   int64     // at that time
}

// add reports whether the bucket overflows. The clock and use, a count that
// only rises, are read only when it is full.
func (b *bucket) add(capacity, perSecond, perUse int, use func() int64) bool {
	if b.level++; b.level <= capacity {
		return false
	}
	now, used := time.Now(), use()
	if b.since.IsZero() {
		b.since, b.use, b.level = now, used, 0 // whatever time the first filling took
		return false
	}
	drained := now.Sub(b.since).Seconds()*float64(perSecond) + float64(used-b.use)*float64(perUse)
	b.since, b.use = now, used
	if drained >= float64(b.level) {
		b.level = 0
	} else {
		b.level -= int(drained)
	}
	return b.level > capacity
}

// cheap counts a frame that is of no use by itself.
func (c *conn) cheap() error {
	if c.guard.frames.add(frameBurst, framesPerSecond, framesPerUse, c.use) {
		return &ConnError{Code: EnhanceYourCalm, Reason: "too many frames without use"}
	}
	return nil
}

// use counts the frames of calls, both ways.
func (c *conn) use() int64 { return c.useful + c.sent.Load() }

// wasted counts a stream that ended as soon as it had begun.
func (c *conn) wasted() error {
	if c.guard.resets.add(resetBurst, resetsPerSecond, resetsPerUse, c.completed) {
		return &ConnError{Code: EnhanceYourCalm, Reason: "too many streams opened and reset"}
	}
	return nil
}

// completed counts the streams that ended in order.
func (c *conn) completed() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.orderly
}
