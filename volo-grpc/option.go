package vologrpc

import (
	"crypto/tls"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
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
	http2      http2.Config
	maxReceive int
	maxSend    int

	receiveChosen bool // maxReceive is not the default

	compressors compressors
	decode      protobuf.DecodeOptions
	timePhases  bool
	engine      transport.Engine
	tls         *tls.Config
}

// DefaultMaxReceiveSize bounds a received message, in bytes, unless
// [WithMaxReceiveSize] says otherwise.
const DefaultMaxReceiveSize = 4 << 20

func defaultSharedOptions() sharedOptions {
	return sharedOptions{
		maxReceive:  DefaultMaxReceiveSize,
		maxSend:     1<<31 - 1,
		compressors: compressors{Gzip, Deflate},
		decode:      protobuf.DecodeOptions{Strings: protobuf.Alias},
	}
}

// config is what the transport gets to know.
func (o *sharedOptions) config() http2.Config {
	cfg := o.http2
	cfg.MaxMessageSize = o.maxReceive
	return cfg
}

// WithMaxReceiveSize bounds a received message, in bytes, compressed and not.
// The default is [DefaultMaxReceiveSize]. A larger one fails its call with
// RESOURCE_EXHAUSTED.
func WithMaxReceiveSize(n int) Option {
	return sharedOption(func(o *sharedOptions) {
		set(&o.maxReceive, n)
		o.receiveChosen = true
	})
}

// WithMaxSendSize bounds a sent message, in bytes. The default is 2 GiB - 1.
func WithMaxSendSize(n int) Option {
	return sharedOption(func(o *sharedOptions) { set(&o.maxSend, n) })
}

// WithMaxMetadataSize bounds the header fields of a request or an answer,
// counted as RFC 9113 has it: 32 bytes more than its key and value for each.
// The default is 64 KiB.
func WithMaxMetadataSize(n int) Option {
	return sharedOption(func(o *sharedOptions) { setUint32(&o.http2.MaxHeaderListSize, n) })
}

// WithWindows sets how many bytes a peer may send before they are taken: on
// one stream, and on all streams of a connection. The defaults are 1 and 4
// MiB. A message that is larger than its window is let through all the same.
func WithWindows(stream, conn int) Option {
	return sharedOption(func(o *sharedOptions) {
		setUint32(&o.http2.StreamWindow, stream)
		setUint32(&o.http2.ConnWindow, conn)
	})
}

// WithCompressors adds to the compressions that are understood; [Gzip] and
// [Deflate] are anyway. Nothing is sent compressed on their account, see
// [WithCompression].
func WithCompressors(c ...Compressor) Option {
	return sharedOption(func(o *sharedOptions) {
		o.compressors = append(o.compressors[:len(o.compressors):len(o.compressors)], c...)
	})
}

// WithDecodeOptions says how messages of pilota's are decoded: who owns
// strings, and how deep messages may nest.
func WithDecodeOptions(d protobuf.DecodeOptions) Option {
	return sharedOption(func(o *sharedOptions) { o.decode = d })
}

// WithPhaseTimes stamps each phase of a call in [rpc.Info.Stats], for layers
// to read. Sizes and the start are there without it.
func WithPhaseTimes() Option {
	return sharedOption(func(o *sharedOptions) { o.timePhases = true })
}

// WithEngine chooses what moves the bytes; package transport says which is the
// default.
func WithEngine(e transport.Engine) Option {
	return sharedOption(func(o *sharedOptions) { o.engine = e })
}

// WithTLS encrypts connections and insists that the peer speaks HTTP/2. A
// client takes the server name from the address unless cfg sets it; mutual TLS
// is a matter of cfg on both sides.
func WithTLS(cfg *tls.Config) Option {
	return sharedOption(func(o *sharedOptions) {
		o.tls = cfg.Clone()
		o.tls.NextProtos = []string{"h2"}
		o.tls.MinVersion = max(o.tls.MinVersion, tls.VersionTLS12) // RFC 9113, section 9.2
	})
}

// A Keepalive says how a connection proves that its peer is alive, how often a
// peer may ask us to, and how long connections last. Members that are zero
// have the defaults that they name.
//
// A client whose calls are given up while nothing at all comes asks its peer
// without any of this, as rarely as servers bear it. A connection that stays
// silent for a second more gets no more calls, and is closed after Timeout.
type Keepalive struct {
	// Time is after how long a silence we ping; 0 for never on a client, for
	// 2 h on a server. A client takes 10 s at least, so that no server that
	// keeps the default of MinTime sends it away.
	Time time.Duration
	// Timeout is how long after a ping a connection without any sign of life
	// is closed. Default 20 s.
	Timeout time.Duration
	// WithoutStreams pings also while no call runs. Clients only.
	WithoutStreams bool
	// MinTime is how often a peer may ping us without calls that end in
	// between, MinTimeIdle while no call runs. The third ping that comes
	// earlier ends the connection. Servers only. Default 5 s.
	MinTime, MinTimeIdle time.Duration

	// MaxIdle ends a connection without calls after that time, MaxAge any
	// connection, both in order; MaxAge is spread by ±10 %. After MaxAgeGrace
	// more it is cut off. Servers only; 0 for never.
	MaxIdle, MaxAge, MaxAgeGrace time.Duration
}

// WithKeepalive sets up keepalive.
func WithKeepalive(k Keepalive) Option {
	return sharedOption(func(o *sharedOptions) {
		to := &o.http2.Keepalive
		was := *to
		*to = http2.Keepalive(k)
		for _, m := range []struct{ to, was *time.Duration }{
			{&to.Time, &was.Time}, {&to.MinTime, &was.MinTime}, {&to.MinTimeIdle, &was.MinTimeIdle},
		} {
			if *m.to == 0 {
				*m.to = *m.was
			}
		}
	})
}

// set changes *to unless v is not positive.
func set[T int | time.Duration](to *T, v T) {
	if v > 0 {
		*to = v
	}
}

func setUint32(to *uint32, v int) {
	if v > 0 {
		*to = uint32(min(v, 1<<31-1))
	}
}
