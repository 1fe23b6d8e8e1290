package volothrift

import (
	"context"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// A Protocol is how messages are framed on the wire. The payload is always
// the strict binary protocol.
type Protocol uint8

// The protocols. Only those with a TTHeader carry deadlines, metadata,
// business errors and the service name, and only they can multiplex.
const (
	TTHeader       Protocol = iota // header, then the message; the default
	TTHeaderFramed                 // header, then a length, then the message
	Framed                         // a length, then the message
	Unframed                       // the message alone ("buffered")
)

// hasHeader reports whether facts can travel beside the message.
func (p Protocol) hasHeader() bool { return p == TTHeader || p == TTHeaderFramed }

type clientOptions struct {
	sharedOptions
	target   string
	caller   string
	callee   string
	protocol Protocol

	connections int // multiplexed connections per instance; 0 for ping-pong
	pool        PoolConfig

	timeout        time.Duration
	connectTimeout time.Duration

	discoverer discovery.Discoverer
	balancer   loadbalance.Balancer
	failover   int

	outer, inner []Layer

	dial func(ctx context.Context, addr rpc.Address) (*transport.Conn, error)
}

// DefaultConnectTimeout bounds the making of a connection: time for one lost
// SYN, which the kernel repeats after a second.
const DefaultConnectTimeout = 3 * time.Second

func defaultClientOptions(target string) clientOptions {
	return clientOptions{
		target:         target,
		connections:    1,
		connectTimeout: DefaultConnectTimeout,
		sharedOptions:  defaultSharedOptions(),
		failover:       2,
		pool: PoolConfig{
			MaxOpen:     1024,
			MaxIdle:     1024,
			IdleTimeout: 30 * time.Second,
			MaxAge:      time.Hour,
		},
	}
}

// WithCaller names the client's own service to its peers.
func WithCaller(name string) ClientOption {
	return clientOption(func(o *clientOptions) { o.caller = name })
}

// WithCallee names the service that is called, as discovery and the peer know
// it. Without it the target serves as the name when there is a discoverer,
// and the IDL's name of the service otherwise.
func WithCallee(name string) ClientOption {
	return clientOption(func(o *clientOptions) { o.callee = name })
}

// WithProtocol chooses the framing; the default is [TTHeader]. A protocol
// without a header cannot multiplex, so its calls go over pooled connections.
func WithProtocol(p Protocol) ClientOption {
	return clientOption(func(o *clientOptions) { o.protocol = p })
}

// WithConnections sets how many multiplexed connections are kept to each
// instance; the default is 1. Calls are spread over them in turn.
func WithConnections(n int) ClientOption {
	return clientOption(func(o *clientOptions) { o.connections = max(n, 1) })
}

// A PoolConfig bounds the connections of ping-pong calls, per instance.
// Members that are not positive keep their defaults.
type PoolConfig struct {
	MaxOpen     int           // at once; further calls wait. Default 1,024
	MaxIdle     int           // kept without a call. Default 1,024
	IdleTimeout time.Duration // Default 30 s
	MaxAge      time.Duration // Default 1 h
}

// WithPingPong gives each call a connection of its own while it runs, from a
// pool, instead of multiplexing.
func WithPingPong(cfg PoolConfig) ClientOption {
	return clientOption(func(o *clientOptions) {
		o.connections = 0
		set(&o.pool.MaxOpen, cfg.MaxOpen)
		set(&o.pool.MaxIdle, cfg.MaxIdle)
		set(&o.pool.IdleTimeout, cfg.IdleTimeout)
		set(&o.pool.MaxAge, cfg.MaxAge)
	})
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

// WithFailover sets how many further instances a call may try when nothing of
// it was sent. The default is 2; 0 switches failover off.
func WithFailover(n int) ClientOption {
	return clientOption(func(o *clientOptions) { o.failover = max(n, 0) })
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
