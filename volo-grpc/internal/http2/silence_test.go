package http2_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// A listener is a peer that reads, and answers what it is told to.
type listener struct {
	*peer
	pong, answers bool
	pings         []time.Duration // when they came
	resets        int
	begun         time.Time
	over          atomic.Bool
	strikes, last int // as servers count them, see hears
	lastPing      time.Time
	open          map[uint32]bool
	spoke         bool // HEADERS or DATA, since the last ping
}

// hears runs until the connection ends. It counts strikes as grpc-go does.
func (l *listener) hears() {
	l.open = map[uint32]bool{}
	for {
		switch f := l.next().(type) {
		case nil:
			l.over.Store(true)
			l.nc.Close()
			return
		case *xhttp2.HeadersFrame:
			l.open[f.StreamID] = true
			if l.answers {
				l.headers(f.StreamID, false, response...)
				l.fr.WriteData(f.StreamID, false, frame([]byte("hi")))
				l.headers(f.StreamID, true, "grpc-status", "0")
				l.spoke = true
			}
		case *xhttp2.RSTStreamFrame:
			l.resets++
			delete(l.open, f.StreamID)
		case *xhttp2.PingFrame:
			l.pings = append(l.pings, time.Since(l.begun))
			l.strike()
			if l.pong {
				l.fr.WritePing(true, f.Data)
			}
		}
	}
}

func (l *listener) strike() {
	least := 5 * time.Minute
	if len(l.open) == 0 {
		least = 2 * time.Hour
	}
	switch now := time.Now(); {
	case l.spoke:
		l.strikes = 0
	case !l.lastPing.IsZero() && now.Sub(l.lastPing) < least:
		l.strikes++
	}
	l.spoke, l.lastPing = false, time.Now()
}

// listening connects a client to a listener.
func listening(t *testing.T, cfg http2.Config, pong, answers bool) (*http2.Client, *listener) {
	c, p := against(t, cfg)
	p.fr.WriteWindowUpdate(0, 1<<30)
	l := &listener{peer: p, pong: pong, answers: answers, begun: time.Now()}
	go l.hears()
	synctest.Wait()
	return c, l
}

// giveUp makes a call that has no time.
func giveUp(t *testing.T, c *http2.Client) {
	t.Helper()
	s, err := whole(c, frame(nil), http2.Bound{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(http2.Bound{Deadline: time.Now()}); err != context.DeadlineExceeded {
		t.Fatalf("got %v, want %v", err, context.DeadlineExceeded)
	}
	s.Cancel()
}

func TestASilentPeerIsAskedWhetherItIsThere(t *testing.T) {
	const (
		ms = time.Millisecond
		// After a call was given up: the ping; no more calls; the end.
		asked, retired, closed = 250 * ms, 1250 * ms, 20250 * ms
	)
	short := http2.Config{Keepalive: http2.Keepalive{Timeout: 500 * ms}}
	const (
		well = iota
		noMoreCalls
		gone
	)
	states := []string{"is well", "gets no more calls", "is gone"}
	for _, tt := range []struct {
		what   string
		cfg    http2.Config
		idle   bool // no call is given up
		pong   bool
		speaks time.Duration // when something else comes; 0 for never
		after  time.Duration // is looked
		pings  int
		want   int
	}{
		{what: "no call is given up", idle: true, after: time.Hour, want: well},
		{what: "a moment has not passed", after: asked - 1, want: well},
		{what: "a moment has passed", after: asked, pings: 1, want: well},
		{what: "something came in that moment", speaks: asked - 1, after: time.Hour, want: well},
		{what: "it answers", pong: true, after: time.Hour, pings: 1, want: well},
		{what: "it does not answer yet", after: retired - 1, pings: 1, want: well},
		{what: "it does not answer", after: retired, pings: 1, want: noMoreCalls},
		{what: "something else comes instead", speaks: retired - 1, after: time.Hour, pings: 1, want: well},
		{what: "it does not answer for long", after: closed - 1, pings: 1, want: noMoreCalls},
		{what: "it does not answer for too long", after: closed, pings: 1, want: gone},
		{what: "something comes at last", speaks: closed - 1, after: time.Hour, pings: 1, want: noMoreCalls},
		{what: "it does not answer within a shorter time", cfg: short, after: 750*ms - 1, pings: 1, want: well},
		{what: "it does not answer for more than a shorter time", cfg: short, after: 751 * ms, pings: 1, want: gone},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := listening(t, tt.cfg, tt.pong, false)
				waits, err := c.Open(http2.Request{Head: req}, http2.Bound{}) // for ever
				if err != nil {
					t.Fatal(err)
				}
				defer waits.Cancel()
				if !tt.idle {
					giveUp(t, c)
				}
				if tt.speaks > 0 {
					time.Sleep(tt.speaks)
					l.fr.WriteWindowUpdate(0, 1)
				}
				time.Sleep(tt.after - tt.speaks)
				synctest.Wait()
				got := well
				switch {
				case c.Err() != nil:
					got = gone
				case !c.Usable():
					got = noMoreCalls
				}
				if got != tt.want || len(l.pings) != tt.pings {
					t.Errorf("the connection %s after pings at %v, want that it %s after %d", states[got], l.pings, states[tt.want], tt.pings)
				}
				if n := c.Facts().Pings; n != int64(tt.pings) {
					t.Errorf("it says that it has sent %d pings, want %d", n, tt.pings)
				}
				if _, err := waits.Recv(http2.Bound{Deadline: time.Now()}); (err != context.DeadlineExceeded) != (got == gone) {
					t.Errorf("a call that waits for ever got %v", err)
				}
			})
		})
	}
}

func TestWhoHasNotIntroducedHimselfIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		c := http2.NewClient(transport.NewConn(near), http2.Config{Handshake: time.Minute})
		defer c.Close()
		l := &listener{peer: newPeer(t, far), begun: time.Now()}
		if _, err := io.ReadFull(far, make([]byte, len(xhttp2.ClientPreface))); err != nil {
			t.Fatal(err)
		}
		go l.hears()
		giveUp(t, c)
		time.Sleep(time.Minute - 1)
		synctest.Wait()
		if !c.Usable() || len(l.pings) > 0 {
			t.Errorf("within the time of the handshake it is usable: %t, and was asked at %v", c.Usable(), l.pings)
		}
		time.Sleep(1)
		synctest.Wait()
		if c.Err() == nil {
			t.Error("the connection has not ended after the time of the handshake")
		}
	})
}

func TestCallsOfARetiredConnectionAreStillAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := listening(t, http2.Config{}, false, false)
		s, err := whole(c, frame(nil), http2.Bound{})
		if err != nil {
			t.Fatal(err)
		}
		giveUp(t, c)
		time.Sleep(10 * time.Second)
		l.answer(1, "at last")
		if err := s.Wait(http2.Bound{}); err != nil {
			t.Fatal(err)
		}
		if m, err := s.Recv(http2.Bound{}); err != nil || string(m.Data) != "at last" {
			t.Errorf("got %q and %v", m.Data, err)
		}
		synctest.Wait()
		if !l.over.Load() {
			t.Error("the connection has not ended with its last call")
		}
	})
}

// Whatever becomes of calls, no server sends us away for our pings.
func TestNobodyIsAskedTooOften(t *testing.T) {
	for _, tt := range []struct {
		what       string
		calls      int           // given up
		every      time.Duration // one of them
		answered   int           // one call in so many is; 0 for none
		least, max int           // pings
	}{
		{"answers pings only", 3600, time.Second, 0, 1, 1},
		{"answers pings only, for a day", 24 * 60, time.Minute, 0, 12, 12},
		{"answers one call in ten", 3600, time.Second, 10, 300, 400},
		{"answers one call in ten of many", 36000, 100 * time.Millisecond, 10, 0, 3600},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := listening(t, http2.Config{}, true, false)
				for i := range tt.calls {
					giveUp(t, c)
					time.Sleep(tt.every)
					synctest.Wait()
					if tt.answered > 0 && i%tt.answered == 0 {
						l.answers = true
						get(t, c)
						l.answers = false
					}
				}
				synctest.Wait()
				if l.strikes > 2 || !c.Usable() {
					t.Errorf("%d strikes, want 2 at most; the connection is usable: %t", l.strikes, c.Usable())
				}
				if n := len(l.pings); n < tt.least || n > tt.max {
					t.Errorf("got %d pings, want %d to %d", n, tt.least, tt.max)
				}
			})
		})
	}
}

// The same at random: calls, streams that are left open, pauses.
func TestNobodyIsAskedTooOftenAtRandom(t *testing.T) {
	for seed := range uint64(50) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 1))
			c, l := listening(t, http2.Config{}, true, false)
			var open []*http2.ClientStream
			for range 400 {
				switch r.IntN(6) {
				case 0:
					l.answers = true
					get(t, c)
					l.answers = false
				case 1:
					s, err := c.Open(http2.Request{Head: req}, http2.Bound{})
					if err != nil {
						t.Fatal(err)
					}
					open = append(open, s)
				case 2:
					for _, s := range open {
						s.Cancel()
					}
					open = nil
				default:
					giveUp(t, c)
				}
				time.Sleep(time.Duration(float64(time.Millisecond) * max(1, r.ExpFloat64()*float64(r.IntN(1e6)))))
				synctest.Wait()
				if l.strikes > 2 {
					t.Fatalf("seed %d: %d strikes after pings at %v", seed, l.strikes, l.pings)
				}
			}
			for _, s := range open {
				s.Cancel()
			}
			if len(l.pings) < 10 {
				t.Errorf("seed %d: %d pings only", seed, len(l.pings))
			}
		})
	}
}

// get makes a call that is answered.
func get(t *testing.T, c *http2.Client) {
	t.Helper()
	s, err := whole(c, frame(nil), http2.Bound{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Wait(http2.Bound{}); err != nil {
		t.Fatal(err)
	}
	s.Cancel()
	synctest.Wait()
}
