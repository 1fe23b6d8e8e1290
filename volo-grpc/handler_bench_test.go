package vologrpc_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// BenchmarkRoads measures what the ways into a server cost, both sides
// together: ours, and as a handler of net/http.
func BenchmarkRoads(b *testing.B) {
	value := strings.Repeat("x", 1024)
	for _, road := range []struct {
		name  string
		serve func(t testing.TB, h notes, opts ...vologrpc.ServerOption) string
	}{{"gRPC, ours", serve}, {"gRPC, net-http", serveOnNetHTTP}} {
		b.Run(road.name, func(b *testing.B) {
			c := dial(b, road.serve(b, echo))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := c.get(context.Background(), value); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
	for _, r := range roads[:4] {
		b.Run("gRPC-Web, "+r.name, func(b *testing.B) {
			url := "http://" + r.serve(b, echo, vologrpc.WithWeb(vologrpc.Web{})) + "/test.v1.Notes/Get"
			client := r.client(b)
			client.Transport.(*http.Transport).MaxIdleConnsPerHost = 100
			body := envelope(0, encoded(value))
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if a := webCall(b, client, url, webHeader(binaryForm), body); a.code() != "0" {
						b.Error(a.code())
						return
					}
				}
			})
		})
	}
}
