package vologrpc_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// stuck is a handler that runs until its context is done, and says why that
// was.
func stuck(entered chan<- struct{}, ended chan<- error) notes {
	return notes{get: func(ctx context.Context, in *note) (*note, error) {
		entered <- struct{}{}
		<-ctx.Done()
		ended <- context.Cause(ctx)
		return in, nil
	}}
}

// begin makes a call whose answer nobody waits for; cancel gives it up.
func (r road) begin(t *testing.T, address string) (cancel func()) {
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/test.v1.Notes/Get", bytes.NewReader(envelope(0, encoded("x"))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = webHeader(binaryForm)
	done := make(chan struct{})
	client := r.client(t)
	go func() {
		defer close(done)
		if resp, err := client.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return cancel
}

func TestWebCallersThatGo(t *testing.T) {
	everyRoad(t, func(t *testing.T, r road) {
		entered, ended := make(chan struct{}), make(chan error, 1)
		cancel := r.begin(t, r.serve(t, stuck(entered, ended), vologrpc.WithWeb(vologrpc.Web{})))
		<-entered
		cancel()
		if cause := <-ended; cause != vologrpc.ErrPeerGone {
			t.Errorf("the handler's context ended by %v, want ErrPeerGone", cause)
		}
	})
}

// enough gives f more and more time until it was enough, which f reports.
func enough(t *testing.T, f func(d time.Duration) bool) {
	t.Helper()
	for d := 10 * time.Millisecond; !f(d); d *= 4 {
		if d > time.Minute {
			t.Fatalf("even %v is not enough", d)
		}
	}
}

func TestWebDeadlines(t *testing.T) {
	everyRoad(t, func(t *testing.T, r road) {
		var address string
		enough(t, func(d time.Duration) bool {
			entered, ended := make(chan struct{}, 1), make(chan error, 1)
			address = r.serve(t, stuck(entered, ended), vologrpc.WithWeb(vologrpc.Web{}))
			header := webHeader(binaryForm, "Grpc-Timeout", fmt.Sprint(d.Milliseconds(), "m"))
			webCall(t, r.client(t), "http://"+address+"/test.v1.Notes/Get", header, envelope(0, encoded("x")))
			if len(entered) == 0 {
				return false
			}
			<-entered
			if cause := <-ended; cause != context.DeadlineExceeded {
				t.Errorf("the handler's context ended by %v, want DeadlineExceeded", cause)
			}
			return true
		})
		if r.name == roads[0].name {
			return // a unary call begins there when its request is complete
		}
		// A request that does not come is not waited for either.
		in, out := io.Pipe()
		defer out.Close()
		req, err := http.NewRequestWithContext(soon(t), http.MethodPost, "http://"+address+"/test.v1.Notes/Get", in)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = webHeader(binaryForm, "Grpc-Timeout", "10m")
		resp, err := r.client(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if a := readWeb(t, resp); a.code() != "4" {
			t.Errorf("got status %s, want 4", a.code())
		}
	})
}

// both are the servers whose end is ours to bring about, over HTTP/1.1.
var both = []struct {
	name  string
	start func(t testing.TB, h notes, opts ...vologrpc.ServerOption) (*vologrpc.Server, string)
}{{"own", start}, {"net/http", startOnNetHTTP}}

func TestWebCloseCutsCallsOff(t *testing.T) {
	for _, b := range both {
		for _, r := range roads[:2] {
			t.Run(fmt.Sprint(b.name, ", ", r.name[len("our "):]), func(t *testing.T) {
				entered, ended := make(chan struct{}), make(chan error, 1)
				s, address := b.start(t, stuck(entered, ended), vologrpc.WithWeb(vologrpc.Web{}))
				r.begin(t, address)
				<-entered
				s.Close()
				select {
				case cause := <-ended:
					if cause != vologrpc.ErrServerClosed {
						t.Errorf("the handler's context ended by %v, want ErrServerClosed", cause)
					}
				default:
					t.Error("Close did not wait for the handler")
				}
			})
		}
	}
}

func TestWebShutdownLetsCallsFinish(t *testing.T) {
	for _, b := range both {
		t.Run(b.name, func(t *testing.T) {
			entered, goOn := make(chan struct{}), make(chan struct{})
			s, address := b.start(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
				close(entered)
				<-goOn
				return in, ctx.Err()
			}}, vologrpc.WithWeb(vologrpc.Web{}))
			url := "http://" + address + "/test.v1.Notes/Get"
			answer := make(chan *webAnswer)
			client := roads[1].client(t)
			go func() { answer <- webCall(t, client, url, webHeader(binaryForm), envelope(0, encoded("x"))) }()
			<-entered
			down := make(chan error)
			go func() { down <- s.Shutdown(soon(t)) }()
			select {
			case err := <-down:
				t.Errorf("Shutdown did not wait: %v", err)
			case <-time.After(20 * time.Millisecond):
			}
			close(goOn)
			if a := <-answer; a.code() != "0" {
				t.Errorf("the call that ran: got status %s", a.code())
			}
			if err := <-down; err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			if b.name == "own" {
				if _, err := client.Post(url, binaryForm, nil); err == nil {
					t.Error("a call after it was answered")
				}
			} else if a := webCall(t, client, url, webHeader(binaryForm), envelope(0, encoded("x"))); a.code() != "14" {
				t.Errorf("a call after it: got status %s, want 14", a.code())
			}
		})
	}
}

