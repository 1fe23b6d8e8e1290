package transport

import (
	"cmp"
	"container/list"
	"context"
	"crypto/tls"
	"log/slog"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Map of this file: SplitConfig and Split, what users set and call; splitter,
// which accepts; part, the listener that a server gets. How the first bytes are
// looked at is in split_open.go, what they may be in split_rule.go.
//
//	net.Listener ─► splitter ─► handshake ─► first bytes ─► rules ─┬─► part 0
//	                                                               └─► part 1

// What a SplitConfig without a value uses.
const (
	DefaultMaxOpening = 1024
	// closeGrace is how long a part that was closed still takes connections
	// that were accepted before.
	closeGrace = time.Second
)

// A SplitConfig says how to share a port. The zero value is ready to use.
type SplitConfig struct {
	// TLS, if it is not nil, is spoken with every peer before its connection
	// goes to a server, which must not do so again. Without NextProtos, "h2"
	// and "http/1.1" are offered; peers of a protocol that has no name for
	// ALPN offer nothing and are welcome.
	TLS *tls.Config
	// Timeout bounds the time from the accept until the connection is with a
	// server: handshake and first bytes. Zero is DefaultHandshakeTimeout.
	Timeout time.Duration
	// MaxOpening is how many connections may be in that time at once. Where
	// there are more, the one that took longest is closed. Zero or less is
	// DefaultMaxOpening.
	MaxOpening int
	// Logger gets accept errors, failed handshakes and connections that no
	// rule wants. Nil is slog.Default().
	Logger *slog.Logger
}

// Split shares l, which it owns from now on, between as many servers as there
// are rules, and returns a listener for each. A connection goes to the first
// listener whose rule says Yes; all its bytes are still to be read. Where it is
// TCP or a unix socket without TLS, it is the very connection that l has
// accepted, so that no call ever pays for the choice.
//
//	parts := transport.Split(l, transport.SplitConfig{}, transport.HTTP, transport.Anything)
//	go grpc.Serve(parts[0])
//	go thrift.Serve(parts[1])
//
// Connections are accepted once any part is. A part that is closed goes on to
// take, for a moment, what was accepted before; later connections for it are
// closed, while the others live on. l is closed with the last part.
func Split(l net.Listener, config SplitConfig, rules ...Rule) []net.Listener {
	s := &splitter{
		nl:      l,
		config:  config,
		done:    make(chan struct{}),
		opening: list.New(),
	}
	s.config.Timeout = cmp.Or(config.Timeout, DefaultHandshakeTimeout)
	s.config.MaxOpening = cmp.Or(max(config.MaxOpening, 0), DefaultMaxOpening)
	if s.config.Logger == nil {
		s.config.Logger = slog.Default()
	}
	if t := config.TLS; t != nil && t.NextProtos == nil {
		s.config.TLS = t.Clone()
		s.config.TLS.NextProtos = []string{"h2", "http/1.1"}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.accepted = make(chan struct{})
	s.start = sync.OnceFunc(func() {
		s.started.Store(true)
		s.running.Go(s.accept)
	})
	listeners := make([]net.Listener, len(rules))
	for i, rule := range rules {
		p := &part{splitter: s, rule: rule, conns: make(chan net.Conn), over: make(chan struct{})}
		s.parts = append(s.parts, p)
		listeners[i] = p
	}
	return listeners
}

// A splitter accepts for its parts.
type splitter struct {
	nl     net.Listener
	config SplitConfig
	parts  []*part
	start  func() // once
	done   chan struct{}

	started  atomic.Bool
	accepted chan struct{} // closed once nl accepts no more, if it was started

	ctx    context.Context // of handshakes
	cancel context.CancelFunc

	running sync.WaitGroup // accept, and one for each connection that opens

	mu      sync.Mutex
	last    uint64     // number of the latest connection
	opening *list.List // of *opener, the oldest first
	closed  int        // parts
	overs   int        // parts, too
	failed  error      // of nl, which somebody has closed
}

// accept is the life of the splitter.
func (s *splitter) accept() {
	err := acceptFrom(s.nl, s.done, s.config.Logger, s.open)
	close(s.accepted)
	s.mu.Lock()
	if err != ErrListenerClosed {
		s.failed = err
	}
	s.mu.Unlock()
	for _, p := range s.parts {
		p.Close()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.parts {
		p.until = min(p.until, s.last)
	}
	s.settle()
}

// open starts to look at a connection.
func (s *splitter) open(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.overs == len(s.parts) {
		nc.Close()
		return
	}
	if s.opening.Len() >= s.config.MaxOpening {
		s.opening.Front().Value.(*opener).cancel()
		s.opening.Remove(s.opening.Front())
	}
	s.last++
	o := &opener{splitter: s, number: s.last, nc: nc}
	o.ctx, o.cancel = context.WithTimeout(s.ctx, s.config.Timeout)
	place := s.opening.PushBack(o)
	s.running.Go(func() {
		o.run()
		s.mu.Lock()
		defer s.mu.Unlock()
		s.opening.Remove(place) // does nothing if it was removed
		s.settle()
	})
}

// settle ends the parts that were closed and have nothing to wait for. The
// caller holds mu.
func (s *splitter) settle() {
	oldest := s.last + 1
	if front := s.opening.Front(); front != nil {
		oldest = front.Value.(*opener).number
	}
	for _, p := range s.parts {
		if p.closed && p.until < oldest {
			p.end()
		}
	}
}

// A part is the listener that one server gets.
type part struct {
	splitter *splitter
	rule     Rule
	conns    chan net.Conn
	over     chan struct{} // closed when it takes no more

	// The rest is guarded by splitter.mu.
	closed bool
	until  uint64 // number of the last connection it takes
	ended  bool
	timer  *time.Timer // ends it
}

// Accept implements [net.Listener].
func (p *part) Accept() (net.Conn, error) {
	p.splitter.start()
	select {
	case nc := <-p.conns:
		return nc, nil
	case <-p.over:
		return nil, p.splitter.wait()
	}
}

// Close implements [net.Listener]. What was accepted before may still come.
func (p *part) Close() error {
	last, err := p.close()
	if last {
		err = p.splitter.stop()
	}
	return err
}

// close closes the part and says whether it was the last.
func (p *part) close() (last bool, err error) {
	s := p.splitter
	s.mu.Lock()
	defer s.mu.Unlock()
	if p.closed {
		return false, net.ErrClosed
	}
	p.closed, p.until = true, s.last
	p.timer = time.AfterFunc(closeGrace, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.end()
	})
	s.closed++
	if s.closed == len(s.parts) {
		p.until = math.MaxUint64 // until accept returns, who may hold one
		close(s.done)
		return true, nil
	}
	s.settle()
	return false, nil
}

// stop closes nl. Where it can, it has accept do so, which loses nobody.
func (s *splitter) stop() error {
	if s.started.Load() && endAccept(s.nl) {
		<-s.accepted
		return nil
	}
	err := s.nl.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	return err
}

// Addr implements [net.Listener].
func (p *part) Addr() net.Addr { return p.splitter.nl.Addr() }

// end takes no connection any more. The caller holds splitter.mu.
func (p *part) end() {
	if p.ended {
		return
	}
	p.ended = true
	p.timer.Stop()
	close(p.over)
	s := p.splitter
	s.overs++
	if s.overs == len(s.parts) {
		s.cancel() // whoever has not said what it wants
	}
}

// wants reports whether the part takes a connection that is for it.
func (p *part) wants(number uint64) bool {
	p.splitter.mu.Lock()
	defer p.splitter.mu.Unlock()
	return !p.closed || number <= p.until
}

// wait waits, once all parts have ended, for our goroutines, and returns what
// Accept returns.
func (s *splitter) wait() error {
	if s.ctx.Err() != nil {
		s.running.Wait()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failed != nil {
		return s.failed
	}
	return net.ErrClosed
}

// An opened is a connection of which some bytes were read already. [NewConn]
// takes it apart again.
type opened struct {
	net.Conn
	first []byte
}

func (o *opened) Read(b []byte) (int, error) {
	if len(o.first) > 0 {
		n := copy(b, o.first)
		o.first = o.first[n:]
		return n, nil
	}
	return o.Conn.Read(b)
}
