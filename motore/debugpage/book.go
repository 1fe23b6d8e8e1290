package debugpage

import (
	"cmp"
	"context"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/observe"
	"github.com/volo-go/volo/motore/rpc"
)

// A book is what is kept of calls.
type book struct {
	slow    time.Duration
	shelves [shelves]shelf
	next    atomic.Uint32
	methods sync.Map // method → *tally
	number  atomic.Int64

	mu     sync.Mutex // guards what follows
	failed ring
	late   ring
	pulse  pulse
}

// shelves is among how many locks the calls in flight are spread.
const shelves = 16

type shelf struct {
	mu     sync.Mutex
	flying map[*call]struct{}
	_      [40]byte // the next one's lock is on another cache line
}

// maxMethods is how many methods are told apart: on a server that takes calls
// of any method, peers make up their names.
const maxMethods = 1024

// A method is what calls are counted by.
type method struct {
	role                  rpc.Role
	system, service, name string
}

// A call is what is kept of one in flight.
type call struct {
	method
	book    *book
	shelf   *shelf
	tally   *tally
	started time.Time
	peer    rpc.Endpoint
}

func (b *book) init(c Config) {
	b.slow = c.Slow
	b.failed.calls, b.late.calls = make([]Call, c.Recent), make([]Call, c.Recent)
	for i := range b.shelves {
		b.shelves[i].flying = make(map[*call]struct{})
	}
}

// Begin puts a call on the page.
func (p *Page) Begin(ctx context.Context, info *rpc.Info, req observe.Request) (context.Context, observe.Ender) {
	b := &p.calls
	c := &call{
		method: method{info.Role, req.System(), info.Service, info.Method},
		book:   b, shelf: &b.shelves[b.next.Add(1)%shelves], started: time.Now(), peer: info.Callee,
	}
	if info.Role == rpc.Server {
		c.peer = info.Caller
	}
	c.tally = b.tally(c.method, info.Role == rpc.Server && !info.Unknown)
	c.shelf.mu.Lock()
	c.shelf.flying[c] = struct{}{}
	c.shelf.mu.Unlock()
	return ctx, c
}

// End takes it off, and keeps what was remarkable about it.
func (c *call) End(_ context.Context, end observe.End) {
	c.shelf.mu.Lock()
	delete(c.shelf.flying, c)
	c.shelf.mu.Unlock()
	c.tally.add(end)

	b := c.book
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pulse.beat(end.Start.Add(end.Duration), end.Err != nil)
	slow := end.Duration >= b.slow
	if end.Err == nil && !slow {
		return
	}
	ended := c.seen(end.Duration)
	ended.Outcome = end.Outcome.String()
	if end.Role == rpc.Client {
		ended.Peer = nameOf(end.Callee)
	}
	if end.Err != nil {
		ended.Error = clip(end.Err.Error())
		b.failed.add(ended)
	}
	if slow {
		b.late.add(ended)
	}
}