// TestWebShutdownWithIdleConnections does not wait for them, whatever their
// state.
func TestWebShutdownWithIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := transport.NewMemoryListener()
		s := startOn(t, l, echo, vologrpc.WithWeb(vologrpc.Web{}))
		silent, kept := dialMemory(t, l), dialMemory(t, l)
		if resp := kept.call(t, "Get", envelope(0, encoded("x"))); resp.StatusCode != 200 {
			t.Fatalf("got %d", resp.StatusCode)
		}
		synctest.Wait()
		begun := time.Now()
		if err := s.Shutdown(t.Context()); err != nil || time.Since(begun) > time.Second {
			t.Errorf("Shutdown: %v after %v", err, time.Since(begun))
		}
		for _, c := range []*rawConn{silent, kept} {
			if _, err := c.r.ReadByte(); err == nil {
				t.Error("a connection is open")
			}
		}
	})
}

// A rawConn speaks HTTP/1.1 by hand.
type rawConn struct {
	net.Conn
	r *bufio.Reader
}

func dialMemory(t *testing.T, l *transport.MemoryListener) *rawConn {
	t.Helper()
	nc, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	return &rawConn{nc, bufio.NewReader(nc)}
}

func head(method string, more ...string) string {
	return "POST /test.v1.Notes/" + method + " HTTP/1.1\r\nHost: a\r\nContent-Type: " + binaryForm + "\r\n" + strings.Join(more, "\r\n") + "\r\n"
}

func (c *rawConn) call(t *testing.T, method string, body []byte) *http.Response {
	t.Helper()
	fmt.Fprintf(c, "%s\r\n%s", head(method, fmt.Sprintf("Content-Length: %d", len(body))), body)
	return c.answer(t)
}

// answer reads an answer with all of its body.
func (c *rawConn) answer(t *testing.T) *http.Response {
	t.Helper()
	resp, err := http.ReadResponse(c.r, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(b))
	return resp
}

// closed returns how long it takes until the server closes.
func (c *rawConn) closed() time.Duration {
	begun := time.Now()
	io.Copy(io.Discard, c.r)
	return time.Since(begun)
}

// TestSlowPeers has peers that hold connections of HTTP/1.1 without using
// them.
func TestSlowPeers(t *testing.T) {
	tests := []struct {
		what     string
		first    string
		drip     string // sent again and again, a byte a second
		from, to time.Duration
	}{
		{"say nothing", "", "", 10 * time.Second, 10 * time.Second},
		{"send a part of the preface", "PR", "", 10 * time.Second, 10 * time.Second},
		{"send a head byte by byte", "POST / HTTP/1.1\r\n", "x-a: b\r\n", 10 * time.Second, 11 * time.Second},
		{"send a message byte by byte", head("Get", "Content-Length: 105\r\n") + "\x00\x00\x00\x00\x64", "x", 30 * time.Second, 33 * time.Second},
		{"announce a message that does not come", head("Get", "Content-Length: 1000005\r\n") + "\x00\x00\x0f\x42\x40", "", 91 * time.Second, 93 * time.Second},
		{"do not end a request", head("Get", "Transfer-Encoding: chunked\r\n") + "5\r\n\x00\x00\x00\x00\x00\r\n", "", 30 * time.Second, 32 * time.Second},
		{"send what nobody wants", head("Burn", "Content-Length: 1000\r\n"), "x", time.Second, 3 * time.Second},
		{"call once", head("Get", "Content-Length: 5\r\n") + "\x00\x00\x00\x00\x00", "", 120 * time.Second, 120 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := transport.NewMemoryListener()
				startOn(t, l, echo, vologrpc.WithWeb(vologrpc.Web{}))
				c := dialMemory(t, l)
				io.WriteString(c, tt.first)
				stop := make(chan struct{})
				go func() {
					for i := 0; tt.drip != ""; i++ {
						select {
						case <-stop:
							return
						case <-time.After(time.Second):
							c.Write([]byte{tt.drip[i%len(tt.drip)]})
						}
					}
				}()
				if d := c.closed(); d < tt.from || d > tt.to {
					t.Errorf("closed after %v, want %v to %v", d, tt.from, tt.to)
				}
				close(stop)
			})
		})
	}
}

