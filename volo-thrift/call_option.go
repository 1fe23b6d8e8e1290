package volothrift

import (
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A CallOption changes the calls of one client made by [Client.With].
type CallOption func(*callOptions)

type callOptions struct {
	address    rpc.Address
	timeout    time.Duration
	tags       map[string]string
	idempotent bool
}

// CallAddress sends the calls to one address, past discovery and balancing.
func CallAddress(a rpc.Address) CallOption {
	return func(o *callOptions) { o.address = a }
}

// CallTimeout bounds each call, in place of the client's timeout.
func CallTimeout(d time.Duration) CallOption {
	return func(o *callOptions) { o.timeout = d }
}

// CallTag adds a tag to the callee of each call, for discovery, balancers and
// layers to look at.
func CallTag(key, value string) CallOption {
	return func(o *callOptions) {
		tags := make(map[string]string, len(o.tags)+1)
		for k, v := range o.tags {
			tags[k] = v
		}
		tags[key] = value
		o.tags = tags
	}
}

// CallIdempotent declares that the calls may be sent again although their
// outcome is unknown.
func CallIdempotent() CallOption {
	return func(o *callOptions) { o.idempotent = true }
}
