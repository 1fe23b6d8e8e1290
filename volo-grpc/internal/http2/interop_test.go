package http2_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

var sizes = []int{0, 1, 16<<10 - 5, 16 << 10, 100_000, 3 << 20}

// TestNetHTTPCallsUs has net/http's client call our server.
func TestNetHTTPCallsUs(t *testing.T) {
	w := start(t)
	defer w.close()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	tr := &http.Transport{Protocols: protocols}
	defer tr.CloseIdleConnections()
	client := &http.Client{Transport: tr, Timeout: time.Minute}
	var wg sync.WaitGroup
	for _, n := range sizes {
		for _, path := range []string{"/echo.Echo/Echo", "/echo.Echo/EchoStream"} {
			wg.Go(func() {
				want := frame(bytes.Repeat([]byte("x"), n))
				hr, err := http.NewRequest("POST", "http://"+w.l.Address().String()+path, bytes.NewReader(want))
				if err != nil {
					t.Error(err)
					return
				}
				hr.Header.Set("Content-Type", "application/grpc")
				hr.Header.Set("Te", "trailers")
				resp, err := client.Do(hr)
				if err != nil {
					t.Errorf("%s, %d bytes: %v", path, n, err)
					return
				}
				defer resp.Body.Close()
				got, err := io.ReadAll(resp.Body)
				if err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s, %d bytes: got %d (%v)", path, n, len(got), err)
				}
				if s := resp.Trailer.Get("Grpc-Status"); s != "0" {
					t.Errorf("%s, %d bytes: status %q", path, n, s)
				}
			})
		}
	}
	wg.Wait()
}

// TestWeCallNetHTTP has our client call net/http's server.
func TestWeCallNetHTTP(t *testing.T) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/grpc")
		w.Header().Set("Trailer", "Grpc-Status")
		w.WriteHeader(200)
		w.(http.Flusher).Flush()
		io.Copy(w, r.Body)
		w.Header().Set("Grpc-Status", "0")
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(l)
	}()
	tc, err := (&transport.Dialer{}).Dial(t.Context(), rpc.AddressOf(l.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	c := http2.NewClient(tc, http2.Config{})
	var wg sync.WaitGroup
	for _, n := range sizes {
		for range 10 {
			wg.Go(func() {
				got, status, err := unary(c, frame(bytes.Repeat([]byte("x"), n)))
				if err != nil || status != "0" || len(got) != n {
					t.Errorf("%d bytes: got %d, status %q, error %v", n, len(got), status, err)
				}
			})
		}
	}
	wg.Wait()
	// A call that is cancelled does not disturb the next one.
	s, err := c.Open(http2.Request{Head: req, Body: frame(nil)}, http2.Bound{})
	if err != nil {
		t.Fatal(err)
	}
	if h, err := s.Head(http2.Bound{}); err != nil || h.Status != "200" {
		t.Errorf("got %v (%v)", h, err)
	}
	s.Cancel()
	if _, status, err := unary(c, frame(nil)); err != nil || status != "0" {
		t.Errorf("status %q, error %v", status, err)
	}
	// Its GOAWAY sends us away in order.
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if err := server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	<-served
	<-c.Done()
	c.Close()
}
