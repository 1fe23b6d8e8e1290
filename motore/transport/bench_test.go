package transport_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
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
			{"net", func(b *testing.B) func() pinger { return engineEcho(b, transport.EngineNet) }},
			{"netpoll", func(b *testing.B) func() pinger { return engineEcho(b, transport.EngineNetpoll) }},
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

// plainEcho is what package net does by itself.
func plainEcho(b *testing.B) func() pinger {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				buf := make([]byte, 4096)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					if _, err := c.Write(buf[:n]); err != nil {
						return
					}
				}
			}()
		}
	}()
	return func() pinger {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		return func(out, in []byte) error {
			if _, err := c.Write(out); err != nil {
				return err
			}
			_, err := io.ReadFull(c, in)
			return err
		}
	}
}

func engineEcho(b *testing.B, e transport.Engine) func() pinger {
	lc := transport.ListenConfig{Engine: e}
	l, err := lc.Listen(context.Background(), rpc.TCP("127.0.0.1:0"))
	if err != nil {
		b.Fatal(err)
	}
	go l.Serve(func(c *transport.Conn) transport.ConnHandler { return echoB{c} })
	b.Cleanup(func() { l.Close(); l.CloseConns(); l.Wait() })
	return func() pinger {
		d := transport.Dialer{Engine: e}
		c, err := d.Dial(context.Background(), l.Address())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		return func(out, in []byte) error {
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

type echoB struct{ c *transport.Conn }

func (e echoB) Data(in []byte) (int, int, error) { return len(in), 0, e.c.Write(in) }
func (e echoB) Closed(err error)                 {}
