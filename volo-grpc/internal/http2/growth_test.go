package http2_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// A path is what lies between a peer that sends all it may and a server: the
// peer learns of everything a round trip late.
type path struct {
	*peer
	trip   time.Duration
	frames chan xhttp2.Frame // that are on their way
	read   sync.WaitGroup

	conn    int            // what it may send on all streams
	stream  map[uint32]int // on each
	largest map[uint32]int // that stream has been
	pings   int
}

func newPath(p *peer, trip time.Duration, window int, streams ...uint32) *path {
	w := &path{peer: p, trip: trip, frames: make(chan xhttp2.Frame, 10000), conn: 65535, stream: map[uint32]int{}, largest: map[uint32]int{}}
	for _, id := range streams {
		p.open(id, false)
		w.stream[id], w.largest[id] = window, window
	}
	w.read.Go(func() {
		for {
			f, err := p.fr.ReadFrame()
			if err != nil {
				return
			}
			switch f := f.(type) {
			case *xhttp2.WindowUpdateFrame:
				w.frames <- &xhttp2.WindowUpdateFrame{FrameHeader: f.Header(), Increment: f.Increment}
			case *xhttp2.PingFrame:
				w.frames <- &xhttp2.PingFrame{FrameHeader: f.Header(), Data: f.Data}
			}
		}
	})
	return w
}

// transfer sends n bytes on a stream, in messages of 16 KiB with their
// envelopes, and waits for a round trip whenever it may send no more. It
// returns how often it had to.
func (p *path) transfer(id uint32, n int) (waits int) {
	const size = 16 << 10
	message := make([]byte, size)
	http2.PutEnvelope(message, false)
	for n > 0 {
		for n > 0 && p.stream[id] >= size && p.conn >= size {
			p.fr.WriteData(id, false, message)
			n, p.stream[id], p.conn = n-size, p.stream[id]-size, p.conn-size
		}
		p.wait()
		waits++
	}
	return waits
}

// wait waits for a round trip.
func (p *path) wait() {
	synctest.Wait()
	time.Sleep(p.trip)
	for range len(p.frames) { // what it says now to these comes a trip later
		switch f := (<-p.frames).(type) {
		case *xhttp2.WindowUpdateFrame:
			if f.StreamID == 0 {
				p.conn += int(f.Increment)
				continue
			}
			p.stream[f.StreamID] += int(f.Increment)
			p.largest[f.StreamID] = max(p.largest[f.StreamID], p.stream[f.StreamID])
		case *xhttp2.PingFrame:
			p.pings++
			p.fr.WritePing(true, f.Data)
		}
	}
}

func (p *path) close() {
	p.nc.Close()
	p.read.Wait()
}

// swallow is a handler that receives whatever comes.
var swallow = handler{begin: streaming, run: func(s *http2.ServerStream) {
	for {
		if _, err := s.Recv(http2.Bound{}); err != nil {
			return
		}
	}
}}

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
				raw, _ := serve(t, http2.Config{StreamWindow: initial, ConnWindow: 128 << 10}, swallow).raw()
				p := newPath(raw, test.trip, initial, 1)
				defer p.close()
				waits := p.transfer(1, test.bytes)
				if got := p.largest[1]; got < test.least || got > test.most {
					t.Errorf("the window was up to %d bytes, want between %d and %d", got, test.least, test.most)
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

func TestTheGrowthOfAllWindowsIsBounded(t *testing.T) {
	const initial, large, bound = 64 << 10, 16 << 20, 64 << 20
	synctest.Test(t, func(t *testing.T) {
		raw, sc := serve(t, http2.Config{StreamWindow: initial, ConnWindow: 128 << 10}, swallow).raw()
		ids := []uint32{1, 3, 5, 7, 9, 11}
		p := newPath(raw, 100*time.Millisecond, initial, ids...)
		defer p.close()
		p.transfer(ids[0], 256<<20)
		for _, id := range ids[1:] {
			p.transfer(id, initial)
		}
		grown := 0
		for _, id := range ids {
			if p.largest[id] > initial {
				grown++
			}
		}
		if want := bound / (large - initial); grown != want {
			t.Errorf("%d windows have grown, want %d", grown, want)
		}
		if got := sc.Grown(); got > bound {
			t.Errorf("windows have grown by %d bytes, want at most %d", got, bound)
		}
		// What a stream had is free when it has ended.
		p.fr.WriteRSTStream(ids[0], xhttp2.ErrCodeCancel)
		last := ids[len(ids)-1]
		p.transfer(last, initial)
		if got := p.largest[last]; got <= initial {
			t.Errorf("the window is %d bytes still", got)
		}
	})
}
