package http2_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// answer answers a whole request on stream id with text.
func (p *peer) answer(id uint32, text string) {
	p.headers(id, false, ":status", "200", "content-type", "application/grpc")
	p.fr.WriteData(id, false, frame([]byte(text)))
	p.headers(id, true, "grpc-status", "0")
}

// TestReleasedStreams: what comes about a call that is over does not reach the
// call that uses its stream again.
func TestReleasedStreams(t *testing.T) {
	for _, test := range []struct {
		name string
		late func(p *peer, id uint32)
	}{
		{"nothing more", func(*peer, uint32) {}},
		{"a reset", func(p *peer, id uint32) { p.fr.WriteRSTStream(id, http2.Cancel) }},
		{"window", func(p *peer, id uint32) { p.fr.WriteWindowUpdate(id, 1<<31-1) }},
		{"data", func(p *peer, id uint32) { p.fr.WriteData(id, false, frame([]byte("late"))) }},
		{"the same answer again", func(p *peer, id uint32) { p.answer(id, "late") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, p := against(t, http2.Config{})
				for id := uint32(1); id < 20; id += 2 {
					s, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true, Whole: true}, http2.Bound{})
					if err != nil {
						t.Fatal(err)
					}
					for await[*xhttp2.DataFrame](p).StreamID != id {
					}
					if id > 1 {
						test.late(p, id-2)
					}
					text := fmt.Sprint("answer ", id)
					p.answer(id, text)
					if err := s.Wait(http2.Bound{}); err != nil {
						t.Fatal(err)
					}
					m, err := s.Recv(http2.Bound{})
					if err != nil || string(m.Data) != text || s.Tail().Status != "0" {
						t.Fatalf("call %d: got %q, status %q (%v), want %q", id, m.Data, s.Tail().Status, err, text)
					}
					s.Release()
				}
				if c.Streams() != 0 || c.Held() != 0 {
					t.Errorf("%d streams are open, %d bytes held", c.Streams(), c.Held())
				}
			})
		})
	}
}

// TestCutStreamsAreNotUsedAgain: the reader may not know yet that they are over.
func TestCutStreamsAreNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := against(t, http2.Config{})
		cut, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true, Whole: true}, http2.Bound{})
		if err != nil {
			t.Fatal(err)
		}
		cut.Cancel()
		cut.Release()
		for range 10 {
			if s, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true, Whole: true}, http2.Bound{}); err != nil || s == cut {
				t.Fatalf("a stream that was cut serves another call (%v)", err)
			}
		}
		p.answer(1, "late")
		synctest.Wait()
		if n := c.Streams(); n != 10 {
			t.Errorf("%d streams are open, want 10", n)
		}
	})
}

// TestStreamsWithSharesAreNotUsedAgain: whoever shares out the budget may be about
// to grant them something.
func TestStreamsWithSharesAreNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, p := against(t, http2.Config{StreamWindow: 64 << 10})
		shared := make(map[*http2.ClientStream]bool)
		for id := uint32(1); id < 20; id += 2 {
			s, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true, Whole: true}, http2.Bound{})
			if err != nil || shared[s] {
				t.Fatalf("a stream that had a share serves another call (%v)", err)
			}
			shared[s] = true
			p.headers(id, false, ":status", "200", "content-type", "application/grpc")
			large := frame(make([]byte, 40<<10)) // more than half of the window
			for len(large) > 0 {
				n := min(len(large), 16<<10)
				p.fr.WriteData(id, false, large[:n])
				large = large[n:]
			}
			p.headers(id, true, "grpc-status", "0")
			if err := s.Wait(http2.Bound{}); err != nil {
				t.Fatal(err)
			}
			if m, err := s.Recv(http2.Bound{}); err != nil || len(m.Data) != 40<<10 {
				t.Fatalf("got %d bytes (%v)", len(m.Data), err)
			}
			s.Release()
		}
	})
}
