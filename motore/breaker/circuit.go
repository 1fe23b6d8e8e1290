package breaker

import (
	"math"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A State is that of a circuit.
type State uint8

// The states.
const (
	Closed   State = iota // calls pass
	HalfOpen              // a few calls pass, as probes
	Open                  // none passes
)

var stateNames = [...]string{Closed: "closed", HalfOpen: "half-open", Open: "open"}

// String returns the state's name in lower case.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "state " + strconv.Itoa(int(s))
}

const closed = uint32(Closed)

// forever is as long as a circuit stays open, more or less, at most.
const forever = time.Duration(math.MaxInt64 / 2)

// A circuit is that of one key.
type circuit struct {
	key    Key
	config *Config
	window window

	// state is written with mu held and read without.
	state       atomic.Uint32
	consecutive atomic.Int32 // failures while closed
	used        atomic.Int64 // the window's tick at which it was last counted

	mu        sync.Mutex
	opens     int       // in a row, without being closed in between
	until     time.Time // when an open one lets probes pass
	probing   int       // probes under way while half-open
	probedAt  time.Time // when the last of them began
	successes int
	cause     Tally // what opened it
}

// A Tally is what a circuit has counted.
type Tally struct{ Calls, Failures int }

func newCircuit(key Key, c *Config) *circuit {
	return &circuit{key: key, config: c, window: newWindow(c.Window)}
}

// count notes how a call through a closed circuit ended.
func (c *circuit) count(o rpc.Outcome) {
	if o == rpc.Canceled || o == rpc.Rejected {
		return
	}
	tick := c.window.tick()
	if c.used.Load() != tick {
		c.used.Store(tick)
	}
	if !o.Faulty() {
		c.window.add(tick, false)
		if c.consecutive.Load() != 0 {
			c.consecutive.Store(0)
		}
		return
	}
	c.window.add(tick, true)
	row := int(c.consecutive.Add(1))
	tally := c.window.sum(tick)
	if c.config.Consecutive > 0 && row >= c.config.Consecutive ||
		tally.Calls >= c.config.MinCalls && float64(tally.Failures) >= c.config.Ratio*float64(tally.Calls) {
		c.trip(tally)
	}
}

// trip opens a circuit that was closed.
func (c *circuit) trip(why Tally) {
	c.mu.Lock()
	if State(c.state.Load()) != Closed {
		c.mu.Unlock() // a call from before; another one has tripped it
		return
	}
	c.cause = why
	change := c.open()
	c.mu.Unlock()
	c.tell(change)
}

// open is called with mu held.
func (c *circuit) open() Change {
	change := Change{Key: c.key, From: State(c.state.Load()), To: Open, Tally: c.cause}
	d := c.config.MaxOpenTime
	if times := min(c.opens, 30); c.config.OpenTime <= d>>times {
		d = c.config.OpenTime << times
	}
	d = time.Duration(float64(min(d, forever)) * (0.8 + 0.4*rand.Float64()))
	c.opens++
	c.until = time.Now().Add(d)
	change.Until = c.until
	c.state.Store(uint32(Open))
	return change
}

// admit returns nil if a call may pass as a probe, and the error that it fails
// with otherwise.
func (c *circuit) admit() *Error {
	c.mu.Lock()
	now := time.Now()
	var change Change
	switch state := State(c.state.Load()); {
	case state == Open && now.Before(c.until), state == HalfOpen && !c.room(now):
		err := &Error{Key: c.key, State: state, Tally: c.cause, Until: c.until}
		if state == HalfOpen {
			err.Until = now
		}
		c.mu.Unlock()
		return err
	case state == Open:
		c.probing, c.successes = 0, 0
		c.state.Store(uint32(HalfOpen))
		change = Change{Key: c.key, From: Open, To: HalfOpen}
	}
	c.probing++
	c.probedAt = now
	c.mu.Unlock()
	c.tell(change)
	return nil
}

// room reports whether a half-open circuit lets another probe pass. Probes
// that have not come back for as long as a circuit stays open are given up.
func (c *circuit) room(now time.Time) bool {
	if c.probing >= c.config.Probes && now.Sub(c.probedAt) >= c.config.MaxOpenTime {
		c.probing = 0
	}
	return c.probing < c.config.Probes
}

// probed notes how a probe ended.
func (c *circuit) probed(o rpc.Outcome) {
	c.mu.Lock()
	c.probing = max(c.probing-1, 0)
	var change Change
	switch {
	case State(c.state.Load()) != HalfOpen, o == rpc.Canceled, o == rpc.Rejected:
		// Another probe has decided, or this one says nothing.
	case o.Faulty():
		change = c.open()
	default:
		if c.successes++; c.successes >= c.config.Successes {
			change = Change{Key: c.key, From: HalfOpen, To: Closed}
			c.opens = 0
			c.window.clear()
			c.consecutive.Store(0)
			c.used.Store(c.window.tick())
			c.state.Store(closed)
		}
	}
	c.mu.Unlock()
	c.tell(change)
}

func (c *circuit) tell(change Change) {
	if change.From != change.To && c.config.Changed != nil {
		c.config.Changed(change)
	}
}

// status is what an observer sees.
func (c *circuit) status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Status{Key: c.key, State: State(c.state.Load()), Tally: c.window.sum(c.window.tick())}
	if s.State != Closed {
		s.Until, s.Tally = c.until, c.cause
	}
	return s
}

// idle reports whether forgetting the circuit loses nothing.
func (c *circuit) idle() bool {
	return c.state.Load() == closed && c.window.tick()-c.used.Load() > buckets
}
