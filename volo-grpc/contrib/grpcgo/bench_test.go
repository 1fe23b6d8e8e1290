package grpcgo_test

import (
	"testing"

	"google.golang.org/grpc"
	testgrpc "google.golang.org/grpc/interop/grpc_testing"
)

// BenchmarkUnary echoes a kilobyte through the same generated code on both
// stacks, fifty callers per processor, client and server in one process.
func BenchmarkUnary(b *testing.B) {
	for _, bb := range []struct {
		name   string
		server func(testing.TB) string
		client func(testing.TB, string) grpc.ClientConnInterface
	}{
		{"ours", ourServer, ourClient},
		{"grpc-go", theirServer, theirClient},
	} {
		b.Run(bb.name, func(b *testing.B) {
			c := testgrpc.NewTestServiceClient(bb.client(b, bb.server(b)))
			req := &testgrpc.SimpleRequest{ResponseSize: 1024, Payload: &testgrpc.Payload{Body: make([]byte, 1024)}}
			b.SetParallelism(50)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := c.UnaryCall(b.Context(), req); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
