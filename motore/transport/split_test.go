package transport_test

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

func TestRules(t *testing.T) {
	alpn := func(name string) *tls.ConnectionState { return &tls.ConnectionState{NegotiatedProtocol: name} }
	for _, tt := range []struct {
		what  string
		rule  transport.Rule
		first string
		tls   *tls.ConnectionState
		want  transport.Verdict
	}{
		{"HTTP2 waits for the first byte", transport.HTTP2, "", nil, transport.More},
		{"HTTP2 waits while it may be the preface", transport.HTTP2, "PRI", nil, transport.More},
		{"HTTP2 knows the preface", transport.HTTP2, "PRI * HTTP/2.0\r\n", nil, transport.Yes},
		{"HTTP2 believes ALPN without a byte", transport.HTTP2, "", alpn("h2"), transport.Yes},
		{"HTTP2 looks at bytes where ALPN says nothing", transport.HTTP2, "PRI ", alpn(""), transport.Yes},
		{"HTTP2 leaves HTTP/1.1 alone", transport.HTTP2, "POST", nil, transport.No},
		{"HTTP takes the preface", transport.HTTP, "PRI ", nil, transport.Yes},
		{"HTTP takes a method", transport.HTTP, "OPTIONS /", nil, transport.Yes},
		{"HTTP waits while it may be a method", transport.HTTP, "P", nil, transport.More},
		{"HTTP believes ALPN", transport.HTTP, "", alpn("http/1.1"), transport.Yes},
		{"HTTP leaves TTHeader alone", transport.HTTP, "\x00\x00\x00\x40\x10\x00", nil, transport.No},
		{"HTTP leaves unframed Thrift alone", transport.HTTP, "\x80", nil, transport.No},
		{"Anything wants to hear something", transport.Anything, "", nil, transport.More},
		{"Anything takes any byte", transport.Anything, "\x00", nil, transport.Yes},
	} {
		if got := tt.rule(transport.Opening{First: []byte(tt.first), TLS: tt.tls}); got != tt.want {
			t.Errorf("%s: got %d, want %d", tt.what, got, tt.want)
		}
	}
}

// A shared is a port of two echo servers: one puts "http:" before all that a
// connection says, the other "rest:".
type shared struct {
	t     *testing.T
	nl    net.Listener
	parts [2]*transport.Listener
	end   func()
	dial  func() net.Conn
}

