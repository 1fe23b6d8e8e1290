package transport_test

import (
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
)

// A pinger is a client that has its turns answered.
type pinger func(out, in []byte) error

// BenchmarkPingPong measures turns of 1 KiB on both engines, over all
// connections together, against Read and Write of package net.
func BenchmarkPingPong(b *testing.B) {
	for _, conns := range []struct {
		name string
		n    int
	}{{"1conn", 1}, {"100conns", 100}} {
		for _, kind := range []struct {
			name string
			dial func(*testing.B) func() pinger
		}{
			{"plain", plainEcho},
			{"net", func(b *testing.B) func() pinger { return engineEcho(b, transport.EngineNet, 0) }},
			{"net with deadlines", func(b *testing.B) func() pinger { return engineEcho(b, transport.EngineNet, time.Second) }},
			{"netpoll", func(b *testing.B) func() pinger { return engineEcho(b, transport.EngineNetpoll, 0) }},
		} {
			b.Run(conns.name+"/"+kind.name, func(b *testing.B) {
				dial := kind.dial(b)
				pingers := make([]pinger, conns.n)
				for i := range pingers {
					pingers[i] = dial()
				}
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for i, ping := range pingers {
					turns := b.N / len(pingers)
					if i < b.N%len(pingers) {
						turns++
					}
					wg.Go(func() {
						out, in := make([]byte, 1024), make([]byte, 1024)
						for range turns {
							if err := ping(out, in); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
			})
		}
	}
}

func plainEcho(b *testing.B) func() pinger {
	l := closeLater(b, must(net.Listen("tcp", "127.0.0.1:0")))
	go servePlain(l)
	return func() pinger {
		c := closeLater(b, must(net.Dial("tcp", l.Addr().String())))
		return func(out, in []byte) error {
			if _, err := c.Write(out); err != nil {
				return err
			}
			_, err := io.ReadFull(c, in)
			return err
		}
	}
}

// engineEcho is ours; a timeout bounds each turn.
func engineEcho(b *testing.B, e transport.Engine, timeout time.Duration) func() pinger {
	lc := transport.ListenConfig{Engine: e}
	l := serve(b, mustListen(b, &lc, tcpAny(nil)), echo)
	return func() pinger {
		c := closeLater(b, must((&transport.Dialer{Engine: e}).Dial(b.Context(), l.Address())))
		return func(out, in []byte) error {
			if timeout > 0 {
				c.SetDeadline(time.Now().Add(timeout))
			}
			n, err := c.Exchange(out, in)
			for n < len(in) && err == nil {
				var m int
				m, err = c.Read(in[n:])
				n += m
			}
			return err
		}
	}
}

// BenchmarkIdle keeps 10,000 connections open to a server in another process
// and takes turns on one after the other: how long a turn takes, the p99 of it,
// and the server's memory per connection.
func BenchmarkIdle(b *testing.B) {
	const conns = 10_000
	if n := raiseFileLimit(); n < conns+100 {
		b.Skipf("only %d files may be open, not %d", n, conns+100)
	}
	for _, kind := range []string{"plain", "net", "netpoll"} {
		b.Run(kind, func(b *testing.B) {
			addr, memory := startEchoServer(b, kind)
			before := memory()
			clients := make([]net.Conn, conns)
			out, in := make([]byte, 1024), make([]byte, 1024)
			turn := func(nc net.Conn) {
				if _, err := nc.Write(out); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(nc, in); err != nil {
					b.Fatal(err)
				}
			}
			for i := range clients {
				clients[i] = must(net.Dial("tcp", addr))
				defer clients[i].Close()
				turn(clients[i])
			}
			held := memory() - before
			took := make([]time.Duration, 0, b.N)
			b.ResetTimer()
			for i := range b.N {
				start := time.Now()
				turn(clients[i*7919%conns])
				took = append(took, time.Since(start))
			}
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1000, "p99-us")
			b.ReportMetric(float64(took[len(took)-1-len(took)/1000].Nanoseconds())/1000, "p99.9-us")
			b.ReportMetric(float64(held)/conns, "B/conn")
		})
	}
}
