package http2

import "time"

// A guard notices a peer that keeps us busy with frames that cost it nothing:
// floods of SETTINGS, PING, empty DATA and the like, and streams that are
// opened only to be reset (CVE-2023-44487). It belongs to the reader's
// goroutine.
//
// Both are counted in buckets that drain with time; what honest peers do
// comes nowhere near.
type guard struct {
	frames bucket
	resets bucket
}

// A bucket holds what has come and drains at a rate per second.
type bucket struct {
	level int
	since time.Time
}

// add reports whether the bucket overflows. The clock is read only when it is
// nearly full.
func (b *bucket) add(capacity, perSecond int) bool {
	if b.level++; b.level <= capacity {
		return false
	}
	now := time.Now()
	if b.since.IsZero() {
		b.since = now // the first filling is free, whatever time it took
		b.level = 0
		return false
	}
	drained := int(now.Sub(b.since).Seconds() * float64(perSecond))
	b.since = now
	b.level -= min(drained, b.level)
	return b.level > capacity
}

const (
	frameBurst, framesPerSecond = 5000, 1000
	resetBurst, resetsPerSecond = 500, 100
)

func (g *guard) cheap() error {
	if g.frames.add(frameBurst, framesPerSecond) {
		return &ConnError{Code: EnhanceYourCalm, Reason: "too many frames without use"}
	}
	return nil
}

func (g *guard) reset() error {
	if g.resets.add(resetBurst, resetsPerSecond) {
		return &ConnError{Code: EnhanceYourCalm, Reason: "too many streams opened and reset"}
	}
	return nil
}
