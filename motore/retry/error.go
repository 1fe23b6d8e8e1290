package retry

import (
	"fmt"
	"strconv"
	"time"
)

// A Stop is what was in the way of another attempt.
type Stop uint8

// The reasons to stop.
const (
	OutOfAttempts Stop = iota + 1 // as many as Config.Attempts were made
	OutOfBudget                   // too many calls are being retried, see Config.Budget
	OutOfTime                     // the call's deadline comes before the next attempt
	Forbidden                     // the peer wants none, or not so soon (see Config.MaxPushback)
	GivenUp                       // the caller does not wait any more
)

var stopNames = [...]string{
	OutOfAttempts: "no attempt is left (see Attempts)",
	OutOfBudget:   "the budget is spent (see Budget)",
	OutOfTime:     "no time is left",
	Forbidden:     "the peer wants no other, or not so soon (see MaxPushback)",
	GivenUp:       "the caller gave up",
}

// String returns the reason in words.
func (s Stop) String() string {
	if int(s) < len(stopNames) && stopNames[s] != "" {
		return stopNames[s]
	}
	return "stop " + strconv.Itoa(int(s))
}

// An Error says that a call was worth another attempt and did not get it.
type Error struct {
	Attempts int   // that were made
	Stop     Stop  // why there was no other
	Err      error // of the last one; context.Canceled, which tells of that one, if GivenUp
}

// Error returns "retry: attempt n failed and why: cause".
func (e *Error) Error() string {
	return fmt.Sprintf("retry: attempt %d failed, %v: %v", e.Attempts, e.Stop, e.Err)
}

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// RetryAfter makes the error a [Pushback]: what was retried here is not
// retried again further out.
func (e *Error) RetryAfter() (time.Duration, bool) { return -1, true }
