package transport_test

import (
	"io"
	"net"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

func TestTurnsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	for _, m := range media(t) {
		if strings.Contains(m.name, "TLS") || strings.Contains(m.name, "netpoll") {
			continue // they allocate on their own account
		}
		t.Run(m.name, func(t *testing.T) {
			l := serve(t, m.listen(t, transport.ListenConfig{WriteTimeout: time.Minute}), echo)
			c := m.dial(t, l)
			c.SetWriteTimeout(time.Minute)
			out, in := make([]byte, 1024), make([]byte, 1024)
			turn := func() {
				n, err := c.Exchange(out, in)
				for err == nil && n < len(in) {
					var more int
					more, err = c.Read(in[n:])
					n += more
				}
				if err != nil {
					t.Fatal(err)
				}
				if !c.Alive() {
					t.Fatal("not alive")
				}
			}
			turn()
			// Of both sides together; one in a hundred may go to a pool that
			// was emptied.
			if got := testing.AllocsPerRun(1000, turn); got > 0.01 {
				t.Errorf("%v allocations per turn, want 0", got)
			}
		})
	}
}

func TestMemoryFollowsWhatHasCome(t *testing.T) {
	// Each peer announces a gigabyte and sends ten bytes.
	const peers, most = 20, 20 << 20
	forEachMedium(t, func(t *testing.T, m medium) {
		seen := make(chan struct{}, peers)
		l := serve(t, m.listen(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{data: func(in []byte) (int, int, error) {
				seen <- struct{}{}
				return 0, 1 << 30, nil
			}}
		})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range peers {
			m.raw(t, l).Write(make([]byte, 10))
		}
		for range peers {
			soon(t, seen, "Data")
		}
		runtime.ReadMemStats(&after)
		// The other media run at the same time and count as well.
		if got := after.TotalAlloc - before.TotalAlloc; got > 6*most {
			t.Errorf("%d bytes allocated, want at most %d", got, 6*most)
		}
	})
}

func TestAnIdleConnectionHoldsNoBuffer(t *testing.T) {
	const conns, buffer = 100, 16 << 10
	l := serve(t, mustListen(t, new(transport.ListenConfig), tcpAny(t)), echo)
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC() // empties the pools
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	for range conns {
		nc := closeLater(t, must(net.Dial(l.Address().Dial())))
		nc.Write([]byte("x"))
		io.ReadFull(nc, make([]byte, 1))
	}
	if got := (heap() - before) / conns; got > buffer/2 {
		t.Errorf("%d bytes of heap per connection, want less than half a buffer, %d", got, buffer/2)
	}
}

func TestAnIdleConnectionKeepsASmallStack(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs larger stacks")
	}
	const conns = 500
	l := serve(t, mustListen(t, new(transport.ListenConfig), tcpAny(t)), echo)
	stacks := func() int64 {
		runtime.GC()
		sample := []metrics.Sample{{Name: "/memory/classes/heap/stacks:bytes"}}
		metrics.Read(sample)
		return int64(sample[0].Value.Uint64())
	}
	before := stacks()
	for range conns {
		nc := closeLater(t, must(net.Dial(l.Address().Dial())))
		nc.Write([]byte("x"))
		io.ReadFull(nc, make([]byte, 1))
	}
	// The pages of the smallest stacks, and a few that are on their way out.
	if got, most := (stacks()-before)/conns, int64(3<<10); got > most {
		t.Errorf("%d bytes of stack per connection, want at most %d", got, most)
	}
}