// TestPeersThatDoNotRead holds no handler for ever.
func TestPeersThatDoNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := transport.NewMemoryListener()
		failed := make(chan error, 1)
		startOn(t, l, notes{list: func(_ context.Context, in *note, s *vologrpc.Sender[note]) error {
			for {
				if err := s.Send(of(strings.Repeat("x", 100_000))); err != nil {
					failed <- err
					return err
				}
			}
		}}, vologrpc.WithWeb(vologrpc.Web{}), vologrpc.WithWriteTimeout(7*time.Second))
		c := dialMemory(t, l)
		begun := time.Now()
		io.WriteString(c, head("List", "Content-Length: 5\r\n")+"\x00\x00\x00\x00\x00")
		if err := <-failed; time.Since(begun) != 7*time.Second {
			t.Errorf("the handler goes on after %v, with %v", time.Since(begun), err)
		}
	})
}

func TestLimitsOfHTTP1(t *testing.T) {
	address := serve(t, echo, vologrpc.WithWeb(vologrpc.Web{}), vologrpc.WithMaxMetadataSize(10_000), vologrpc.WithMaxConns(1))
	url := "http://" + address + "/test.v1.Notes/Get"
	client := roads[1].client(t)
	one := envelope(0, encoded("x"))
	if a := webCall(t, client, url, webHeader(binaryForm, "X-A", strings.Repeat("x", 9_000)), one); a.code() != "0" {
		t.Errorf("metadata below the limit: got status %s", a.code())
	}
	if resp, err := roads[1].client(t).Post(url, binaryForm, bytes.NewReader(one)); err == nil {
		t.Errorf("a second connection: got %d, want none", resp.StatusCode)
		resp.Body.Close()
	}
	req, err := http.NewRequestWithContext(soon(t), http.MethodPost, url, bytes.NewReader(one))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = webHeader(binaryForm, "X-A", strings.Repeat("x", 20_000))
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("metadata over the limit: got %d, want 431", resp.StatusCode)
	}
}

// TestWebOverTLS lets the peer choose between both versions of HTTP, and gRPC
// in.
func TestWebOverTLS(t *testing.T) {
	cert, pool := certificate(t)
	h := notes{get: func(ctx context.Context, in *note) (*note, error) {
		if state := vologrpc.TLS(ctx); state == nil || len(state.PeerCertificates) != 1 {
			return nil, errors.New("the handler does not see the client's certificate")
		}
		if info := rpc.FromContext(ctx); !strings.HasPrefix(info.Caller.Address.String(), "127.0.0.1:") || info.Callee.Address.IsZero() {
			return nil, fmt.Errorf("from %v to %v", info.Caller.Address, info.Callee.Address)
		}
		return in, nil
	}}
	address := serve(t, h, vologrpc.WithWeb(vologrpc.Web{}), vologrpc.WithTLS(&tls.Config{
		Certificates: []tls.Certificate{cert}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}))
	trusting := &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{cert}}
	for _, http2 := range []bool{false, true} {
		var p http.Protocols
		p.SetHTTP1(!http2)
		p.SetHTTP2(http2)
		tr := &http.Transport{Protocols: &p, TLSClientConfig: trusting.Clone()}
		a := webCall(t, &http.Client{Transport: tr}, "https://"+address+"/test.v1.Notes/Get", webHeader(binaryForm), envelope(0, encoded("x")))
		if a.code() != "0" {
			t.Errorf("HTTP/2 %t: got status %s: %s", http2, a.code(), a.trailer.Get("grpc-message"))
		}
		tr.CloseIdleConnections()
	}
	if _, err := dial(t, address, vologrpc.WithTLS(trusting)).get(soon(t), ""); err != nil {
		t.Errorf("gRPC: %v", err)
	}
}

// TestWebAcceptedByOthers has connections come from a listener that closes
// those that are idle, which one with a call is not.
func TestWebAcceptedByOthers(t *testing.T) {
	for _, r := range roads[:2] {
		t.Run(r.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := vologrpc.NewServer(quiet, vologrpc.WithWeb(vologrpc.Web{}))
				s.Register(service(notes{get: func(ctx context.Context, in *note) (*note, error) {
					time.Sleep(time.Hour)
					return in, ctx.Err()
				}}))
				nl := transport.NewMemoryListener()
				l := (&transport.ListenConfig{IdleTimeout: time.Minute}).Wrap(nl)
				served := make(chan error)
				go func() { served <- l.Serve(s.Accept) }()
				client := r.client(t)
				client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return nl.Dial(ctx) }
				req, err := http.NewRequest(http.MethodPost, "http://a/test.v1.Notes/Get", bytes.NewReader(envelope(0, encoded("x"))))
				if err != nil {
					t.Fatal(err)
				}
				req.Header = webHeader(binaryForm)
				resp, err := client.Do(req)
				if err != nil {
					t.Fatal(err)
				}
				if a := readWeb(t, resp); a.code() != "0" {
					t.Errorf("got status %s", a.code())
				}
				resp.Body.Close()
				if time.Sleep(2 * time.Minute); l.Conns() != 0 {
					t.Error("an idle connection is open")
				}
				l.Close()
				<-served
				l.Wait()
				s.Close()
			})
		})
	}
}
