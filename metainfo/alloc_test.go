package metainfo_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestAllocations(t *testing.T) {
	bare := context.Background()
	ctx := metainfo.WithPersistents(bare, "A", "1", "B", "2")
	ctx = metainfo.WithTransient(ctx, "T", "3")
	ctx = metainfo.With(ctx, account{7})
	ctx = metainfo.WithBackward(ctx)
	metainfo.ReceiveCell(ctx).Set("R", "4")
	m := metainfo.FromContext(ctx)
	var incoming metainfo.Incoming
	var cell metainfo.BackwardCell
	var name [64]byte

	for _, c := range []struct {
		what string
		want float64
		f    func()
	}{
		{"looking a value up", 0, func() {
			metainfo.Persistent(ctx, "B")
			metainfo.Transient(ctx, "T")
			metainfo.Upstream(ctx, "U")
		}},
		{"looking up in a context that carries nothing", 0, func() {
			metainfo.Persistent(bare, "B")
			metainfo.FromContext(bare).Transient("T")
		}},
		{"iterating over a context", 0, func() {
			for k, v := range metainfo.Persistents(ctx) {
				sink += len(k) + len(v)
			}
			for k, v := range metainfo.Transients(ctx) {
				sink += len(k) + len(v)
			}
			for k, v := range metainfo.Upstreams(ctx) {
				sink += len(k) + len(v)
			}
		}},
		{"iterating over what is sent", 0, func() {
			for kind, kv := range m.Outgoing() {
				sink += len(kind.Prefix()) + len(kv.Key) + len(kv.Value)
			}
		}},
		{"iterating over a nil node", 0, func() {
			for range metainfo.FromContext(bare).Outgoing() {
				sink++
			}
		}},
		{"iterating backward", 0, func() {
			for k, v := range metainfo.Backwards(ctx) {
				sink += len(k) + len(v)
			}
		}},
		{"iterating over a cell", 0, func() {
			for k, v := range cell.All() {
				sink += len(k) + len(v)
			}
		}},
		{"checking the limits", 0, func() {
			if err := (metainfo.Limits{}).Check(m); err != nil {
				panic(err)
			}
		}},
		{"reading the typed map", 0, func() {
			a, _ := metainfo.Value[account](ctx)
			sink += a.id
		}},
		{"headers that are no metadata", 0, func() {
			incoming.Add("isn", "shop")
			incoming.Add("biz-status", "1")
			incoming.AddHTTP("content-type", "application/grpc")
			if incoming.Metadata() != nil {
				panic("metadata out of nothing")
			}
		}},
		{"a header name for HTTP", 0, func() {
			b, _ := metainfo.AppendHTTPName(name[:0], metainfo.KindPersistent, "LOG_ID")
			sink += len(b)
		}},
		{"setting one value: node and list", 2, func() {
			sinkCtx = metainfo.WithPersistent(bare, "A", "1")
		}},
		{"setting several values: node and list", 2, func() {
			sinkCtx = metainfo.WithTransients(bare, "A", "1", "B", "2", "C", "3")
		}},
		{"setting a typed value: node", 1, func() {
			sinkCtx = metainfo.With(bare, account{1})
		}},
		{"making room for backward values", 1, func() {
			sinkCtx = metainfo.WithBackward(bare)
		}},
		{"receiving four persistent values: node and list", 2, func() {
			incoming.Add("RPC_PERSIST_A", "1")
			incoming.Add("RPC_PERSIST_B", "2")
			incoming.Add("RPC_PERSIST_C", "3")
			incoming.Add("RPC_PERSIST_D", "4")
			sinkMeta = incoming.Metadata()
		}},
	} {
		if got := testing.AllocsPerRun(100, c.f); got != c.want && !raceEnabled {
			t.Errorf("%s: %v allocations, want %v", c.what, got, c.want)
		}
	}
}

type account struct{ id int }

var (
	sink     int
	sinkCtx  context.Context
	sinkMeta *metainfo.Metadata
)
