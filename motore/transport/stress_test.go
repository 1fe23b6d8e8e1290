package transport_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

// TestEverythingAtOnce closes, writes, watches and sets deadlines from many
// goroutines, for the race detector; what must hold is that each connection
// ends exactly once and that nothing hangs.
func TestEverythingAtOnce(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		const conns = 100
		var accepted, ended atomic.Int64
		l := serve(t, m.listen(t, transport.ListenConfig{IdleTimeout: 20 * time.Millisecond, WriteTimeout: 20 * time.Millisecond}), func(c *transport.Conn) transport.ConnHandler {
			accepted.Add(1)
			var once atomic.Bool
			return &handler{
				data: func(in []byte) (int, int, error) {
					stop := c.Watch(func() { c.Close() })
					defer stop()
					if rand.IntN(20) == 0 {
						c.Close()
					}
					return len(in), 0, c.Write(in)
				},
				closed: func(error) {
					if once.Swap(true) {
						t.Error("Closed was called twice")
					}
					ended.Add(1)
				},
			}
		})
		var wg sync.WaitGroup
		for range conns {
			c := m.dial(t, l)
			if rand.IntN(2) == 0 {
				wg.Go(func() { c.Serve(&handler{}) })
			} else {
				wg.Go(func() {
					in := make([]byte, 100)
					for range 1000 {
						if _, err := c.Exchange([]byte("hello"), in); err != nil {
							return
						}
						c.SetReadDeadline(time.Time{})
					}
				})
				wg.Go(func() { c.SetReadDeadline(time.Now().Add(time.Duration(rand.IntN(10)) * time.Millisecond)) })
				continue
			}
			wg.Go(func() {
				for c.Write([]byte("hello")) == nil {
				}
			})
			wg.Go(func() {
				stop := c.Watch(func() {})
				c.Alive()
				stop()
				if rand.IntN(2) == 0 {
					c.Close()
				}
			})
		}
		wg.Wait()
		l.Close()
		l.CloseConns()
		l.Wait()
		if a, e := accepted.Load(), ended.Load(); a != e {
			t.Errorf("%d connections were accepted and %d have ended", a, e)
		}
	})
}

// FuzzPieces sends frames cut into arbitrary pieces.
func FuzzPieces(f *testing.F) {
	f.Add(uint64(1), uint16(10), uint16(3))
	f.Add(uint64(2), uint16(40_000), uint16(1000))
	f.Add(uint64(3), uint16(0), uint16(1))
	f.Fuzz(func(t *testing.T, seed uint64, size, piece uint16) {
		for _, m := range []medium{overMemory(), sockets("net", transport.EngineNet, unixAny)} {
			r := rand.New(rand.NewPCG(seed, 0))
			var stream []byte
			for i := range 10 {
				stream = append(stream, frame(r.IntN(int(size)+1), i)...)
			}
			l := serve(t, m.listen(t, transport.ListenConfig{}), checkNeed(t, frames))
			nc := m.raw(t, l)
			nc.SetDeadline(time.Now().Add(patience))
			go func() {
				for b := stream; len(b) > 0; {
					n := min(1+r.IntN(int(piece)+1), len(b))
					if _, err := nc.Write(b[:n]); err != nil {
						return
					}
					b = b[n:]
				}
			}()
			got := make([]byte, len(stream))
			if n, err := io.ReadFull(nc, got); err != nil {
				t.Fatalf("%s: after %d of %d bytes: %v", m.name, n, len(got), err)
			}
			if !bytes.Equal(got, stream) {
				t.Fatalf("%s: the answer differs", m.name)
			}
		}
	})
}
