package loadbalance

import (
	"fmt"
	"strings"

	"github.com/volo-go/volo/motore/rpc"
)

// A FailoverError says that a call failed on several instances, without
// anything done on any of them.
type FailoverError struct {
	Service  string
	Attempts []Attempt // in order; at least two
}

// An Attempt is one instance that a call went to in vain.
type Attempt struct {
	Address rpc.Address
	Err     error
}

// failover returns the error of a call that made these attempts, at least one.
func failover(service string, attempts []Attempt) error {
	if len(attempts) == 1 {
		return attempts[0].Err
	}
	return &FailoverError{service, attempts}
}

// Error names the service and what happened at each address.
func (e *FailoverError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "loadbalance: service %q: %d instances failed", e.Service, len(e.Attempts))
	sep := ": "
	for _, a := range e.Attempts {
		fmt.Fprintf(&b, "%s%v: %v", sep, a.Address, a.Err)
		sep = "; "
	}
	return b.String()
}

// Unwrap returns the error of the last attempt.
func (e *FailoverError) Unwrap() error { return e.Attempts[len(e.Attempts)-1].Err }
