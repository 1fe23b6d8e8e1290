package interop_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	apache "github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest"
	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	"github.com/volo-go/volo/integration/interop/gen/thrifttest/thrifttestthrift"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// What Apache's Go library speaks on a plain socket, and how we call it.
var framings = []struct {
	name     string
	framed   bool
	protocol volothrift.Protocol
}{
	{"framed", true, volothrift.Framed},
	{"buffered", false, volothrift.Unframed},
}

// serve starts a server of ours with both services, until the test is over.
func serve(t testing.TB, h *handler, opts ...volothrift.ServerOption) (addr string) {
	t.Helper()
	return start(t, opts, thrifttestthrift.NewThriftTestService(h), thrifttestthrift.NewSecondServiceService(h))
}

func start(t testing.TB, opts []volothrift.ServerOption, services ...*volothrift.Service) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	startOn(t, l, opts, services...)
	return l.Addr().String()
}

func startOn(t testing.TB, l net.Listener, opts []volothrift.ServerOption, services ...*volothrift.Service) {
	t.Helper()
	s := volothrift.NewServer(opts...)
	for _, service := range services {
		if err := s.Register(service); err != nil {
			t.Fatal(err)
		}
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := s.Serve(l); !errors.Is(err, volothrift.ErrServerClosed) {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		s.Close()
		serving.Wait()
	})
}

