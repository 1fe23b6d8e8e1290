package volothrift_test

import (
	"strings"
	"testing"
)

// BenchmarkGet echoes a kilobyte over TCP, fifty callers per processor.
func BenchmarkGet(b *testing.B) {
	value := strings.Repeat("x", 1024)
	for _, p := range protocols {
		b.Run(p.name, func(b *testing.B) {
			c := newClient(b, serveTCP(b, handler{}), p.opts...)
			b.SetParallelism(50)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := c.Get(b.Context(), value); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
