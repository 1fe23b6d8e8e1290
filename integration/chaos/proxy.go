package chaos

import (
	"net"
	"sync"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// A Fault is what a [Proxy] does to the connections through it.
type Fault uint8

// The faults of a proxy.
const (
	None   Fault = iota
	Hold         // connections are accepted and bytes are taken; they go on when it is over
	Slow         // bytes take SlowBy longer, either way
	Cut          // connections are reset in the middle of an answer
	Refuse       // nobody listens; connections that there are are reset
	Forget       // connections that there are never carry a byte again; new ones are well
)

// SlowBy is how much longer bytes take on a way that is slow.
const SlowBy = 100 * time.Millisecond

// A Proxy is a way to an instance on which faults happen.
type Proxy struct {
	Address rpc.Address
	to      string

	mu       sync.Mutex
	fault    Fault
	changed  chan struct{} // closed when fault is another
	listener net.Listener
	pairs    map[*pair]bool
	running  sync.WaitGroup
}

// A pair is a connection and how it goes on.
type pair struct {
	client, server *net.TCPConn
	forgotten      bool
}

// NewProxy listens for connections, which go on to an address.
func NewProxy(to rpc.Address) (*Proxy, error) {
	p := &Proxy{Address: rpc.TCP("127.0.0.1:0"), to: to.String(), changed: make(chan struct{}), pairs: map[*pair]bool{}}
	return p, p.listen()
}

func (p *Proxy) listen() error {
	l, err := net.Listen("tcp", p.Address.String())
	if err != nil {
		return err
	}
	p.Address = rpc.AddressOf(l.Addr())
	p.listener = l
	p.running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.running.Go(func() { p.carry(c.(*net.TCPConn)) })
		}
	})
	return nil
}

// Set begins a fault, which ends the one before.
func (p *Proxy) Set(f Fault) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	was := p.fault
	p.fault = f
	close(p.changed)
	p.changed = make(chan struct{})
	for pair := range p.pairs {
		switch f {
		case Forget:
			pair.forgotten = true
		case Refuse:
			pair.reset()
		}
	}
	switch {
	case f == Refuse:
		return p.listener.Close()
	case was == Refuse:
		return p.listen()
	}
	return nil
}

// Connections returns how many connections go through p.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.pairs)
}

// Close ends all connections and waits until nothing is left of them.
func (p *Proxy) Close() {
	p.Set(None)
	p.listener.Close()
	p.mu.Lock()
	for pair := range p.pairs {
		pair.reset()
	}
	p.mu.Unlock()
	p.running.Wait()
}

func (p *Proxy) carry(client *net.TCPConn) {
	to, err := net.Dial("tcp", p.to)
	if err != nil {
		reset(client)
		return
	}
	both := &pair{client: client, server: to.(*net.TCPConn)}
	p.mu.Lock()
	p.pairs[both] = true
	p.mu.Unlock()
	var ways sync.WaitGroup
	ways.Go(func() { p.copy(both, both.server, client, false) })
	ways.Go(func() { p.copy(both, client, both.server, true) })
	ways.Wait()
	p.mu.Lock()
	delete(p.pairs, both)
	p.mu.Unlock()
}

// copy carries bytes one way until the connection ends, for which it ends the
// other way too.
func (p *Proxy) copy(both *pair, to, from *net.TCPConn, answers bool) {
	defer both.close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if err != nil {
			return
		}
		switch p.pass(both) {
		case Forget:
			continue
		case Cut:
			if answers {
				to.Write(buf[:n/2])
				both.reset()
				return
			}
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

// pass waits until bytes may go on, and says what is wrong with them.
func (p *Proxy) pass(both *pair) Fault {
	for {
		p.mu.Lock()
		fault, changed, forgotten := p.fault, p.changed, both.forgotten
		p.mu.Unlock()
		switch {
		case forgotten:
			return Forget
		case fault == Hold:
			<-changed
			continue
		case fault == Forget:
			return None
		case fault == Slow:
			select {
			case <-time.After(SlowBy):
			case <-changed:
			}
		}
		return fault
	}
}

func (b *pair) close() {
	b.client.Close()
	b.server.Close()
}

func (b *pair) reset() {
	reset(b.client)
	reset(b.server)
}

func reset(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}
