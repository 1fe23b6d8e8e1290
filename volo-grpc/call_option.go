package vologrpc

import (
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A CallOption changes the calls of one client made by [Client.With].
type CallOption func(*callOptions)

type callOptions struct {
	address      rpc.Address
	timeout      time.Duration
	tags         map[string]string
	idempotent   bool
	waitForReady bool
	compression  *string // nil for the client's
	metadata     Metadata
	credentials  []Credentials
	maxReceive   int         // 0 for the client's
	maxSend      int         // 0 for the client's
	config       *callConfig // of the method, by the service config; nil for none
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

// CallWaitForReady lets the calls wait for a connection while there is none,
// instead of failing with UNAVAILABLE. Their deadline bounds the waiting.
func CallWaitForReady() CallOption {
	return func(o *callOptions) { o.waitForReady = true }
}

// CallCompression compresses the requests of the calls with the [Compressor]
// of that name; "identity" sends them as they are.
func CallCompression(name string) CallOption {
	return func(o *callOptions) { o.compression = &name }
}

// CallMetadata sends pairs with each call: key, value, key, value.
func CallMetadata(pairs ...string) CallOption {
	return func(o *callOptions) { o.metadata = o.metadata.With(pairs...) }
}

// CallCredentials adds what c returns to the metadata of each call.
func CallCredentials(c Credentials) CallOption {
	return func(o *callOptions) { o.credentials = append(o.credentials[:len(o.credentials):len(o.credentials)], c) }
}

// CallMaxReceiveSize bounds a received message, in place of the client's
// [WithMaxReceiveSize].
func CallMaxReceiveSize(n int) CallOption {
	return func(o *callOptions) { set(&o.maxReceive, n) }
}

// CallMaxSendSize bounds a sent message, in place of the client's
// [WithMaxSendSize].
func CallMaxSendSize(n int) CallOption {
	return func(o *callOptions) { set(&o.maxSend, n) }
}
