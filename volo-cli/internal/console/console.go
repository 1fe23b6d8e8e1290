package console

import (
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"time"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// The limits.
const (
	defaultMaxBody = 32 << 20
	maxCalls       = 64                     // at once
	bodyPatience   = 30 * time.Second       // for a request's body
	askPatience    = 30 * time.Second       // for what the server offers
	callPatience   = 30 * time.Second       // for calls that are no streams, unless the user says
	stopPatience   = 2 * time.Second        // for calls that tell of their end, when all is over
	closePatience  = 100 * time.Millisecond // for other requests, then
)

// A Config says what a console shows.
type Config struct {
	// Open returns the peer that is called; the console closes it. It is asked
	// when the page is first looked at, and again when it is reloaded.
	Open func(context.Context) (*invoke.Peer, error)

	Target string // for people; "" if there is nothing to call
	// Command is the beginning of `volo call` for the same peer, for copying.
	Command []string
	// Call is what calls begin with: metadata and a timeout, which the page
	// lets its user change.
	Call invoke.Call
	// MaxBody bounds the body of a request, in bytes; 0 is 32 MiB.
	MaxBody int64
}

// A Console is the page and what stands behind it. It is for one use of Serve,
// or to be closed.
type Console struct {
	config Config
	token  string
	mux    *http.ServeMux
	peers  peers
	calls  calls
}

// New returns a console.
func New(c Config) *Console {
	if c.MaxBody <= 0 {
		c.MaxBody = defaultMaxBody
	}
	console := &Console{config: c, token: rand.Text(), peers: peers{open: c.Open}}
	mux := http.NewServeMux()
	page, _ := fs.Sub(assets, "assets") // there is such a folder
	mux.Handle("/", http.FileServerFS(page))
	mux.HandleFunc("GET /api/peer", console.api(console.servePeer))
	mux.HandleFunc("GET /api/outline", console.api(console.serveOutline))
	mux.HandleFunc("POST /api/reload", console.api(console.serveReload))
	mux.HandleFunc("POST /api/check", console.api(console.serveCheck))
	mux.HandleFunc("POST /api/calls", console.api(console.serveCall))
	mux.HandleFunc("POST /api/calls/{id}/messages", console.api(console.serveMessage))
	mux.HandleFunc("POST /api/calls/{id}/end", console.api(console.serveEnd))
	mux.HandleFunc("DELETE /api/calls/{id}", console.api(console.serveCancel))
	mux.HandleFunc("/api/", console.api(func(http.ResponseWriter, *http.Request) error {
		return &httpError{http.StatusNotFound, errors.New("console: there is no such part of the API")}
	}))
	console.mux = mux
	return console
}

// URL is where the page is if it is served on addr, with the token.
func (c *Console) URL(addr net.Addr) string {
	host := addr.String()
	if tcp, ok := addr.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		_, port, _ := net.SplitHostPort(host) // made by net
		host = net.JoinHostPort("localhost", port)
	}
	return "http://" + host + "/#token=" + c.token
}

// Serve serves the page until ctx is done; then it cancels all calls and
// returns nil when they have ended. It closes l and the peer.
func (c *Console) Serve(ctx context.Context, l net.Listener) error {
	// Requests are of a context that does not end with ctx, so that calls that
	// end with ctx can tell so.
	requests, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	server := &http.Server{
		Handler:           c,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		BaseContext:       func(net.Listener) context.Context { return requests },
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	var err error
	select {
	case err = <-served:
		served <- err
	case <-ctx.Done():
	}
	c.calls.stop(stopPatience)
	patience, done := context.WithTimeout(requests, closePatience)
	defer done()
	if server.Shutdown(patience) != nil {
		cancel()
		server.Close()
	}
	<-served
	c.calls.group.Wait()
	return errors.Join(err, c.Close())
}

// Open opens the peer now instead of when the page is looked at, which tries
// again if it fails.
func (c *Console) Open(ctx context.Context) error {
	_, leave, err := c.peers.use(ctx)
	if err != nil {
		return err
	}
	return leave()
}

// Close closes the peer, once the calls on it have ended.
func (c *Console) Close() error { return c.peers.close() }
