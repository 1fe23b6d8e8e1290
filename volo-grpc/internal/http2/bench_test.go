package http2_test

import (
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// The benchmarks count what both sides of a connection in one process do.

func BenchmarkUnary(b *testing.B) {
	for _, callers := range []int{1, 100} {
		b.Run(map[int]string{1: "1", 100: "100"}[callers], func(b *testing.B) {
			w := start(b)
			c := w.dial(b)
			body := frame(make([]byte, 1024))
			var left atomic.Int64
			left.Store(int64(b.N))
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range callers {
				wg.Go(func() {
					for left.Add(-1) >= 0 {
						if _, _, err := unary(c, body); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			c.Close()
			w.close()
		})
	}
}

// BenchmarkPingPong echoes on 100 streams; an operation is a message there and
// back.
func BenchmarkPingPong(b *testing.B) {
	w := start(b)
	c := w.dial(b)
	body := frame(make([]byte, 100))
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			s, err := c.Open(http2.Request{Head: reqStream}, http2.Bound{})
			if err != nil {
				b.Error(err)
				return
			}
			for left.Add(-1) >= 0 {
				if err := s.Send(body, false, true, http2.Bound{}); err != nil {
					b.Error(err)
					return
				}
				if _, err := s.Recv(http2.Bound{}); err != nil {
					b.Error(err)
					return
				}
			}
			s.Send(nil, true, true, http2.Bound{})
			s.Recv(http2.Bound{})
		})
	}
	wg.Wait()
	b.StopTimer()
	c.Close()
	w.close()
}

// BenchmarkFlood sends one way on one stream.
func BenchmarkFlood(b *testing.B) {
	for _, size := range []int{100, 64 << 10} {
		b.Run(map[int]string{100: "100B", 64 << 10: "64KiB"}[size], func(b *testing.B) {
			w := start(b)
			c := w.dial(b)
			body := frame(make([]byte, size))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			s, err := c.Open(http2.Request{Head: reqSink}, http2.Bound{})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := s.Send(body, false, false, http2.Bound{}); err != nil {
					b.Fatal(err)
				}
			}
			s.Send(nil, true, true, http2.Bound{})
			if _, err := s.Recv(http2.Bound{}); err != io.EOF {
				b.Fatal(err)
			}
			c.Close()
			w.close()
		})
	}
}
