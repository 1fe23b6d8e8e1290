package http2_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/worker"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

var (
	head = &http2.Block{Fields: []http2.Field{{":status", "200"}, {"content-type", "application/grpc"}}}
	tail = &http2.Block{Fields: []http2.Field{{"grpc-status", "0"}}}
	req  = &http2.Block{Fields: []http2.Field{{":method", "POST"}, {":scheme", "http"}, {":path", "/echo.Echo/Echo"},
		{":authority", "localhost"}, {"content-type", "application/grpc"}, {"te", "trailers"}}}
)

func pathed(path string) *http2.Block {
	k := &http2.Block{Fields: append([]http2.Field(nil), req.Fields...)}
	k.Fields[2].Value = path
	return k
}

var reqStream, reqSink = pathed("/echo.Echo/EchoStream"), pathed("/echo.Echo/SinkStream")

// echo answers with what it got: once, on a path that ends in EchoStream
// message by message, on one that ends in SinkStream not at all.
type echo struct{}

func (echo) Begin(s *http2.ServerStream) bool { return !strings.HasSuffix(s.Path, "Stream") }
func (echo) Run(s *http2.ServerStream) {
	defer s.Done()
	if strings.HasSuffix(s.Path, "Stream") {
		h := head
		for {
			m, err := s.Recv(http2.Bound{})
			if err != nil {
				s.Finish(h, nil, nil, tail, nil, http2.Bound{})
				return
			}
			if strings.HasSuffix(s.Path, "SinkStream") {
				continue
			}
			s.Send(h, nil, frame(m.Data), true, http2.Bound{})
			h = nil
		}
	}
	m, err := s.Recv(http2.Bound{})
	if err != nil {
		s.Finish(nil, nil, nil, &http2.Block{Fields: []http2.Field{{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "8"}}}, nil, http2.Bound{})
		return
	}
	s.Finish(head, nil, frame(m.Data), tail, nil, http2.Bound{})
}

func frame(data []byte) []byte {
	b := append(make([]byte, 5, 5+len(data)), data...)
	http2.PutEnvelope(b, false)
	return b
}

type world struct {
	l       *transport.Listener
	workers *worker.Pool[*http2.ServerStream]
	wg      sync.WaitGroup
}

func start(t testing.TB) *world {
	nl, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{l: (&transport.ListenConfig{}).Wrap(nl), workers: http2.NewWorkers(echo{})}
	w.wg.Go(func() {
		w.l.Serve(func(c *transport.Conn) transport.ConnHandler {
			return http2.NewServer(c, &http2.Config{}, echo{}, w.workers, nil)
		})
		w.l.Wait()
	})
	return w
}

func (w *world) dial(t testing.TB) *http2.Client {
	tc, err := (&transport.Dialer{}).Dial(t.Context(), w.l.Address())
	if err != nil {
		t.Fatal(err)
	}
	return http2.NewClient(tc, http2.Config{})
}

func (w *world) close() {
	w.l.Close()
	w.l.CloseConns()
	w.wg.Wait()
	w.workers.Close()
}

func unary(c *http2.Client, body []byte) ([]byte, string, error) {
	s, err := c.Open(http2.Request{Head: req, Body: body, End: true, Whole: true}, http2.Bound{})
	if err != nil {
		return nil, "", err
	}
	if err := s.Wait(http2.Bound{}); err != nil {
		return nil, "", err
	}
	m, err := s.Recv(http2.Bound{})
	if err != nil && err != io.EOF {
		return nil, "", err
	}
	status := s.Tail().Status
	s.Release()
	return m.Data, status, nil
}

func TestUnary(t *testing.T) {
	w := start(t)
	c := w.dial(t)
	for _, n := range []int{0, 1, 100, 16<<10 - 5, 16 << 10, 1 << 20, 3 << 20} {
		want := strings.Repeat("x", n)
		got, status, err := unary(c, frame([]byte(want)))
		if err != nil || status != "0" || string(got) != want {
			t.Fatalf("%d bytes: got %d, status %q, error %v", n, len(got), status, err)
		}
	}
	_, status, err := unary(c, frame(make([]byte, 5<<20)))
	if err != nil || status != "8" {
		t.Errorf("too large: status %q, error %v", status, err)
	}
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			for range 50 {
				if got, _, err := unary(c, frame([]byte("hello"))); err != nil || string(got) != "hello" {
					t.Error(string(got), err)
				}
			}
		})
	}
	wg.Wait()
	if c.Streams() != 0 {
		t.Errorf("%d streams are open", c.Streams())
	}
	c.Close()
	w.close()
}

// TestAllocationsOfACall counts those of both sides, and one of the handler.
func TestAllocationsOfACall(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	w := start(t)
	c := w.dial(t)
	body := frame(make([]byte, 1024))
	n := testing.AllocsPerRun(2000, func() {
		if _, _, err := unary(c, body); err != nil {
			t.Fatal(err)
		}
	})
	if n > 5 {
		t.Errorf("got %v allocations, want at most 5", n)
	}
	c.Close()
	w.close()
}
