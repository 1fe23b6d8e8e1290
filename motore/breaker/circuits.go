package breaker

import (
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

// MaxCircuits is how many circuits [Circuits] keep at most. When there are as
// many, those that are closed and were not used for a whole window make room;
// while there are none, calls with further keys pass unguarded.
const MaxCircuits = 16384

// Circuits keep the state of every key. The zero value is ready; it must not
// be copied. They may be used concurrently. Each circuit lives by the
// configuration of the layer that has first seen its key.
type Circuits struct {
	known atomic.Pointer[map[Key]*circuit] // read without a lock, replaced as a whole

	mu     sync.Mutex
	recent map[Key]*circuit // not yet in known
	misses int              // of known, since it was replaced
}

// A Status is what a circuit is like at one moment.
type Status struct {
	Key   Key
	State State
	Tally Tally     // of the window if it is closed, otherwise what opened it
	Until time.Time // when an open circuit lets probes pass
}

// A Change is one of state.
type Change struct {
	Key      Key
	From, To State
	Tally    Tally     // what opened the circuit
	Until    time.Time // when an open circuit lets probes pass
}

// All returns the status of each circuit, in no order.
func (c *Circuits) All() iter.Seq[Status] {
	return func(yield func(Status) bool) {
		c.mu.Lock()
		c.merge()
		known := *c.known.Load()
		c.mu.Unlock()
		for _, circuit := range known {
			if !yield(circuit.status()) {
				return
			}
		}
	}
}

// find returns the circuit of key, which it makes if there is none; nil if
// there are too many.
func (c *Circuits) find(key Key, config *Config) *circuit {
	if known := c.known.Load(); known != nil {
		if found := (*known)[key]; found != nil {
			return found
		}
	}
	return c.look(key, config)
}

// look finds what find has missed. A miss pays for its part of the next copy,
// so that a new key costs the same however many there are.
func (c *Circuits) look(key Key, config *Config) *circuit {
	c.mu.Lock()
	defer c.mu.Unlock()
	var known map[Key]*circuit
	if p := c.known.Load(); p != nil {
		known = *p
	}
	found := known[key]
	if found == nil {
		found = c.recent[key]
	}
	if found == nil && len(known)+len(c.recent) < MaxCircuits {
		found = newCircuit(key, config)
		if c.recent == nil {
			c.recent = make(map[Key]*circuit)
		}
		c.recent[key] = found
	}
	if c.misses++; c.misses >= len(known) {
		c.merge()
	}
	return found
}

// merge makes what is recent known, and makes room if there is none. It is
// called with mu held.
func (c *Circuits) merge() {
	var known map[Key]*circuit
	if p := c.known.Load(); p != nil {
		known = *p
	}
	full := len(known)+len(c.recent) >= MaxCircuits
	merged := make(map[Key]*circuit, len(known)+len(c.recent))
	for _, part := range []map[Key]*circuit{known, c.recent} {
		for key, circuit := range part {
			if !full || !circuit.idle() {
				merged[key] = circuit
			}
		}
	}
	c.known.Store(&merged)
	c.recent, c.misses = nil, 0
}
