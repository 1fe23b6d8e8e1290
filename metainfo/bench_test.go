package metainfo_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func BenchmarkWithPersistent(b *testing.B) {
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		sinkCtx = metainfo.WithPersistent(ctx, "LOG_ID", "42")
	}
}

func BenchmarkLookup(b *testing.B) {
	ctx := metainfo.WithPersistents(b.Context(), "A", "1", "B", "2", "LOG_ID", "42")
	b.ReportAllocs()
	for b.Loop() {
		v, _ := metainfo.Persistent(ctx, "LOG_ID")
		sink += len(v)
	}
}

// BenchmarkNone is what calls pay that carry nothing.
func BenchmarkNone(b *testing.B) {
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		sink += metainfo.FromContext(ctx).OutgoingLen()
	}
}

func BenchmarkOutgoing(b *testing.B) {
	m := metainfo.FromContext(metainfo.WithPersistents(context.Background(), "A", "1", "B", "2", "C", "3", "D", "4"))
	b.ReportAllocs()
	for b.Loop() {
		for kind, kv := range m.Outgoing() {
			sink += len(kind.Prefix()) + len(kv.Key) + len(kv.Value)
		}
	}
}

func BenchmarkIncoming(b *testing.B) {
	var in metainfo.Incoming
	b.ReportAllocs()
	for b.Loop() {
		in.Add("isn", "shop.item")
		in.Add("RPC_PERSIST_LOG_ID", "42")
		in.Add("RPC_PERSIST_USER", "ada")
		in.Add("RPC_TRANSIT_ZONE", "north")
		sinkMeta = in.Metadata()
	}
}

func BenchmarkTypedValue(b *testing.B) {
	ctx := metainfo.With(b.Context(), account{7})
	b.ReportAllocs()
	for b.Loop() {
		a, _ := metainfo.Value[account](ctx)
		sink += a.id
	}
}
