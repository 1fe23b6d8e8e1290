package apachetest

import (
	"crypto/tls"
	"net"
	"sync"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
)

// StartServer serves a zero [Handler] on a free port of loopback, in frames or
// without. stop ends it and waits until it has ended. It panics if there is no
// port to have.
func StartServer(framed bool) (addr string, stop func()) {
	addr, stop, err := Start(new(Handler), framed)
	if err != nil {
		panic(err)
	}
	return addr, stop
}

// Start serves h on a free port of loopback. Both services are reached by the
// plain names of their methods. stop lets the requests that run finish, closes
// all connections and waits until the server has ended.
func Start(h *Handler, framed bool) (addr string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	stop, err = StartOn(listener, nil, h, framed)
	return listener.Addr().String(), stop, err
}

// StartOn is Start for a listener of one's own, which it closes, encrypted
// unless config is nil. The server is Apache's TSimpleServer, which answers the
// requests of a connection one after the other.
func StartOn(listener net.Listener, config *tls.Config, h *Handler, framed bool) (stop func(), err error) {
	conns := &conns{Listener: listener}
	listener = conns
	if config != nil {
		listener = tls.NewListener(conns, config)
	}
	socket := thrift.NewTServerSocketFromFactoryTimeout(
		func(net.Addr) (net.Listener, error) { return listener, nil }, listener.Addr(), 0)
	server := thrift.NewTSimpleServer4(processor(h), socket, transports(framed), protocols())
	if err := server.Listen(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve() // its error is that of the closed listener
	}()
	return func() {
		conns.endAll()
		server.Stop()
		<-done
	}, nil
}

// NewClient returns a client of a server at addr. It holds one connection and
// is not safe for concurrent use.
func NewClient(addr string, framed bool) (c *thrifttest.ThriftTestClient, close func(), err error) {
	t, close, err := Dial(addr, framed)
	if err != nil {
		return nil, nil, err
	}
	return thrifttest.NewThriftTestClient(t), close, nil
}

// Dial connects to addr. The client is what Apache's generated clients are made
// from.
func Dial(addr string, framed bool) (c thrift.TClient, close func(), err error) {
	return DialOver(thrift.NewTSocketConf(addr, nil), framed)
}

// DialOver is Dial for a socket of one's own, which it opens.
func DialOver(socket thrift.TTransport, framed bool) (c thrift.TClient, close func(), err error) {
	t, err := transports(framed).GetTransport(socket)
	if err != nil {
		return nil, nil, err
	}
	if err := t.Open(); err != nil {
		return nil, nil, err
	}
	return thrift.NewTStandardClient(protocols().GetProtocol(t), protocols().GetProtocol(t)), func() { t.Close() }, nil
}

func processor(h *Handler) thrift.TProcessor {
	p := thrifttest.NewThriftTestProcessor(h)
	for name, f := range thrifttest.NewSecondServiceProcessor(h).ProcessorMap() {
		p.AddToProcessorMap(name, f)
	}
	return p
}

func transports(framed bool) thrift.TTransportFactory {
	if framed {
		return thrift.NewTFramedTransportFactoryConf(thrift.NewTTransportFactory(), nil)
	}
	return thrift.NewTBufferedTransportFactory(4096)
}

func protocols() thrift.TProtocolFactory {
	strict := true
	return thrift.NewTBinaryProtocolFactoryConf(&thrift.TConfiguration{TBinaryStrictRead: &strict, TBinaryStrictWrite: &strict})
}

// conns is a listener that knows its connections. TSimpleServer would wait for
// its clients to leave; conns shows them out.
type conns struct {
	net.Listener

	mu    sync.Mutex
	ended bool
	open  []halfCloser
}

// A halfCloser is a connection of TCP or of a unix socket.
type halfCloser interface{ CloseRead() error }

func (l *conns) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	half := conn.(halfCloser)
	l.open = append(l.open, half)
	if l.ended {
		half.CloseRead()
	}
	return conn, nil
}

// endAll lets every connection read the end of its requests, which is how a
// client leaves; what it has asked before is answered.
func (l *conns) endAll() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for _, conn := range l.open {
		conn.CloseRead()
	}
}
