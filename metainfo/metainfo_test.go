package metainfo_test

import (
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestNilMetadataIsEmpty(t *testing.T) {
	var m *metainfo.Metadata
	for kind, kv := range m.Outgoing() {
		t.Errorf("got %v %v, want nothing", kind, kv)
	}
	_, p := m.Persistent("A")
	_, tr := m.Transient("A")
	_, u := m.Upstream("A")
	if p || tr || u || m.OutgoingLen() != 0 || m.OutgoingSize() != 0 {
		t.Error("got something out of nothing")
	}
	if err := (metainfo.Limits{}).Check(m); err != nil {
		t.Errorf("got %v, want nothing to be within limits", err)
	}
}

func TestIterationStopsEarly(t *testing.T) {
	ctx := metainfo.WithTransients(metainfo.WithPersistents(t.Context(), "A", "1", "B", "2"), "C", "3", "D", "4")
	for stop := 1; stop <= 4; stop++ {
		n := 0
		for range metainfo.FromContext(ctx).Outgoing() {
			if n++; n == stop {
				break
			}
		}
		if n != stop {
			t.Errorf("got %d values, want to stop at %d", n, stop)
		}
	}
	for k := range metainfo.Persistents(ctx) {
		if k != "A" {
			t.Errorf("got %s first, want A: the order is the one of setting", k)
		}
		break
	}
}

func TestTypedMap(t *testing.T) {
	type a struct{ n int }
	type b struct{ n int }
	ctx := metainfo.With(metainfo.With(t.Context(), a{1}), &b{2})
	if got, ok := metainfo.Value[a](ctx); got.n != 1 || !ok {
		t.Errorf("got %v, %v, want what was put in", got, ok)
	}
	if got, ok := metainfo.Value[*b](ctx); !ok || got.n != 2 {
		t.Errorf("got %v, %v, want the pointer", got, ok)
	}
	if got, ok := metainfo.Value[b](ctx); ok {
		t.Errorf("got %v, want none: a pointer is another type", got)
	}
	if got, ok := metainfo.Value[a](metainfo.With(ctx, a{3})); got.n != 3 || !ok {
		t.Errorf("got %v, %v, want the inner one", got, ok)
	}
	nothing := metainfo.With[error](ctx, nil)
	if got, ok := metainfo.Value[error](nothing); got != nil || !ok {
		t.Errorf("got %v, %v, want a nil that is there", got, ok)
	}
	for kind := range metainfo.FromContext(ctx).Outgoing() {
		t.Errorf("got a %v value sent, want the typed map to stay here", kind)
	}
}

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		kind               metainfo.Kind
		name, prefix, http string
	}{
		{metainfo.KindPersistent, "persistent", "RPC_PERSIST_", "rpc-persist-"},
		{metainfo.KindTransient, "transient", "RPC_TRANSIT_", "rpc-transit-"},
		{metainfo.KindUpstream, "upstream", "RPC_TRANSIT_UPSTREAM_", "rpc-transit-upstream-"},
		{metainfo.KindBackward, "backward", "RPC_BACKWARD_", "rpc-backward-"},
		{0, "unknown", "", ""},
	} {
		if c.kind.String() != c.name || c.kind.Prefix() != c.prefix || c.kind.HTTPPrefix() != c.http {
			t.Errorf("got %v, %q, %q, want %s, %q, %q", c.kind, c.kind.Prefix(), c.kind.HTTPPrefix(), c.name, c.prefix, c.http)
		}
		if metainfo.HTTPKey(c.prefix) != c.http || metainfo.RPCKey(c.http) != c.prefix {
			t.Errorf("%v: the prefixes are not each other's forms", c.kind)
		}
	}
}
