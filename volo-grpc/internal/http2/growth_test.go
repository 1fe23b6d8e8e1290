package http2_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// A path is what lies between a peer that sends all it may and a server: the
// peer learns of everything half a round trip late.
type path struct {
	*peer
	trip time.Duration

	stream, conn int // what it may send
	largest      int // that stream has been
	pings        int
}

// transfer sends n bytes in messages of 16 KiB less the head of a frame, as far
// as windows allow, and waits for a round trip whenever they do not. It returns
// how often it had to.
func (p *path) transfer(n int) (waits int) {
	const size = 16 << 10
	message := make([]byte, size)
	http2.PutEnvelope(message, false)
	frames := make(chan xhttp2.Frame, 1000)
	go func() {
		defer close(frames)
		for {
			f, err := p.fr.ReadFrame()
			if err != nil {
				return
			}
			if w, ok := f.(*xhttp2.WindowUpdateFrame); ok {
				f = &xhttp2.WindowUpdateFrame{FrameHeader: w.Header(), Increment: w.Increment}
			}
			if ping, ok := f.(*xhttp2.PingFrame); ok {
				f = &xhttp2.PingFrame{FrameHeader: ping.Header(), Data: ping.Data}
			}
			frames <- f
		}
	}()
	for n > 0 {
		for n > 0 && p.stream >= size && p.conn >= size {
			p.fr.WriteData(1, false, message)
			n, p.stream, p.conn = n-size, p.stream-size, p.conn-size
		}
		synctest.Wait()
		time.Sleep(p.trip)
		waits++
		for range len(frames) { // what it says now to these comes a trip later
			switch f := (<-frames).(type) {
			case *xhttp2.WindowUpdateFrame:
				if f.StreamID == 1 {
					p.stream += int(f.Increment)
				} else {
					p.conn += int(f.Increment)
				}
			case *xhttp2.PingFrame:
				p.pings++
				p.fr.WritePing(true, f.Data)
			}
		}
		p.largest = max(p.largest, p.stream)
	}
	p.nc.Close()
	for range frames {
	}
	return waits
}

func TestWindowsGrowForBigTransfersOverLongPaths(t *testing.T) {
	const initial, most = 64 << 10, 16 << 20
	for _, test := range []struct {
		name        string
		bytes       int
		trip        time.Duration
		least, most int // of the window that the peer has seen
		waits       int // at most
		quiet       bool
	}{
		{name: "a big transfer over a long path", bytes: 256 << 20, trip: 2 * time.Millisecond, least: most - initial, most: most, waits: 60},
		{name: "a big transfer over a short one", bytes: 16 << 20, trip: 2*time.Millisecond - 1, most: initial, waits: 257},
		{name: "a small one over a long path", bytes: initial / 4, trip: time.Second, most: initial, waits: 1, quiet: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, http2.Config{StreamWindow: initial, ConnWindow: 128 << 10}, handler{begin: streaming, run: func(s *http2.ServerStream) {
					for {
						if _, err := s.Recv(http2.Bound{}); err != nil {
							return
						}
					}
				}})
				raw, _ := s.raw()
				raw.open(1, false)
				p := &path{peer: raw, trip: test.trip, stream: initial, conn: 65535}
				waits := p.transfer(test.bytes)
				if p.largest < test.least || p.largest > test.most {
					t.Errorf("the window was up to %d bytes, want between %d and %d", p.largest, test.least, test.most)
				}
				if waits > test.waits {
					t.Errorf("the peer waited %d times, want at most %d", waits, test.waits)
				}
				if test.quiet && p.pings > 0 {
					t.Errorf("%d pings, want none", p.pings)
				}
			})
		})
	}
}
