package vologrpc_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// TestHandlerServesGRPC has our client call a server of net/http.
func TestHandlerServesGRPC(t *testing.T) {
	c := dial(t, serveOnNetHTTP(t, echo))
	big := strings.Repeat("x", 1_000_000)
	if got, err := c.get(soon(t), big); err != nil || got != big {
		t.Errorf("unary: got %d bytes and %v", len(got), err)
	}
	if got, err := c.with(vologrpc.CallCompression("gzip")).get(soon(t), big); err != nil || got != big {
		t.Errorf("unary, compressed: got %d bytes and %v", len(got), err)
	}
	up, err := c.put(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"a", "b", "c"} {
		if err := up.Send(of(s)); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := up.CloseAndRecv(); err != nil || out.Value != "abc" {
		t.Errorf("client streaming: got %v and %v", out, err)
	}
	down, err := c.list(soon(t), "abc")
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for {
		m, err := down.Recv()
		if err != nil {
			if err != io.EOF {
				t.Errorf("server streaming: %v", err)
			}
			break
		}
		all += m.Value
	}
	if all != "abc" {
		t.Errorf("server streaming: got %q", all)
	}
	turns, err := c.chat(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"a", "b", "c"} { // each waits for its answer
		if err := turns.Send(of(s)); err != nil {
			t.Fatal(err)
		}
		if m, err := turns.Recv(); err != nil || m.Value != s {
			t.Fatalf("bidi: got %v and %v, want %q", m, err, s)
		}
	}
	turns.CloseSend()
	if _, err := turns.Recv(); err != io.EOF {
		t.Errorf("bidi: got %v at the end", err)
	}
}

func TestHandlerMetadataAndStatus(t *testing.T) {
	h := notes{get: func(ctx context.Context, in *note) (*note, error) {
		vologrpc.SetHeader(ctx, "x-a", vologrpc.MetadataFrom(ctx).Get("x-in"), "x-same", "head")
		vologrpc.SetTrailer(ctx, "x-b-bin", "\x00\xff", "x-b-bin", "b", "x-same", "tail")
		switch in.Value {
		case "biz":
			return nil, &vologrpc.BizError{Status: 7, Message: "no", Extra: map[string]string{"k": "v"}}
		case "fail":
			return nil, vologrpc.Errorf(vologrpc.NotFound, "100%% ü\n").WithDetails(of("detail"))
		}
		return in, nil
	}}
	c := dial(t, serveOnNetHTTP(t, h))
	for _, value := range []string{"", "fail", "biz"} {
		var r vologrpc.Received
		_, err := c.get(vologrpc.WithReceived(vologrpc.WithMetadata(soon(t), "x-in", "1"), &r), value)
		if value == "" && err != nil || r.Header.Get("x-a") != "1" || r.Header.Get("x-same") != "head" || r.Trailer.Get("x-same") != "tail" {
			t.Errorf("%q: got %v, header %v, trailer %v", value, err, r.Header, r.Trailer)
		}
		if got := r.Trailer.Values("x-b-bin"); len(got) != 2 || got[0] != "\x00\xff" || got[1] != "b" {
			t.Errorf("%q: binary trailer: got %q", value, got)
		}
		var e *vologrpc.Error
		var biz *vologrpc.BizError
		switch errors.As(err, &e); value {
		case "fail":
			if e == nil || e.Code != vologrpc.NotFound || e.Message != "100% ü\n" || len(e.Details) != 1 {
				t.Errorf("got %v", err)
			}
		case "biz":
			if !errors.As(err, &biz) || biz.Status != 7 || biz.Extra["k"] != "v" {
				t.Errorf("got %v", err)
			}
		}
	}
}

type userKey struct{}

// TestHandlerBehindMiddleware: what middleware of net/http puts into the
// context is there for layers and handlers.
func TestHandlerBehindMiddleware(t *testing.T) {
	var layers atomic.Int32
	s := vologrpc.NewServer(quiet, vologrpc.WithLayers(func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			layers.Add(1)
			return next.Call(ctx, req)
		})
	}))
	s.Register(service(notes{get: func(ctx context.Context, in *note) (*note, error) {
		info := rpc.FromContext(ctx)
		if info.Caller.Address.IsZero() || info.Callee.Address.IsZero() || vologrpc.TLS(ctx) != nil {
			return nil, vologrpc.Errorf(vologrpc.Internal, "from %v to %v", info.Caller.Address, info.Callee.Address)
		}
		return of(ctx.Value(userKey{}).(string)), nil
	}}))
	mux := http.NewServeMux()
	mux.Handle("/test.v1.Notes/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, "eve")))
	}))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "a page") })
	address := elsewhere(t, mux)
	if got, err := dial(t, address).get(soon(t), ""); err != nil || got != "eve" || layers.Load() != 1 {
		t.Errorf("got %q and %v through %d layers", got, err, layers.Load())
	}
	if err := s.Register(service(echo)); err == nil {
		t.Error("Register after a call succeeded")
	}
	s.Close()
	if _, err := dial(t, address).get(soon(t), ""); vologrpc.CodeOf(err) != vologrpc.Unavailable {
		t.Errorf("a call after Close: got %v, want UNAVAILABLE", err)
	}
}

