package debugpage

import (
	"sync"
	"time"

	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/loadbalance"
	"github.com/volo-go/volo/motore/observe"
)

// Config says what a page keeps.
type Config struct {
	// Title is the heading, as the name of the process.
	Title string

	// Slow is how long a call takes at least to be kept as a slow one; zero
	// stands for 200 ms.
	Slow time.Duration

	// Recent is how many failed, and as many slow, calls are kept; zero stands
	// for 50.
	Recent int

	// Pprof is where net/http/pprof is mounted, to link to it; "" for
	// nowhere.
	Pprof string
}

// A Server is what servers of both frameworks say of themselves.
type Server interface{ Load() observe.Load }

// A Client is what clients of both frameworks say of themselves.
type Client interface {
	Balancing() []loadbalance.ServiceState
	Peers() []observe.Peer
}

// A Page shows what it has observed, and the sources that it was given. It is
// made by [New], and may be used concurrently.
type Page struct {
	config  Config
	started time.Time
	calls   book

	mu       sync.Mutex
	servers  []named[Server]
	clients  []named[Client]
	breakers []named[*breaker.Circuits]
}

type named[T any] struct {
	name   string
	source T
}

// New returns a page without sources.
func New(c Config) *Page {
	if c.Slow <= 0 {
		c.Slow = 200 * time.Millisecond
	}
	if c.Recent <= 0 {
		c.Recent = 50
	}
	p := &Page{config: c, started: time.Now()}
	p.calls.init(c)
	return p
}

// Server shows a server.
func (p *Page) Server(name string, s Server) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.servers = append(p.servers, named[Server]{name, s})
}

// Client shows the connections of a client, and its balancer.
func (p *Page) Client(name string, c Client) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clients = append(p.clients, named[Client]{name, c})
}

// Breaker shows the circuits of a layer of package breaker.
func (p *Page) Breaker(name string, c *breaker.Circuits) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.breakers = append(p.breakers, named[*breaker.Circuits]{name, c})
}
