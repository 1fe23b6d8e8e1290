package breaker

import (
	"fmt"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// An Error says that a call was refused because its circuit is not closed.
type Error struct {
	Key   Key
	State State     // Open, or HalfOpen with as many probes as may be under way
	Tally Tally     // what opened the circuit
	Until time.Time // when the circuit lets calls pass again, to try
}

// Error names the key, what opened its circuit and when it is tried again.
func (e *Error) Error() string {
	what := fmt.Sprintf("breaker: the circuit of %v is %v, after %d of %d calls failed; ", e.Key, e.State, e.Tally.Failures, e.Tally.Calls)
	if e.State == HalfOpen {
		return what + "it is being tried"
	}
	return what + fmt.Sprintf("it is tried again in %v", max(time.Until(e.Until), 0).Round(time.Millisecond))
}

// Outcome returns [rpc.Unsent]: another instance may be asked.
func (e *Error) Outcome() rpc.Outcome { return rpc.Unsent }

// RetryAfter returns how long the circuit stays open, so that retries wait
// that long; ok is false while it is being tried.
func (e *Error) RetryAfter() (d time.Duration, ok bool) {
	return max(time.Until(e.Until), 0), e.State == Open
}
