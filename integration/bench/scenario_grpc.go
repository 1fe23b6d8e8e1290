package main

import "github.com/volo-go/volo/integration/bench/load"

func grpcScenarios() []scenario {
	// Grpc-go and ours, each under its own client, ours under grpc-go's, and
	// both under a client that is neither's.
	unary := []string{
		"grpc-go", "connect-go", "raw-http2", "volo-grpc",
		"volo-grpc-by-grpc-go", "grpc-go-by-h2load", "volo-grpc-by-h2load",
	}
	streams := []string{"grpc-go", "connect-go", "raw-http2", "volo-grpc"}
	flood := []string{"grpc-go", "connect-go", "volo-grpc"}
	return []scenario{
		{
			name:    "grpc-unary",
			about:   "echo of 1 KiB, all calls over one connection",
			callers: []int{1, 100, 1000},
			size:    1 << 10,
			conns:   1,
			pinned:  true,
			peers:   unary,
		},
		{
			name:    "grpc-unary-4conns",
			about:   "the same over four connections",
			callers: []int{100},
			size:    1 << 10,
			conns:   4,
			pinned:  true,
			peers:   unary,
		},
		{
			name:    "grpc-unary-16k",
			about:   "echo of 16 KiB over one connection",
			callers: []int{100},
			size:    16 << 10,
			conns:   1,
			pinned:  true,
			peers:   unary,
		},
		{
			name:    "grpc-unary-unpinned",
			about:   "echo of 1 KiB over one connection with both sides on all cores",
			callers: []int{100},
			size:    1 << 10,
			conns:   1,
			peers:   unary,
		},
		{
			name:    "grpc-idle",
			about:   "echo of 1 KiB while 10,000 more connections are silent",
			callers: []int{100},
			size:    1 << 10,
			idle:    10_000,
			conns:   1,
			pinned:  true,
			peers:   streams,
		},
		{
			name:    "grpc-bidi",
			about:   "a stream for every caller, on which 1 KiB goes there and back; one connection",
			callers: []int{1, 100},
			size:    1 << 10,
			conns:   1,
			kind:    load.Bidi,
			pinned:  true,
			peers:   streams,
		},
		{
			name:    "grpc-flood",
			about:   "streams on which the server sends 64 bytes over and over; one connection",
			callers: []int{1, 100},
			size:    64,
			conns:   1,
			kind:    load.Flood,
			pinned:  true,
			peers:   flood,
		},
		{
			name:    "grpc-flood-64k",
			about:   "the same with 64 KiB",
			callers: []int{1, 100},
			size:    64 << 10,
			conns:   1,
			kind:    load.Flood,
			pinned:  true,
			peers:   flood,
		},
		{
			name:   "proto-codec",
			about:  "encode and decode by themselves, for the shapes of codec.proto",
			pinned: true,
			codecs: []string{"protobuf-go", "vtprotobuf", "volo-proto", "volo-proto-alias"},
		},
	}
}