func TestHandlerDeadlinesAndCallersThatGo(t *testing.T) {
	var c notesClient
	var entered chan struct{}
	var ended chan error
	enough(t, func(d time.Duration) bool {
		entered, ended = make(chan struct{}, 1), make(chan error, 1)
		c = dial(t, serveOnNetHTTP(t, stuck(entered, ended)))
		c.with(vologrpc.CallTimeout(d)).get(soon(t), "")
		if len(entered) == 0 {
			return false
		}
		<-entered
		// Whoever sees first that time is up ends the call.
		if cause := <-ended; cause != context.DeadlineExceeded && cause != vologrpc.ErrPeerGone {
			t.Errorf("the handler's context ended by %v, want DeadlineExceeded", cause)
		}
		return true
	})
	ctx, cancel := context.WithCancel(soon(t))
	go func() { <-entered; cancel() }()
	if _, err := c.get(ctx, ""); vologrpc.CodeOf(err) != vologrpc.Canceled {
		t.Errorf("got %v, want CANCELLED", err)
	}
	if cause := <-ended; cause != vologrpc.ErrPeerGone {
		t.Errorf("the handler's context ended by %v, want ErrPeerGone", cause)
	}
}

// TestHandlerThatReceives waits for a message when its caller goes, and when
// the server is closed.
func TestHandlerThatReceives(t *testing.T) {
	received := make(chan error, 1)
	h := notes{chat: func(_ context.Context, s *vologrpc.Duplex[note, note]) error {
		s.SendHeader()
		_, err := s.Recv()
		received <- err
		return err
	}}
	s, address := startOnNetHTTP(t, h)
	call := dial(t, address).open(t)
	call.Close()
	if err := <-received; vologrpc.CodeOf(err) != vologrpc.Canceled {
		t.Errorf("the caller has gone: got %v, want CANCELLED", err)
	}
	dial(t, address).open(t)
	s.Close()
	if err := <-received; vologrpc.CodeOf(err) != vologrpc.Canceled {
		t.Errorf("the server was closed: got %v, want CANCELLED", err)
	}
}

func TestHandlerRefusesGRPCOverHTTP1(t *testing.T) {
	s := vologrpc.NewServer(quiet)
	s.Register(service(echo))
	r := httptest.NewRequest(http.MethodPost, "/test.v1.Notes/Get", strings.NewReader(string(envelope(0, encoded("x")))))
	r.Header.Set("Content-Type", "application/grpc")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if w.Code != http.StatusHTTPVersionNotSupported {
		t.Errorf("got %d, want 505", w.Code)
	}
}

// TestHandlerOnAUnixSocket names both ends.
func TestHandlerOnAUnixSocket(t *testing.T) {
	l, err := net.Listen("unix", t.TempDir()+"/s")
	if err != nil {
		t.Skip("no unix sockets:", err)
	}
	s := vologrpc.NewServer(quiet)
	s.Register(service(notes{get: func(ctx context.Context, in *note) (*note, error) {
		return of(rpc.FromContext(ctx).Callee.Address.String()), nil
	}}))
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	on := &http.Server{Handler: s, Protocols: &p}
	go on.Serve(l)
	defer on.Close()
	defer s.Close()
	if got, err := dial(t, "unix:"+l.Addr().String()).get(soon(t), ""); err != nil || got != "unix:"+l.Addr().String() {
		t.Errorf("got %q and %v", got, err)
	}
}

// TestHandlerThatSendsNowAndThen outlives the write time-out, which is for
// peers that do not read.
func TestHandlerThatSendsNowAndThen(t *testing.T) {
	everyRoad(t, func(t *testing.T, r road) {
		synctest.Test(t, func(t *testing.T) {
			l := transport.NewMemoryListener()
			h := notes{list: func(_ context.Context, in *note, s *vologrpc.Sender[note]) error {
				for range 3 {
					time.Sleep(time.Hour)
					if err := s.Send(in); err != nil {
						return err
					}
				}
				return nil
			}}
			if strings.HasPrefix(r.name, "our") {
				startOn(t, l, h, vologrpc.WithWeb(vologrpc.Web{}))
			} else {
				startOnNetHTTPOf(t, l, h, vologrpc.WithWeb(vologrpc.Web{}))
			}
			client := r.client(t)
			client.Transport.(*http.Transport).DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) { return l.Dial(ctx) }
			req, err := http.NewRequest(http.MethodPost, "http://a/test.v1.Notes/List", bytes.NewReader(envelope(0, encoded("x"))))
			if err != nil {
				t.Fatal(err)
			}
			req.Header = webHeader(binaryForm)
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if a := readWeb(t, resp); a.code() != "0" || len(a.messages) != 3 {
				t.Errorf("got %d messages, status %s", len(a.messages), a.code())
			}
		})
	})
}
