package main

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/volo-go/volo/integration/bench/balance"
	"github.com/volo-go/volo/integration/bench/load"
)

// A scenario is something to measure and who takes part.
type scenario struct {
	name    string
	about   string
	callers []int
	size    int // bytes of a message
	idle    int // connections on which nothing is sent
	conns   int // of a multiplexing client
	kind    load.Kind
	pinned  bool // server and client to one core each

	// peers or, of a scenario with none, codecs take part. The first one that
	// takes part is what others are compared with.
	peers  []string
	codecs []string

	// alone, if not nil, is a scenario without peers and codecs: it measures
	// in this process, each operation for the time each, and writes a table.
	alone func(ctx context.Context, w io.Writer, each time.Duration) error
}

func scenarios() []scenario {
	return slices.Concat(thriftScenarios(), grpcScenarios(), []scenario{{
		name:  "balance",
		about: "balancers by themselves: what a pick costs, where calls go, which keys move",
		alone: func(ctx context.Context, w io.Writer, each time.Duration) error {
			return balance.Write(ctx, w, balance.Sizes, each)
		},
	}})
}

func thriftScenarios() []scenario {
	pingpong := []string{
		"kitex-pingpong", "apache-framed", "apache-buffered",
		"raw-net", "raw-netpoll",
		"volo-pingpong", "volo-pingpong-netpoll",
	}
	mux := []string{"kitex-mux", "raw-mux", "volo-mux", "volo-mux-netpoll"}
	return []scenario{
		{
			name:    "thrift-pingpong",
			about:   "echo of 1 KiB, a connection for every call in flight",
			callers: []int{1, 100, 1000},
			size:    1 << 10,
			pinned:  true,
			peers:   pingpong,
		},
		{
			name:    "thrift-pingpong-16k",
			about:   "the same with 16 KiB",
			callers: []int{100},
			size:    16 << 10,
			pinned:  true,
			peers:   pingpong,
		},
		{
			name:    "thrift-pingpong-unpinned",
			about:   "echo of 1 KiB with both sides on all cores",
			callers: []int{100},
			size:    1 << 10,
			peers:   pingpong,
		},
		{
			name:    "thrift-idle",
			about:   "echo of 1 KiB while 10,000 more connections are silent",
			callers: []int{1, 100},
			size:    1 << 10,
			idle:    10_000,
			pinned:  true,
			peers:   pingpong,
		},
		{
			name:    "thrift-mux",
			about:   "echo of 1 KiB, all calls over a few connections",
			callers: []int{1, 100, 1000},
			size:    1 << 10,
			conns:   2,
			pinned:  true,
			peers:   mux,
		},
		{
			name:    "thrift-mux-unpinned",
			about:   "the same with both sides on all cores",
			callers: []int{100},
			size:    1 << 10,
			conns:   2,
			peers:   mux,
		},
		{
			name:   "thrift-codec",
			about:  "encode and decode by themselves, for the shapes of codec.thrift",
			pinned: true,
			codecs: []string{"kitex-fastcodec", "apache", "volo", "volo-copy-each", "volo-alias"},
		},
	}
}
