package vologrpc_test

import (
	"strings"
	"testing"
)

// BenchmarkGet echoes a kilobyte over TCP, fifty callers per processor.
func BenchmarkGet(b *testing.B) {
	value := strings.Repeat("x", 1024)
	c := dial(b, serve(b, echo))
	b.SetParallelism(50)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := c.get(b.Context(), value); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkGetAlone is one caller.
func BenchmarkGetAlone(b *testing.B) {
	value := strings.Repeat("x", 1024)
	c := dial(b, serve(b, echo))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.get(b.Context(), value); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkChat sends a message and waits for its echo, on fifty streams per
// processor.
func BenchmarkChat(b *testing.B) {
	c := dial(b, serve(b, echo))
	b.SetParallelism(50)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		s, err := c.chat(b.Context())
		if err != nil {
			b.Error(err)
			return
		}
		defer s.Close()
		m := of("ping")
		for pb.Next() {
			if err := s.Send(m); err != nil {
				b.Error(err)
				return
			}
			if _, err := s.Recv(); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkFlood sends small messages one way.
func BenchmarkFlood(b *testing.B) {
	c := dial(b, serve(b, echo))
	s, err := c.put(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	m := of("")
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Send(m); err != nil {
			b.Fatal(err)
		}
	}
}