// share listens, with TLS if the medium says so.
func share(t *testing.T, medium string, engine transport.Engine, config transport.SplitConfig) *shared {
	network, address := "tcp", "127.0.0.1:0"
	if strings.HasSuffix(medium, "unix") {
		network, address = "unix", filepath.Join(t.TempDir(), "s")
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	s := &shared{t: t, nl: must(net.Listen(network, address))}
	s.dial = func() net.Conn {
		return closeLater(t, must(net.Dial(network, s.nl.Addr().String())))
	}
	if medium == "TLS" {
		ca := newAuthority(t)
		config.TLS = ca.server()
		s.dial = func() net.Conn {
			return closeLater(t, must(tls.Dial("tcp", s.nl.Addr().String(), ca.client())))
		}
	}
	var serving sync.WaitGroup
	for i, nl := range transport.Split(s.nl, config, transport.HTTP2, transport.Anything) {
		s.parts[i] = (&transport.ListenConfig{Engine: engine}).Wrap(nl)
		serving.Go(func() {
			s.parts[i].Serve(func(c *transport.Conn) transport.ConnHandler {
				return &named{c, []byte([]string{"http:", "rest:"}[i])}
			})
		})
	}
	s.end = sync.OnceFunc(func() {
		for _, l := range s.parts {
			l.Close()
			l.CloseConns()
			l.Wait()
		}
		serving.Wait()
	})
	t.Cleanup(s.end)
	return s
}

// A named echoes what it gets, its name before the first of it.
type named struct {
	c    *transport.Conn
	name []byte
}

func (n *named) Data(in []byte) (int, int, error) {
	err := n.c.Write(append(n.name, in...))
	n.name = nil
	return len(in), 0, err
}

func (n *named) Closed(error) {}

// says sends all and returns what comes back, want bytes at most.
func (s *shared) says(nc net.Conn, all string, want int) (string, error) {
	s.t.Helper()
	nc.SetDeadline(time.Now().Add(patience))
	sent := make(chan error, 1)
	go func() {
		_, err := io.WriteString(nc, all)
		sent <- err
	}()
	got := make([]byte, want)
	n, err := io.ReadFull(nc, got)
	return string(got[:n]), errors.Join(err, <-sent)
}

func TestOneListenerForTwo(t *testing.T) {
	checkGoroutines(t)
	for _, medium := range []string{"TCP", "unix", "TLS"} {
		for _, engine := range []transport.Engine{transport.EngineNet, transport.EngineNetpoll} {
			t.Run(medium+", "+engine.String(), func(t *testing.T) {
				s := share(t, medium, engine, transport.SplitConfig{})
				for first, want := range map[string]string{
					"PRI * HTTP/2.0":         "http:PRI * HTTP/2.0",
					"PRINCE":                 "rest:PRINCE",
					"\x00":                   "rest:\x00",
					strings.Repeat("x", 9e5): "rest:" + strings.Repeat("x", 9e5),
				} {
					if got, err := s.says(s.dial(), first, len(want)); got != want || err != nil {
						t.Errorf("%.20q: got %.20q and %v, want %.20q", first, got, err, want)
					}
				}
				slow := s.dial() // that says a little at a time
				for _, b := range []string{"P", "R", "I"} {
					io.WriteString(slow, b)
					if got, err := s.says(s.dial(), "a", 6); got != "rest:a" || err != nil {
						t.Errorf("beside a slow peer: got %q and %v", got, err)
					}
				}
				if got, err := s.says(slow, " *", 10); got != "http:PRI *" || err != nil {
					t.Errorf("a slow peer: got %q and %v", got, err)
				}
			})
		}
	}
}

func TestWhoSaysNothingIsNotHeldForLong(t *testing.T) {
	checkGoroutines(t)
	for _, medium := range []string{"TCP", "unix", "TLS"} {
		t.Run(medium, func(t *testing.T) {
			var logged lines
			s := share(t, medium, transport.EngineNet, transport.SplitConfig{Timeout: 300 * time.Millisecond, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			for _, first := range []string{"", "PR"} {
				if got, err := s.says(s.dial(), first, 1); err == nil || got != "" {
					t.Errorf("%q: got %q and %v, want the end", first, got, err)
				}
			}
			s.end()
			if got := logged.String(); strings.Count(got, "SplitConfig.Timeout") != 2 {
				t.Errorf("got the log %q", got)
			}
		})
	}
}

// lines is a log.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestASilentCrowdDoesNotKeepOthersOut(t *testing.T) {
	checkGoroutines(t)
	s := share(t, "TCP", transport.EngineNet, transport.SplitConfig{MaxOpening: 3})
	var silent []net.Conn
	for range 10 {
		silent = append(silent, s.dial())
	}
	if got, err := s.says(s.dial(), "a", 6); got != "rest:a" || err != nil {
		t.Errorf("behind the crowd: got %q and %v", got, err)
	}
	for i, nc := range silent {
		if i < 8 { // those before the newest
			if got, err := s.says(nc, "", 1); err == nil {
				t.Errorf("silent peer %d: got %q", i, got)
			}
		} else if got, err := s.says(nc, "b", 6); got != "rest:b" || err != nil {
			t.Errorf("silent peer %d, at last: got %q and %v", i, got, err)
		}
	}
}

func TestPartsEndOneByOne(t *testing.T) {
	checkGoroutines(t)
	s := share(t, "TCP", transport.EngineNet, transport.SplitConfig{})
	settled := s.dial()
	if got, err := s.says(settled, "a", 6); got != "rest:a" || err != nil {
		t.Fatalf("got %q and %v", got, err)
	}
	undecided := s.dial()
	io.WriteString(undecided, "P")
	// Connections are looked at in order: the next answer proves that the
	// undecided one was accepted.
	s.says(s.dial(), "b", 6)
	closed := make(chan error)
	go func() { closed <- s.parts[1].Settle(t.Context()) }()
	if got, err := s.says(undecided, "x", 7); got != "rest:Px" || err != nil {
		t.Errorf("accepted before the close: got %q and %v", got, err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Settle: got %v", err)
	}
	if got, err := s.says(s.dial(), "c", 6); err == nil {
		t.Errorf("after the close: got %q", got)
	}
	if got, err := s.says(s.dial(), "PRI ", 9); got != "http:PRI " || err != nil {
		t.Errorf("the other part: got %q and %v", got, err)
	}
	if got, err := s.says(settled, "d", 1); got != "d" || err != nil {
		t.Errorf("a connection of the closed part: got %q and %v", got, err)
	}
	s.parts[0].Close()
	if nc, err := net.Dial("tcp", s.nl.Addr().String()); err == nil {
		nc.Close()
		t.Error("the port is open after its last part was closed")
	}
}

func TestAListenerClosedBehindOurBackEndsItsParts(t *testing.T) {
	checkGoroutines(t)
	nl := must(net.Listen("tcp", "127.0.0.1:0"))
	parts := transport.Split(nl, transport.SplitConfig{}, transport.HTTP2, transport.Anything)
	ended := make(chan error)
	for _, p := range parts {
		go func() {
			_, err := p.Accept()
			ended <- err
		}()
	}
	nl.Close()
	for range parts {
		if err := <-ended; !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
	f.Add([]byte("OPTIONS / HTTP/1.1\r\n"))
	f.Add([]byte{0, 0, 0, 64, 0x10, 0})
	f.Fuzz(func(t *testing.T, first []byte) {
		for name, rule := range map[string]transport.Rule{"HTTP2": transport.HTTP2, "HTTP": transport.HTTP} {
			decided := false
			for n := range len(first) + 1 {
				v := rule(transport.Opening{First: first[:n]})
				if decided && v == transport.More {
					t.Errorf("%s changes its mind after %d bytes of %q", name, n, first)
				}
				decided = v != transport.More
				if n > 8 && !decided {
					t.Errorf("%s does not know after %d bytes of %q", name, n, first)
				}
			}
		}
	})
}