// clip bounds the text of an error: a page is no place for a novel.
func clip(s string) string {
	const most = 500
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// seen is what the page says of a call that has taken so long.
func (c *call) seen(took time.Duration) Call {
	return Call{
		Role: c.role.String(), System: c.system, Service: c.service, Method: c.name,
		Peer: nameOf(c.peer), Started: c.started, Seconds: took.Seconds(),
	}
}

// nameOf says who an endpoint is: its address, or where there is none its name.
func nameOf(e rpc.Endpoint) string {
	if e.Address.IsZero() {
		return e.Service
	}
	return e.Address.String()
}

// flying returns the calls in flight, the oldest first.
func (b *book) flying(now time.Time) []Call {
	calls := []Call{}
	for i := range b.shelves {
		s := &b.shelves[i]
		s.mu.Lock()
		for c := range s.flying {
			calls = append(calls, c.seen(now.Sub(c.started)))
		}
		s.mu.Unlock()
	}
	slices.SortFunc(calls, func(a, b Call) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return calls
}

// A ring keeps the last few calls.
type ring struct {
	calls []Call
	added int
}

func (r *ring) add(c Call) {
	r.calls[r.added%len(r.calls)] = c
	r.added++
}

// latest returns what is kept, the latest first.
func (r *ring) latest() []Call {
	calls := make([]Call, 0, min(r.added, len(r.calls)))
	for i := range cap(calls) {
		calls = append(calls, r.calls[(r.added-1-i)%len(r.calls)])
	}
	return calls
}

// A tally counts the calls of a method. Durations are counted by the power of
// two of their microseconds, and by halves of it.
type tally struct {
	ended   [rpc.Canceled + 1]atomic.Int64
	errors  atomic.Int64
	took    [2 * 40]atomic.Int64
	total   atomic.Int64 // nanoseconds
	longest atomic.Int64 // nanoseconds
}

// tally returns that of a method. Nobody's made-up names take the place of what
// a server has registered.
func (b *book) tally(m method, registered bool) *tally {
	if t, ok := b.methods.Load(m); ok {
		return t.(*tally)
	}
	if !registered && b.number.Load() >= maxMethods {
		m.service, m.name = "_OTHER", "_OTHER"
	}
	t, seen := b.methods.LoadOrStore(m, new(tally))
	if !seen && !registered {
		b.number.Add(1)
	}
	return t.(*tally)
}

func (t *tally) add(end observe.End) {
	t.ended[min(int(end.Outcome), len(t.ended)-1)].Add(1)
	if end.Err != nil {
		t.errors.Add(1)
	}
	t.took[slot(end.Duration)].Add(1)
	t.total.Add(int64(end.Duration))
	for {
		longest := t.longest.Load()
		if int64(end.Duration) <= longest || t.longest.CompareAndSwap(longest, int64(end.Duration)) {
			return
		}
	}
}

// slot returns where a duration is counted.
func slot(d time.Duration) int {
	us := uint64(max(d, 0) / time.Microsecond)
	power := bits.Len64(us)
	half := 0
	if power >= 2 && us>>(power-2)&1 == 1 {
		half = 1
	}
	return min(2*power+half, 2*40-1)
}

// bound returns the upper bound of a slot.
func bound(slot int) time.Duration {
	power, half := slot/2, slot%2
	if power < 2 {
		return time.Duration(power+1) * time.Microsecond
	}
	return time.Duration(3+half) << (power - 2) * time.Microsecond
}

// quantile returns what q of the durations are at most; never more than the
// longest of them.
func (t *tally) quantile(q float64) time.Duration {
	var n [2 * 40]int64
	var all int64
	for i := range n {
		n[i] = t.took[i].Load()
		all += n[i]
	}
	longest := time.Duration(t.longest.Load())
	rank := int64(q*float64(all)) + 1
	for i := range n {
		if rank -= n[i]; rank <= 0 {
			return min(bound(i), longest)
		}
	}
	return longest
}

// A pulse counts calls by the second in which they have ended.
type pulse struct {
	beats [pulseLength]Beat
	last  int64 // the second of the latest beat
}

// pulseLength is how many seconds are kept.
const pulseLength = 60

func (p *pulse) beat(at time.Time, failed bool) {
	p.advance(at)
	b := &p.beats[p.last%pulseLength]
	b.Calls++
	if failed {
		b.Failed++
	}
}

// advance clears the seconds that have passed without a call.
func (p *pulse) advance(to time.Time) {
	now := to.Unix()
	for s := max(p.last+1, now-pulseLength+1); s <= now; s++ {
		p.beats[s%pulseLength] = Beat{}
	}
	p.last = max(p.last, now)
}

// series returns the beats, the oldest first.
func (p *pulse) series(now time.Time) []Beat {
	p.advance(now)
	beats := make([]Beat, 0, pulseLength)
	for i := range int64(pulseLength) {
		beats = append(beats, p.beats[(p.last+1+i)%pulseLength])
	}
	return beats
}
