package breaker

import (
	"iter"
	"time"

	"github.com/volo-go/volo/motore/internal/keyed"
)

// MaxCircuits is how many circuits [Circuits] keep at most. When there are as
// many, those that are closed and were not used for a whole window make room;
// while there are none, calls with further keys pass unguarded.
const MaxCircuits = 16384

// Circuits keep the state of every key. The zero value is ready; it must not
// be copied. They may be used concurrently. Each circuit lives by the
// configuration of the layer that has first seen its key.
type Circuits struct{ known keyed.Map[Key, circuit] }

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
		for _, circuit := range c.known.All() {
			if !yield(circuit.status()) {
				return
			}
		}
	}
}
