package http2_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	xhttp2 "golang.org/x/net/http2"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// doubled undoes a wrapping that sends each byte twice.
func doubled(p []byte, _ bool) (inside []byte, err error) {
	if len(p)%2 != 0 {
		return nil, errors.New("half a byte")
	}
	for i := 0; i < len(p); i += 2 {
		inside = append(inside, p[i])
	}
	return inside, nil
}

func double(p []byte) (wrapped []byte) {
	for _, c := range p {
		wrapped = append(wrapped, c, c)
	}
	return wrapped
}

// TestUnwrap sends messages that are wrapped.
func TestUnwrap(t *testing.T) {
	wrapped := func(s *http2.ServerStream) bool {
		s.Unwrap = doubled
		return false
	}
	t.Run("windows are granted for the wrapping as well", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			received := make(chan []byte)
			p, sc := serve(t, http2.Config{StreamWindow: 1000}, handler{begin: wrapped, run: func(s *http2.ServerStream) {
				for {
					m, err := s.Recv(http2.Bound{})
					if err != nil {
						close(received)
						s.FinishData(head, nil, []byte("the end"), http2.Bound{})
						return
					}
					received <- m.Data
				}
			}}).raw()
			p.open(1, false)
			message := bytes.Repeat([]byte("x"), 300)
			room := 65535 // until it has seen our settings
			for i := range 200 {
				body := double(frame(message))
				for room < len(body) {
					f, err := p.fr.ReadFrame()
					if err != nil {
						t.Fatalf("message %d finds no room: %v", i, err)
					}
					if f, ok := f.(*xhttp2.WindowUpdateFrame); ok && f.StreamID == 1 {
						room += int(f.Increment)
					}
				}
				room -= len(body)
				p.fr.WriteData(1, i == 199, body)
				if got := <-received; !bytes.Equal(got, message) {
					t.Fatalf("message %d: got %q", i, got)
				}
			}
			<-received
			f := await[*xhttp2.DataFrame](p)
			if string(f.Data()) != "the end" || !f.StreamEnded() {
				t.Errorf("got %v with %q, want the end", f, f.Data())
			}
			synctest.Wait()
			if sc.Streams() != 0 || sc.Held() != 0 {
				t.Errorf("%d streams, %d bytes held", sc.Streams(), sc.Held())
			}
		})
	})
	t.Run("what cannot be unwrapped is an error of the stream", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			failed := make(chan error, 2)
			p, sc := serve(t, http2.Config{}, handler{begin: wrapped, run: func(s *http2.ServerStream) {
				for range 2 {
					_, err := s.Recv(http2.Bound{})
					failed <- err
				}
				s.FinishData(head, nil, nil, http2.Bound{})
			}}).raw()
			p.open(1, false)
			p.fr.WriteData(1, false, []byte("xxx"))
			for range 2 {
				if err := <-failed; err == io.EOF || !strings.Contains(err.Error(), "half a byte") {
					t.Errorf("got %v", err)
				}
			}
			if f := await[*xhttp2.DataFrame](p); !f.StreamEnded() || len(f.Data()) != 0 {
				t.Errorf("got %v, want the end", f)
			}
			if f := await[*xhttp2.RSTStreamFrame](p); f.ErrCode != http2.NoError {
				t.Errorf("got %v, want NO_ERROR: the rest is not wanted", f)
			}
			synctest.Wait()
			if sc.Streams() != 0 || sc.Held() != 0 {
				t.Errorf("%d streams, %d bytes held", sc.Streams(), sc.Held())
			}
		})
	})
}
