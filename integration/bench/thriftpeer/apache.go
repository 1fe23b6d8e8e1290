package thriftpeer

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/bench/gen/apache/echo"
	"github.com/volo-go/volo/integration/bench/load"
)

// apacheFramed puts a buffer under the frames. Without it every message takes
// two writes, one of them for the four bytes of its length, and Apache would
// look slower than it is.
func apacheFramed() load.Peer {
	transport := thrift.NewTFramedTransportFactoryConf(thrift.NewTBufferedTransportFactory(apacheBuffer), &thrift.TConfiguration{})
	return apache("apache-framed", "Apache Thrift Go, TSimpleServer, framed strict binary over a buffer", transport)
}

// apacheBuffer is the size that Apache's own examples have.
const apacheBuffer = 8192

func apacheBuffered() load.Peer {
	transport := thrift.NewTBufferedTransportFactory(apacheBuffer)
	return apache("apache-buffered", "Apache Thrift Go, TSimpleServer, buffered strict binary", transport)
}

// apache is Apache's own Go library with the code that its compiler makes of
// echo.thrift, on both sides.
func apache(name, about string, transport thrift.TTransportFactory) load.Peer {
	return load.Peer{
		Name:  name,
		About: about,
		Serve: func(addr string) (load.Server, error) {
			return serveApache(addr, transport)
		},
		Dial: func(t load.Target) (load.Client, error) {
			return &apacheClient{addr: t.Addr, transport: transport}, nil
		},
	}
}

type apacheServer struct {
	*thrift.TSimpleServer
	ln   net.Addr
	done chan error
}

func serveApache(addr string, transport thrift.TTransportFactory) (load.Server, error) {
	socket, err := thrift.NewTServerSocket(addr)
	if err != nil {
		return nil, err
	}
	server := thrift.NewTSimpleServer4(
		echo.NewEchoServerProcessor(apacheEcho{}),
		socket,
		transport,
		thrift.NewTBinaryProtocolFactoryConf(&thrift.TConfiguration{}),
	)
	if err := server.Listen(); err != nil {
		return nil, err
	}
	s := &apacheServer{TSimpleServer: server, ln: socket.Addr(), done: make(chan error, 1)}
	go func() { s.done <- server.AcceptLoop() }()
	return s, nil
}

func (s *apacheServer) Addr() string { return s.ln.String() }

// Close waits for the clients to hang up, as TSimpleServer does.
func (s *apacheServer) Close() error {
	return errors.Join(s.Stop(), <-s.done)
}

// apacheEcho is the handler.
type apacheEcho struct{}

func (apacheEcho) Echo(_ context.Context, req *echo.Request) (*echo.Response, error) {
	return &echo.Response{Action: req.Action, Msg: req.Msg}, nil
}

type apacheClient struct {
	addr      string
	transport thrift.TTransportFactory

	mu   sync.Mutex
	open []thrift.TTransport
}

func (c *apacheClient) Caller(number int, msg string) (load.Call, error) {
	transport, err := c.transport.GetTransport(thrift.NewTSocketConf(c.addr, &thrift.TConfiguration{}))
	if err != nil {
		return nil, err
	}
	if err := transport.Open(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.open = append(c.open, transport)
	c.mu.Unlock()

	protocol := thrift.NewTBinaryProtocolConf(transport, &thrift.TConfiguration{})
	client := echo.NewEchoServerClient(thrift.NewTStandardClient(protocol, protocol))
	ctx := context.Background()
	check := load.NewCheck(msg)
	return func() error {
		resp, err := client.Echo(ctx, &echo.Request{Action: "echo", Msg: msg})
		if err != nil {
			return err
		}
		return check.Reply(resp.Msg, nil)
	}, nil
}

func (c *apacheClient) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for _, t := range c.open {
		err = errors.Join(err, t.Close())
	}
	return err
}
