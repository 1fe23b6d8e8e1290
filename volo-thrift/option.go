package volothrift

import (
	"crypto/tls"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
)

type (
	// A ClientOption sets up a [Client].
	ClientOption interface{ client(*clientOptions) }
	// A ServerOption sets up a [Server].
	ServerOption interface{ server(*serverOptions) }
	// An Option sets up either side.
	Option interface {
		ClientOption
		ServerOption
	}
)

type (
	clientOption func(*clientOptions)
	serverOption func(*serverOptions)
	sharedOption func(*sharedOptions)
)

func (f clientOption) client(o *clientOptions) { f(o) }
func (f serverOption) server(o *serverOptions) { f(o) }
func (f sharedOption) client(o *clientOptions) { f(&o.sharedOptions) }
func (f sharedOption) server(o *serverOptions) { f(&o.sharedOptions) }

type sharedOptions struct {
	maxMessageSize int
	decode         thrift.DecodeOptions
	timePhases     bool
	engine         transport.Engine
	tls            *tls.Config
}

// DefaultMaxMessageSize bounds a message unless [WithMaxMessageSize] says
// otherwise.
const DefaultMaxMessageSize = 16 << 20

func defaultSharedOptions() sharedOptions {
	return sharedOptions{maxMessageSize: DefaultMaxMessageSize}
}

// WithMaxMessageSize bounds what is sent and accepted, in bytes a message,
// framing included. The default is [DefaultMaxMessageSize]. A server leaves out
// a longer request as it comes and answers with a ProtocolError; where its
// dialect is [Unframed], which does not say how long it is, it ends the
// connection.
func WithMaxMessageSize(n int) Option {
	return sharedOption(func(o *sharedOptions) { set(&o.maxMessageSize, n) })
}

// WithDecodeOptions says how messages are decoded: who owns strings, and which
// limits hold for depth, containers and strings.
func WithDecodeOptions(d thrift.DecodeOptions) Option {
	return sharedOption(func(o *sharedOptions) { o.decode = d })
}

// WithPhaseTimes stamps each phase of a call in [rpc.Info.Stats], for layers
// to read. Sizes are there without it.
func WithPhaseTimes() Option {
	return sharedOption(func(o *sharedOptions) { o.timePhases = true })
}

// WithEngine chooses what moves the bytes; package transport says which is the
// default.
func WithEngine(e transport.Engine) Option {
	return sharedOption(func(o *sharedOptions) { o.engine = e })
}

// WithTLS encrypts connections. A client takes the server name from the
// address unless cfg sets it; mutual TLS is a matter of cfg on both sides.
func WithTLS(cfg *tls.Config) Option {
	return sharedOption(func(o *sharedOptions) { o.tls = cfg })
}

// set changes *to unless v is not positive.
func set[T int | time.Duration](to *T, v T) {
	if v > 0 {
		*to = v
	}
}
