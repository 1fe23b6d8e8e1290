package vologrpc

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

type clientOptions struct {
	sharedOptions
	target    string
	caller    string
	callee    string
	authority string
	userAgent string

	connections  int // per instance
	compression  string
	waitForReady bool
	credentials  []Credentials

	timeout        time.Duration
	connectTimeout time.Duration
	backoff        Backoff

	discoverer discovery.Discoverer
	balancer   loadbalance.Balancer
	failover   int

	replay       int // bytes of a stream that are kept
	outer, inner []Layer
	service      *ServiceConfig // nil for none
	health       *string        // whose health is watched, nil for nobody's

	dial func(ctx context.Context, addr rpc.Address) (*transport.Conn, error)
}

// DefaultConnectTimeout bounds the making of a connection, as the gRPC
// specification of connection backoff has it.
const DefaultConnectTimeout = 20 * time.Second

// A Backoff says how long to wait between attempts to connect to an instance.
type Backoff struct {
	Base       time.Duration // after the first failure. Default 1 s
	Multiplier float64       // with each further one. Default 1.6
	Jitter     float64       // the part of the time that is random. Default 0.2
	Max        time.Duration // Default 120 s
}

func defaultClientOptions(target string) clientOptions {
	return clientOptions{
		target:         target,
		userAgent:      "grpc-go-volo/0.1",
		connections:    1,
		connectTimeout: DefaultConnectTimeout,
		backoff:        Backoff{Base: time.Second, Multiplier: 1.6, Jitter: 0.2, Max: 120 * time.Second},
		sharedOptions:  defaultSharedOptions(),
		failover:       2,
		replay:         DefaultReplaySize,
	}
}

// WithCaller names the client's own service, for layers to see in
// [rpc.Info.Caller].
func WithCaller(name string) ClientOption {
	return clientOption(func(o *clientOptions) { o.caller = name })
}

// WithCallee names the service that is called, as discovery knows it. Without
// it the target serves as the name when there is a discoverer.
func WithCallee(name string) ClientOption {
	return clientOption(func(o *clientOptions) { o.callee = name })
}

// WithAuthority sets the :authority of requests. The default is the server
// name of [WithTLS], else the address of the target, else the callee.
func WithAuthority(authority string) ClientOption {
	return clientOption(func(o *clientOptions) { o.authority = authority })
}

// WithUserAgent puts s before the framework's own user-agent.
func WithUserAgent(s string) ClientOption {
	return clientOption(func(o *clientOptions) { o.userAgent = s + " " + o.userAgent })
}

// WithConnections sets how many connections are kept to each instance; the
// default is 1. Calls are spread over them in turn.
func WithConnections(n int) ClientOption {
	return clientOption(func(o *clientOptions) { o.connections = max(n, 1) })
}

// WithCompression compresses requests with the [Compressor] of that name, one
// of [WithCompressors]. The default is not to. Answers come as their requests
// went, unless the handler chooses otherwise ([SetCompression]).
func WithCompression(name string) ClientOption {
	return clientOption(func(o *clientOptions) { o.compression = name })
}

// WithWaitForReady lets calls wait for a connection while there is none,
// instead of failing with UNAVAILABLE.
func WithWaitForReady() ClientOption {
	return clientOption(func(o *clientOptions) { o.waitForReady = true })
}

// WithCredentials adds what c returns to the metadata of each call. Calls over
// connections without TLS fail.
func WithCredentials(c Credentials) ClientOption {
	return clientOption(func(o *clientOptions) { o.credentials = append(o.credentials, c) })
}

// WithTimeout bounds each call, failover included. The default is no bound
// but the context's.
func WithTimeout(d time.Duration) ClientOption {
	return clientOption(func(o *clientOptions) { o.timeout = d })
}

// WithConnectTimeout bounds the making of a connection. The default is
// [DefaultConnectTimeout].
func WithConnectTimeout(d time.Duration) ClientOption {
	return clientOption(func(o *clientOptions) { set(&o.connectTimeout, d) })
}

// WithBackoff sets how long to wait between attempts to connect. Members of b
// that are not positive keep their defaults.
func WithBackoff(b Backoff) ClientOption {
	return clientOption(func(o *clientOptions) {
		set(&o.backoff.Base, b.Base)
		set(&o.backoff.Max, b.Max)
		if b.Multiplier > 0 {
			o.backoff.Multiplier = b.Multiplier
		}
		if b.Jitter > 0 {
			o.backoff.Jitter = b.Jitter
		}
	})
}

// WithServiceConfig has the client do what the owner of the service asks of
// it. Options of the user's count more, or the stricter counts, as each member
// of [ServiceConfig] says.
func WithServiceConfig(c *ServiceConfig) ClientOption {
	return clientOption(func(o *clientOptions) { o.service = c })
}

// WithHealthCheck has a client that balances ask each instance for the health
// of a service, "" for the server as a whole, by the standard health service
// (gRFC A17). Those that are not SERVING get no calls; those without that
// service get them. A client with a fixed address asks nobody. It makes a
// connection to each instance as soon as it is found, and keeps it busy with
// a stream.
func WithHealthCheck(service string) ClientOption {
	return clientOption(func(o *clientOptions) { o.health = &service })
}

// WithDiscoverer makes the target a service name that d resolves.
func WithDiscoverer(d discovery.Discoverer) ClientOption {
	return clientOption(func(o *clientOptions) { o.discoverer = d })
}

// WithBalancer chooses among the instances that discovery finds. The default
// is [loadbalance.Default]: few calls for those that are slow, none for a while
// for those that fail.
func WithBalancer(b loadbalance.Balancer) ClientOption {
	return clientOption(func(o *clientOptions) { o.balancer = b })
}

// WithFailover sets how many further instances a call may try when the one
// before has not acted on it. The default is 2; 0 switches failover off.
func WithFailover(n int) ClientOption {
	return clientOption(func(o *clientOptions) { o.failover = max(n, 0) })
}

// WithReplaySize bounds what is kept of the messages that a stream sends, in
// bytes, until its answer begins: to send them once more if the peer has not
// processed them, or [Retry] says so. A stream that sends more is not sent
// again. The default is [DefaultReplaySize]; with 0 no stream is.
func WithReplaySize(n int) ClientOption {
	return clientOption(func(o *clientOptions) { o.replay = max(n, 0) })
}

// WithOuter adds layers that see each call once, before an instance is
// chosen. The first is the outermost.
func WithOuter(layers ...Layer) ClientOption {
	return clientOption(func(o *clientOptions) { o.outer = append(o.outer, layers...) })
}

// WithInner adds layers that see each attempt, when the address is known. The
// first is the outermost.
func WithInner(layers ...Layer) ClientOption {
	return clientOption(func(o *clientOptions) { o.inner = append(o.inner, layers...) })
}

// WithDialer replaces the way connections are made.
func WithDialer(dial func(ctx context.Context, addr rpc.Address) (*transport.Conn, error)) ClientOption {
	return clientOption(func(o *clientOptions) { o.dial = dial })
}
