package loadbalance

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/discovery"
)

// An ejector decides who is out. It lives as long as the service is watched,
// while Pickers come and go.
type ejector struct {
	clock
	balancer Balancer
	config   EjectConfig

	window atomic.Int64 // when the counts began, a time of clock

	mu      sync.Mutex
	book    book[health]
	current *ejecting
}

// A health is what is known of an instance.
type health struct {
	// Zero: the instance is in. Positive: it is out until then. Negative: it
	// is on trial, and so much later another call may be.
	standing atomic.Int64

	row       atomic.Int32  // faulty calls in a row
	good, bad atomic.Uint32 // calls of this window

	// Written under ejector.mu.
	times atomic.Int32 // that it was ejected lately
	since atomic.Int64 // when it was let in again, a time of clock

	_ [24]byte // instances do not share a cache line
}

// over returns when the instance may be tried, for one that is not in.
func over(standing int64) time.Duration { return time.Duration(max(standing, -standing)) }

// forgiven returns how often the instance was ejected, as far as that is not
// forgotten.
func (e *ejector) forgiven(h *health, now time.Duration) int {
	if h.standing.Load() != 0 {
		return int(h.times.Load())
	}
	return max(0, int(h.times.Load())-int((now-time.Duration(h.since.Load()))/e.config.Interval))
}

// matters reports whether to remember an instance that is not listed.
func (e *ejector) matters(h *health, now time.Duration) bool {
	if standing := h.standing.Load(); standing != 0 {
		return now < over(standing)+e.config.Max
	}
	return e.forgiven(h, now) > 0
}

// picker returns the Picker of a snapshot.
func (e *ejector) picker(before Picker, instances []discovery.Instance) *ejecting {
	p := &ejecting{ejector: e, instances: instances, inner: tell(renew(e.balancer, before, instances))}
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.now()
	e.book, p.healths = e.book.renew(instances, func(h *health) bool { return e.matters(h, now) })
	p.list()
	e.current = p
	return p
}

// full reports whether nobody else may be ejected.
func (p *ejecting) full() bool {
	return len(p.out())*100 >= p.config.MaxPercent*len(p.instances)
}

// eject takes h, of an instance of p, out. The caller holds mu.
func (p *ejecting) eject(h *health, now time.Duration, reason string) {
	e := p.ejector
	i := -1
	for k := range e.current.healths {
		if e.current.healths[k] == h {
			i = k
		}
	}
	standing := h.standing.Load()
	if i < 0 || standing > 0 || standing == 0 && e.current.full() {
		return
	}
	times := e.forgiven(h, now) + 1
	d := e.config.Max
	if time.Duration(times) < d/e.config.Base {
		d = e.config.Base * time.Duration(times)
	}
	h.times.Store(int32(times))
	h.row.Store(0)
	h.standing.Store(int64(now + d))
	e.current.list()
	e.tell(Ejection{e.current.instances[i], d, times, reason})
}

func (e *ejector) tell(x Ejection) {
	if e.config.Changed != nil {
		e.config.Changed(x)
	}
}

// fault takes a faulty call into account.
func (p *ejecting) fault(i int) {
	h, c := p.healths[i], &p.config
	h.bad.Add(1)
	row := int(h.row.Add(1))
	now := p.now()
	switch {
	case h.standing.Load() < 0:
		p.mu.Lock()
		if h.standing.Load() < 0 {
			p.eject(h, now, "a faulty call on trial")
		}
		p.mu.Unlock()
	case c.Consecutive > 0 && row >= c.Consecutive && h.standing.Load() == 0 && !p.full():
		p.mu.Lock()
		p.eject(h, now, fmt.Sprintf("%d faulty calls in a row", row))
		p.mu.Unlock()
	}
	if now-time.Duration(p.window.Load()) >= c.Interval {
		p.judge(now)
	}
}

// restore lets an instance in whose trial went well.
func (p *ejecting) restore(i int) {
	h := p.healths[i]
	p.mu.Lock()
	defer p.mu.Unlock()
	if h.standing.Load() >= 0 {
		return
	}
	h.since.Store(int64(p.now()))
	h.good.Store(0)
	h.bad.Store(0)
	h.standing.Store(0)
	p.ejector.current.list()
	p.tell(Ejection{Instance: p.instances[i], Times: int(h.times.Load())})
}

// A count is what an instance did in a window.
type count struct {
	health    *health
	good, bad float64
}

// judge ends a window, unless it has just begun. Windows end with a faulty
// call: without one, nobody could be ejected. One that is much too long says
// little about now, and is only ended.
func (p *ejecting) judge(now time.Duration) {
	e := p.ejector
	e.mu.Lock()
	defer e.mu.Unlock()
	length := now - time.Duration(e.window.Load())
	if length < e.config.Interval {
		return
	}
	e.window.Store(int64(now))
	counts := make([]count, len(e.current.healths))
	for i, h := range e.current.healths {
		counts[i] = count{h, float64(h.good.Swap(0)), float64(h.bad.Swap(0))}
	}
	if length >= 2*e.config.Interval {
		return
	}
	p.judgeSuccess(counts, now)
	p.judgeFailure(counts, now)
}

// tolerated is the part of answered calls that is good enough at any rate.
const tolerated = 0.95

// judgeSuccess is gRFC A50, "Success Rate Algorithm".
func (p *ejecting) judgeSuccess(counts []count, now time.Duration) {
	c := p.config.SuccessRate
	counts = loaded(counts, c.Calls)
	if c.Deviations < 0 || len(counts) < c.Hosts {
		return
	}
	var sum, squares float64
	for _, n := range counts {
		sum += n.rate()
	}
	mean := sum / float64(len(counts))
	for _, n := range counts {
		squares += (n.rate() - mean) * (n.rate() - mean)
	}
	least := mean - c.Deviations*math.Sqrt(squares/float64(len(counts)))
	for _, n := range counts {
		if n.rate() < min(least, tolerated) && n.health.standing.Load() == 0 {
			p.eject(n.health, now, fmt.Sprintf("%.1f%% of calls answered, %.1f%% by all", 100*n.rate(), 100*mean))
		}
	}
}

// judgeFailure is gRFC A50, "Failure Percentage Algorithm".
func (p *ejecting) judgeFailure(counts []count, now time.Duration) {
	c := p.config.FailureRate
	counts = loaded(counts, c.Calls)
	if c.Percent < 0 || len(counts) < c.Hosts {
		return
	}
	for _, n := range counts {
		if faulty := 100 * (1 - n.rate()); faulty > float64(c.Percent) && n.health.standing.Load() == 0 {
			p.eject(n.health, now, fmt.Sprintf("%.1f%% of calls faulty", faulty))
		}
	}
}

func (n count) rate() float64 { return n.good / (n.good + n.bad) }

// loaded returns the counts of at least so many calls.
func loaded(counts []count, calls int) []count {
	var enough []count
	for _, n := range counts {
		if n.good+n.bad >= float64(calls) {
			enough = append(enough, n)
		}
	}
	return enough
}