// dialApache connects Apache's client to addr.
func dialApache(t testing.TB, addr string, framed bool) apache.TClient {
	t.Helper()
	c, done, err := apachetest.Dial(addr, framed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return c
}

// newClient returns a client of ours.
func newClient(t testing.TB, addr string, opts ...volothrift.ClientOption) *thrifttestthrift.ThriftTestClient {
	t.Helper()
	c, err := thrifttestthrift.NewThriftTestClient(addr, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// engines are what may move our bytes.
var engines = []transport.Engine{transport.EngineNet, transport.EngineNetpoll}

func TestApachesClientCallsOurServer(t *testing.T) {
	for _, engine := range engines {
		addr := serve(t, new(handler), volothrift.WithEngine(engine))
		for _, tt := range framings {
			t.Run(tt.name+", "+engine.String(), func(t *testing.T) {
				apachetest.Check(t, theirs.NewThriftTestClient(dialApache(t, addr, tt.framed)))
			})
		}
	}
}

func TestOurClientCallsApachesServer(t *testing.T) {
	for _, engine := range engines {
		for _, tt := range framings {
			t.Run(tt.name+", "+engine.String(), func(t *testing.T) {
				addr, stop := apachetest.StartServer(tt.framed)
				defer stop()
				apachetest.Check(t, view{newClient(t, addr, volothrift.WithProtocol(tt.protocol), volothrift.WithEngine(engine))})
			})
		}
	}
}

func TestOurClientCallsOurServer(t *testing.T) {
	addr := serve(t, new(handler))
	for _, tt := range []struct {
		name string
		opts []volothrift.ClientOption
	}{
		{"TTHeader, multiplexed", nil},
		{"TTHeader, ping-pong", []volothrift.ClientOption{volothrift.WithPingPong(volothrift.PoolConfig{})}},
		{"TTHeader over framed", []volothrift.ClientOption{volothrift.WithProtocol(volothrift.TTHeaderFramed)}},
		{"framed", []volothrift.ClientOption{volothrift.WithProtocol(volothrift.Framed)}},
		{"unframed", []volothrift.ClientOption{volothrift.WithProtocol(volothrift.Unframed)}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			apachetest.Check(t, view{newClient(t, addr, tt.opts...)})
		})
	}
}

func TestOnewayReachesTheHandler(t *testing.T) {
	got := make(chan int32, 1)
	want := func(t *testing.T, seconds int32) {
		t.Helper()
		if seconds := <-got; seconds != 7 {
			t.Errorf("got %d, want 7", seconds)
		}
	}
	for _, tt := range framings {
		t.Run("Apache's client, "+tt.name, func(t *testing.T) {
			addr := serve(t, &handler{oneway: func(_ context.Context, s int32) { got <- s }})
			if err := theirs.NewThriftTestClient(dialApache(t, addr, tt.framed)).TestOneway(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			want(t, 7)
		})
		t.Run("Apache's server, "+tt.name, func(t *testing.T) {
			addr, stop, err := apachetest.Start(&apachetest.Handler{Oneway: func(s int32) { got <- s }}, tt.framed)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			if err := newClient(t, addr, volothrift.WithProtocol(tt.protocol)).TestOneway(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			want(t, 7)
		})
	}
}

// A method that nobody has is an answer, not the end of the connection.
func TestUnknownMethods(t *testing.T) {
	for _, tt := range framings {
		t.Run("Apache's client, "+tt.name, func(t *testing.T) {
			c := dialApache(t, serve(t, new(handler)), tt.framed)
			checkUnknown(t, c, "nobody", "")
		})
		t.Run("Apache's client, multiplexed, "+tt.name, func(t *testing.T) {
			clients := dialMultiplexed(t, serve(t, new(handler)), tt.framed, "ThriftTest", "Nobody")
			checkUnknown(t, clients[0], "nobody", "secondtestString", "")
			checkUnknown(t, clients[1], "nobody")
		})
		t.Run("Apache's server, "+tt.name, func(t *testing.T) {
			addr, stop := apachetest.StartServer(tt.framed)
			defer stop()
			c, err := volothrift.NewClient(addr, volothrift.WithProtocol(tt.protocol))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			nobody := *thrifttestthrift.NewThriftTestService(nil).Methods[0]
			nobody.Name = "nobody"
			args, result := nobody.New()
			err = c.Call(t.Context(), &nobody, args, result)
			var e *thrift.ApplicationException
			var call *volothrift.Error
			if !errors.As(err, &e) || e.Type != thrift.UnknownMethod || !errors.As(err, &call) || call.Phase != volothrift.PhaseRemote {
				t.Errorf("got %v, want %v", err, thrift.UnknownMethod)
			}
			if err := thrifttestthrift.ThriftTestOver(c).TestVoid(t.Context()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// checkUnknown calls methods that the server does not have and one that it has.
func checkUnknown(t *testing.T, c apache.TClient, methods ...string) {
	t.Helper()
	for _, name := range methods {
		_, err := c.Call(t.Context(), name, &theirs.ThriftTestTestVoidArgs{}, &theirs.ThriftTestTestVoidResult{})
		var e apache.TApplicationException
		if !errors.As(err, &e) || e.TypeId() != apache.UNKNOWN_METHOD {
			t.Errorf("%q: got %v, want UNKNOWN_METHOD", name, err)
			return
		}
	}
	if err := theirs.NewThriftTestClient(c).TestVoid(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Two services on one port: by the plain name of a method, and as Apache's
// multiplexed protocol writes it, "Service:method".
func TestTheSecondServiceIsThereToo(t *testing.T) {
	for _, tt := range framings {
		t.Run("Apache's client, "+tt.name, func(t *testing.T) {
			addr := serve(t, new(handler))
			second := theirs.NewSecondServiceClient(dialApache(t, addr, tt.framed))
			if got, err := second.SecondtestString(t.Context(), tricky); err != nil || got != tricky {
				t.Errorf("by plain name: got %q, %v", got, err)
			}
			clients := dialMultiplexed(t, addr, tt.framed, "SecondService", "ThriftTest")
			second, first := theirs.NewSecondServiceClient(clients[0]), theirs.NewThriftTestClient(clients[1])
			for range 3 {
				if got, err := second.SecondtestString(t.Context(), tricky); err != nil || got != tricky {
					t.Fatalf("SecondService, multiplexed: got %q, %v", got, err)
				}
				if err := first.TestOneway(t.Context(), 1); err != nil {
					t.Fatalf("ThriftTest, multiplexed, oneway: %v", err)
				}
				if got, err := first.TestI32(t.Context(), -5); err != nil || got != -5 {
					t.Fatalf("ThriftTest, multiplexed: got %d, %v", got, err)
				}
			}
		})
		t.Run("Apache's server, "+tt.name, func(t *testing.T) {
			addr, stop := apachetest.StartServer(tt.framed)
			defer stop()
			second, err := thrifttestthrift.NewSecondServiceClient(addr, volothrift.WithProtocol(tt.protocol))
			if err != nil {
				t.Fatal(err)
			}
			defer second.Close()
			if got, err := second.SecondtestString(t.Context(), tricky); err != nil || got != tricky {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// dialMultiplexed connects once; the clients share the connection and each
// writes the name of a service before that of a method.
func dialMultiplexed(t *testing.T, addr string, framed bool, services ...string) (clients []apache.TClient) {
	t.Helper()
	// A client that is out of step waits for ever; here it fails.
	timeout := &apache.TConfiguration{SocketTimeout: 10 * time.Second}
	var transport apache.TTransport = apache.NewTSocketConf(addr, timeout)
	if framed {
		transport = apache.NewTFramedTransportConf(transport, nil)
	} else {
		transport = apache.NewTBufferedTransport(transport, 4096)
	}
	if err := transport.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	in := apache.NewTBinaryProtocolConf(transport, nil)
	for _, service := range services {
		out := apache.NewTMultiplexedProtocol(apache.NewTBinaryProtocolConf(transport, nil), service)
		clients = append(clients, apache.NewTStandardClient(in, out))
	}
	return clients
}
