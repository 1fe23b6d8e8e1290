package vologrpc

import (
	"context"
	"log/slog"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

type serverOptions struct {
	sharedOptions
	name         string
	layers       []Layer
	maxConns     int
	maxRequests  int
	writeTimeout time.Duration
	unknown      func(ctx context.Context, s *ServerStream) error
	web          *Web
	logger       *slog.Logger
	onPanic      func(ctx context.Context, p recovery.Panic) error
	onServe      []func(rpc.Address) error
	onShutdown   []func(context.Context) error
	announce     []func(*discovery.Announcer)
	restarter    *transport.Restarter
}

// Defaults of a server.
const (
	DefaultMaxConns     = 65536
	DefaultMaxRequests  = 65536
	DefaultWriteTimeout = 30 * time.Second
)

func defaultServerOptions() serverOptions {
	o := serverOptions{
		sharedOptions: defaultSharedOptions(),
		maxConns:      DefaultMaxConns,
		maxRequests:   DefaultMaxRequests,
		writeTimeout:  DefaultWriteTimeout,
		logger:        slog.Default(),
	}
	o.http2.Keepalive = http2.Keepalive{Time: 2 * time.Hour, MinTime: 5 * time.Second, MinTimeIdle: 5 * time.Second}
	return o
}

// WithName sets the name of the service as handlers and layers see it in
// [rpc.Info.Callee]. The default is the name of the gRPC service.
func WithName(name string) ServerOption {
	return serverOption(func(o *serverOptions) { o.name = name })
}

// WithLayers adds layers that see each call of every service. The first is
// the outermost.
func WithLayers(layers ...Layer) ServerOption {
	return serverOption(func(o *serverOptions) { o.layers = append(o.layers, layers...) })
}

// WithMaxConns caps the connections; more are closed as they come. The
// default is [DefaultMaxConns].
func WithMaxConns(n int) ServerOption {
	return serverOption(func(o *serverOptions) { set(&o.maxConns, n) })
}

// WithMaxRequests caps the calls that run at once, over all connections. More
// are answered with RESOURCE_EXHAUSTED, without running. The default is
// [DefaultMaxRequests].
func WithMaxRequests(n int) ServerOption {
	return serverOption(func(o *serverOptions) { set(&o.maxRequests, n) })
}

// WithMaxConcurrentStreams caps the calls that run at once on one connection;
// clients wait before they exceed it. The default is 10,000.
func WithMaxConcurrentStreams(n int) ServerOption {
	return serverOption(func(o *serverOptions) { setUint32(&o.http2.MaxConcurrentStreams, n) })
}

// WithHandshakeTimeout bounds how long a client may take to introduce itself.
// The default is 10 s.
func WithHandshakeTimeout(d time.Duration) ServerOption {
	return serverOption(func(o *serverOptions) { set(&o.http2.Handshake, d) })
}

// WithWriteTimeout bounds how long a peer may refuse to take bytes before
// its connection is closed. The default is [DefaultWriteTimeout].
func WithWriteTimeout(d time.Duration) ServerOption {
	return serverOption(func(o *serverOptions) { set(&o.writeTimeout, d) })
}

// WithUnknown serves calls of methods that no service has, as streams of both
// directions. [Request.Info] has their names. The default answers
// UNIMPLEMENTED.
func WithUnknown(serve func(ctx context.Context, s *ServerStream) error) ServerOption {
	return serverOption(func(o *serverOptions) { o.unknown = serve })
}

// WithLogger sets where the server reports connections that it refuses and
// handlers that panic. The default is [slog.Default].
func WithLogger(l *slog.Logger) ServerOption {
	return serverOption(func(o *serverOptions) { o.logger = l })
}

// OnPanic sets what becomes of a panic in a handler or a layer. f gets the
// value, the stack and, through ctx, the call's facts, and returns the error
// that the caller sees. Without it the panic is logged and the caller gets
// INTERNAL. The process goes on in any case.
func OnPanic(f func(ctx context.Context, p recovery.Panic) error) ServerOption {
	return serverOption(func(o *serverOptions) { o.onPanic = f })
}

// OnServe adds a hook that runs once for each listener before it accepts, with
// its address. An error ends the serving. To register, see [WithRegistrar].
func OnServe(f func(rpc.Address) error) ServerOption {
	return serverOption(func(o *serverOptions) { o.onServe = append(o.onServe, f) })
}

// OnShutdown adds a hook that runs when Shutdown begins, before the listeners
// close. Hooks run in the order in which they were added; all run, whatever
// the others return.
func OnShutdown(f func(context.Context) error) ServerOption {
	return serverOption(func(o *serverOptions) { o.onShutdown = append(o.onShutdown, f) })
}

// WithRegistrar makes r announce the server: each listener is registered once
// it listens and all hooks of [OnServe] have run, and kept so by a goroutine
// of the server's; failures are logged and tried again. Shutdown deregisters
// before all else, and Close, too.
//
// As says the name, which is that of [WithName] by default, the host that
// clients can reach, weight and tags, and for how long a server that shuts
// down goes on until clients have heard of it.
func WithRegistrar(r discovery.Registrar, as discovery.Announcement) ServerOption {
	return serverOption(func(o *serverOptions) {
		o.announce = append(o.announce, func(a *discovery.Announcer) { a.Add(r, as) })
	})
}

// WithRestarter lets another process take the server's place without a call
// failing: Run and Listen take the sockets that r has for this process, Run
// shuts down once a new one serves, and Shutdown leaves then what is registered
// to that one. Who calls Serve instead waits for r.Done() and calls Shutdown.
func WithRestarter(r *transport.Restarter) ServerOption {
	return serverOption(func(o *serverOptions) { o.restarter = r })
}
