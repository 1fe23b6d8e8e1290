package volothrift_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

// A handler is a Store made of functions; nil ones answer with their argument.
type handler struct {
	get    func(ctx context.Context, key string) (string, error)
	put    func(ctx context.Context, key, value string) error
	choose func(ctx context.Context, weights []int64) (*store.Choice, error)
	depth  func(ctx context.Context, tree *store.Tree) (int32, error)
	note   func(ctx context.Context, text string) error
}

func (h handler) Get(ctx context.Context, key string) (string, error) {
	if h.get == nil {
		return key, nil
	}
	return h.get(ctx, key)
}

func (h handler) Put(ctx context.Context, key, value string) error {
	if h.put == nil {
		return nil
	}
	return h.put(ctx, key, value)
}

func (h handler) Choose(ctx context.Context, weights []int64) (*store.Choice, error) {
	if h.choose == nil {
		n := int64(len(weights))
		return &store.Choice{Number: &n}, nil
	}
	return h.choose(ctx, weights)
}

func (h handler) Depth(ctx context.Context, tree *store.Tree) (int32, error) {
	if h.depth == nil {
		var n int32
		for ; tree != nil; tree = tree.Child {
			n++
		}
		return n, nil
	}
	return h.depth(ctx, tree)
}

func (h handler) Note(ctx context.Context, text string) error {
	if h.note == nil {
		return nil
	}
	return h.note(ctx, text)
}

// protocols are all ways of calling.
var protocols = []struct {
	name   string
	header bool // facts travel beside the message
	wire   volothrift.Protocol
	opts   []volothrift.ClientOption
}{
	{"multiplexed", true, volothrift.TTHeader, nil},
	{"multiplexed over three connections", true, volothrift.TTHeader, []volothrift.ClientOption{volothrift.WithConnections(3)}},
	{"ping-pong", true, volothrift.TTHeader, []volothrift.ClientOption{volothrift.WithPingPong(volothrift.PoolConfig{})}},
	{"ttheader-framed", true, volothrift.TTHeaderFramed, []volothrift.ClientOption{volothrift.WithProtocol(volothrift.TTHeaderFramed), volothrift.WithPingPong(volothrift.PoolConfig{})}},
	{"framed", false, volothrift.Framed, []volothrift.ClientOption{volothrift.WithProtocol(volothrift.Framed)}},
	{"unframed", false, volothrift.Unframed, []volothrift.ClientOption{volothrift.WithProtocol(volothrift.Unframed)}},
}

// multiplexed and pingPong are the two ways to share connections.
var multiplexed, pingPong = protocols[0].opts, protocols[2].opts

func newServer(t testing.TB, h handler, opts ...volothrift.ServerOption) *volothrift.Server {
	t.Helper()
	quiet := volothrift.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))
	s := volothrift.NewServer(append([]volothrift.ServerOption{quiet}, opts...)...)
	if err := s.Register(storethrift.NewStoreService(h)); err != nil {
		t.Fatal(err)
	}
	return s
}

// serve serves h in memory.
func serve(t testing.TB, h handler, opts ...volothrift.ServerOption) *volothrifttest.Pair {
	t.Helper()
	return volothrifttest.Serve(t, newServer(t, h, opts...))
}

// dial returns a client for a pair.
func dial(t testing.TB, p *volothrifttest.Pair, opts ...volothrift.ClientOption) *storethrift.StoreClient {
	t.Helper()
	return newClient(t, p.Target(), p.ClientOptions(opts...)...)
}

func newClient(t testing.TB, target string, opts ...volothrift.ClientOption) *storethrift.StoreClient {
	t.Helper()
	unhurried := volothrift.WithConnectTimeout(time.Minute)
	c, err := storethrift.NewStoreClient(target, append([]volothrift.ClientOption{unhurried}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// serveOn serves on a real listener until the test ends, and returns its
// address.
func serveOn(t testing.TB, s *volothrift.Server, network, address string) rpc.Address {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; !errors.Is(err, volothrift.ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	return rpc.AddressOf(l.Addr())
}

// serveTCP serves h on a port of the loopback interface.
func serveTCP(t testing.TB, h handler, opts ...volothrift.ServerOption) string {
	t.Helper()
	return serveOn(t, newServer(t, h, opts...), "tcp", "127.0.0.1:0").String()
}

// mustGet calls get and expects the key back, which handler gives by default.
func mustGet(t testing.TB, c *storethrift.StoreClient, key string) {
	t.Helper()
	if got, err := c.Get(context.Background(), key); got != key || err != nil {
		t.Errorf("Get returned %.80q, %v; want %.80q", got, err, key)
	}
}

// asError returns the *Error in err, which must have one.
func asError(t testing.TB, err error) *volothrift.Error {
	t.Helper()
	var e *volothrift.Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is %v; want a *volothrift.Error", err)
	}
	return e
}

// A logbook is a logger that keeps what it is told.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := strings.TrimSpace(l.buf.String())
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

func (l *logbook) option() volothrift.ServerOption {
	return volothrift.WithLogger(slog.New(slog.NewTextHandler(l, nil)))
}

// contains reports whether the message of err has s in it.
func contains(err error, s string) bool { return err != nil && strings.Contains(err.Error(), s) }
