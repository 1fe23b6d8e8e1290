package metainfo_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestContextsAreImmutable(t *testing.T) {
	base := metainfo.WithPersistents(t.Context(), "A", "1", "B", "2")
	_ = metainfo.WithPersistent(base, "A", "changed")
	_ = metainfo.WithPersistent(base, "C", "added")
	_ = metainfo.WithPersistents(base, "B", "changed", "D", "added")
	_ = metainfo.WithoutPersistent(base, "A")
	_ = metainfo.WithTransient(base, "T", "added")
	want := map[string]values{"persistent": {"A": "1", "B": "2"}}
	if got := sees(base); !maps.EqualFunc(got, want, maps.Equal) {
		t.Errorf("got %v after deriving from it, want %v as before", got, want)
	}
}

func TestSetting(t *testing.T) {
	p := func(kvs ...string) func(context.Context) context.Context {
		return func(ctx context.Context) context.Context { return metainfo.WithPersistents(ctx, kvs...) }
	}
	tr := func(kvs ...string) func(context.Context) context.Context {
		return func(ctx context.Context) context.Context { return metainfo.WithTransients(ctx, kvs...) }
	}
	for _, c := range []struct {
		what string
		set  []func(context.Context) context.Context
		want map[string]values
	}{
		{"no pairs", []func(context.Context) context.Context{p(), tr()}, map[string]values{}},
		{"the last value of a key wins", []func(context.Context) context.Context{p("A", "1"), p("A", "2")}, map[string]values{"persistent": {"A": "2"}}},
		{"within one batch too", []func(context.Context) context.Context{tr("A", "1", "B", "b", "A", "2")}, map[string]values{"transient": {"A": "2", "B": "b"}}},
		{"an empty key does not disturb the others", []func(context.Context) context.Context{p("", "1", "B", "b")}, map[string]values{"persistent": {"B": "b"}}},
		{"taking away what is there", []func(context.Context) context.Context{tr("A", "1", "B", "2", "C", "3"), func(ctx context.Context) context.Context {
			return metainfo.WithoutTransient(ctx, "B")
		}}, map[string]values{"transient": {"A": "1", "C": "3"}}},
		{"taking away what is not there", []func(context.Context) context.Context{p("A", "1"), func(ctx context.Context) context.Context {
			return metainfo.WithoutPersistent(metainfo.WithoutTransient(ctx, "A"), "B")
		}}, map[string]values{"persistent": {"A": "1"}}},
		{"a context without metadata in between", []func(context.Context) context.Context{p("A", "1"), func(ctx context.Context) context.Context {
			return metainfo.NewContext(ctx, nil)
		}, p("B", "2")}, map[string]values{"persistent": {"B": "2"}}},
		{"other contexts in between", []func(context.Context) context.Context{p("A", "1"), context.WithoutCancel, tr("B", "2"), metainfo.WithBackward},
			map[string]values{"persistent": {"A": "1"}, "transient": {"B": "2"}}},
	} {
		ctx := t.Context()
		for _, set := range c.set {
			ctx = set(ctx)
		}
		if got := sees(ctx); !maps.EqualFunc(got, c.want, maps.Equal) {
			t.Errorf("%s: got %v, want %v", c.what, got, c.want)
		}
	}
}

func TestAKeyWithoutAValuePanics(t *testing.T) {
	for what, f := range map[string]func(){
		"persistent": func() { metainfo.WithPersistents(t.Context(), "A", "1", "B") },
		"transient":  func() { metainfo.WithTransients(t.Context(), "A", "1", "B") },
	} {
		func() {
			defer func() {
				if got := recover(); got != "metainfo: key B has no value" {
					t.Errorf("%s: got panic %v, want one that names the key", what, got)
				}
			}()
			f()
		}()
	}
}

func TestContextsKeepTheirParent(t *testing.T) {
	type key struct{}
	parent, cancel := context.WithCancelCause(context.WithValue(t.Context(), key{}, "v"))
	ctx := metainfo.With(metainfo.WithBackward(metainfo.WithTransient(parent, "A", "1")), 7)
	if got := ctx.Value(key{}); got != "v" {
		t.Errorf("got value %v of the parent, want v", got)
	}
	cause := errors.New("enough")
	cancel(cause)
	if ctx.Err() != context.Canceled || context.Cause(ctx) != cause {
		t.Errorf("got %v, %v after the parent was canceled, want context canceled, enough", ctx.Err(), context.Cause(ctx))
	}
}

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

func TestIncoming(t *testing.T) {
	many := []header{}
	wantMany := values{}
	for i := range 40 {
		many = append(many, header{fmt.Sprintf("RPC_PERSIST_K%d", i%30), fmt.Sprint(i)})
		wantMany[fmt.Sprintf("K%d", i%30)] = fmt.Sprint(i)
	}
	for _, c := range []struct {
		what    string
		headers []header
		taken   int
		want    map[string]values
		http    bool
	}{
		{"no headers", nil, 0, map[string]values{}, false},
		{"both kinds", []header{{"RPC_PERSIST_A", "1"}, {"RPC_TRANSIT_B", "2"}}, 2,
			map[string]values{"persistent": {"A": "1"}, "upstream": {"B": "2"}}, false},
		{"headers of others", []header{{"isn", "x"}, {"RPC_", "x"}, {"RPC_BACKWARD_A", "x"}, {"RPC_PERSIS", "x"}, {"rpc_persist_a", "x"}, {"", "x"}}, 0,
			map[string]values{}, false},
		{"a value whose hop is over is taken and dropped", []header{{"RPC_TRANSIT_UPSTREAM_A", "1"}}, 1, map[string]values{}, false},
		{"a prefix without a key is taken and dropped", []header{{"RPC_PERSIST_", "1"}, {"RPC_TRANSIT_", "1"}}, 2, map[string]values{}, false},
		{"the last of several values", []header{{"RPC_PERSIST_A", "1"}, {"RPC_PERSIST_B", "2"}, {"RPC_PERSIST_A", "3"}}, 3,
			map[string]values{"persistent": {"A": "3", "B": "2"}}, false},
		{"the last of several values among many", many, 40, map[string]values{"persistent": wantMany}, false},
		{"a key may hold a prefix", []header{{"RPC_PERSIST_RPC_PERSIST_A", "1"}}, 1,
			map[string]values{"persistent": {"RPC_PERSIST_A": "1"}}, false},
		{"HTTP: both kinds", []header{{"rpc-persist-a-b", "1"}, {"rpc-transit-c", "2"}}, 2,
			map[string]values{"persistent": {"A_B": "1"}, "upstream": {"C": "2"}}, true},
		{"HTTP: any case", []header{{"Rpc-Persist-A-B", "1"}, {"RPC-TRANSIT-C", "2"}}, 2,
			map[string]values{"persistent": {"A_B": "1"}, "upstream": {"C": "2"}}, true},
		{"HTTP: headers of others", []header{{"content-type", "x"}, {"rpc-", "x"}, {"rpc-backward-a", "x"}, {"rpc-persis", "x"}, {"rpc_persist_a", "x"}, {"", "x"}}, 0,
			map[string]values{}, true},
		{"HTTP: a value whose hop is over", []header{{"rpc-transit-upstream-a", "1"}}, 1, map[string]values{}, true},
		{"HTTP: a prefix without a key", []header{{"rpc-persist-", "1"}}, 1, map[string]values{}, true},
	} {
		var in metainfo.Incoming
		taken := 0
		for _, h := range c.headers {
			add := in.Add
			if c.http {
				add = in.AddHTTP
			}
			if add(h.name, h.value) {
				taken++
			}
		}
		m := in.Metadata()
		if got := sees(metainfo.NewContext(t.Context(), m)); !maps.EqualFunc(got, c.want, maps.Equal) || (m == nil) != (len(c.want) == 0) {
			t.Errorf("%s: got %v (nil: %v), want %v", c.what, got, m == nil, c.want)
		}
		if taken != c.taken {
			t.Errorf("%s: got %d headers taken, want %d", c.what, taken, c.taken)
		}
		if again := in.Metadata(); again != nil {
			t.Errorf("%s: got %v the second time, want nil", c.what, again)
		}
	}
}

func TestSizes(t *testing.T) {
	ctx := metainfo.WithTransient(metainfo.WithPersistents(t.Context(), "AB", "123", "C", ""), "T", "4")
	m := metainfo.FromContext(ctx)
	bytes := 0
	for kind, kv := range m.Outgoing() {
		bytes += len(kind.Prefix()) + len(kv.Key) + len(kv.Value)
	}
	if m.OutgoingLen() != 3 || m.OutgoingSize() != bytes {
		t.Errorf("got %d values of %d bytes, want 3 of %d", m.OutgoingLen(), m.OutgoingSize(), bytes)
	}
	var c metainfo.BackwardCell
	c.Set("AB", "123")
	c.Set("C", "4")
	if want := 2*len("RPC_BACKWARD_") + len("AB123C4"); c.Len() != 2 || c.Size() != want {
		t.Errorf("got %d backward values of %d bytes, want 2 of %d", c.Len(), c.Size(), want)
	}
}

// TestLimits goes one below, to and one beyond each limit, forward and
// backward.
func TestLimits(t *testing.T) {
	small := metainfo.Limits{MaxKey: 20, MaxValue: 5, MaxTotal: 60}
	x := func(n int) string { return strings.Repeat("x", n) }
	forward := len(metainfo.PrefixPersist)
	for _, c := range []struct {
		what   string
		limits metainfo.Limits
		key    string
		value  string
		want   string // "" for none
	}{
		{"a key below the limit", small, x(19 - forward), "v", ""},
		{"a key at the limit", small, x(20 - forward), "v", ""},
		{"a key above the limit", small, x(21 - forward), "v",
			`metainfo: persistent key "xxxxxxxxx": 21 bytes, limit 20 (Limits.MaxKey)`},
		{"a value at the limit", small, "K", x(5), ""},
		{"a value above the limit", small, "K", x(6), `metainfo: value of persistent key "K": 6 bytes, limit 5 (Limits.MaxValue)`},
		{"the total at the limit", metainfo.Limits{MaxTotal: forward + 9}, "1234", "56789", ""},
		{"the total above the limit", metainfo.Limits{MaxTotal: forward + 9}, "1234", "567890",
			`metainfo: all keys and values: 22 bytes, limit 21 (Limits.MaxTotal)`},
		{"a default key at the limit", metainfo.Limits{MaxTotal: 1 << 20}, x(65535 - forward), "v", ""},
		{"a default key above the limit", metainfo.Limits{MaxTotal: 1 << 20}, x(65536 - forward), "v",
			`metainfo: persistent key "` + x(64) + `"…: 65536 bytes, limit 65535 (Limits.MaxKey)`},
		{"a default value at the limit", metainfo.Limits{MaxTotal: 1 << 20}, "K", x(65535), ""},
		{"a default value above the limit", metainfo.Limits{MaxTotal: 1 << 20}, "K", x(65536),
			`metainfo: value of persistent key "K": 65536 bytes, limit 65535 (Limits.MaxValue)`},
		{"a default total at the limit", metainfo.Limits{}, "K", x(65536 - forward - 1), ""},
		{"a default total above the limit", metainfo.Limits{}, "K", x(65536 - forward),
			`metainfo: all keys and values: 65537 bytes, limit 65536 (Limits.MaxTotal)`},
	} {
		err := c.limits.Check(metainfo.FromContext(metainfo.WithPersistent(t.Context(), c.key, c.value)))
		if got := text(err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
		var e *metainfo.SizeError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%s: got a %T, want a *SizeError", c.what, err)
		}
	}
}

func TestBackwardLimits(t *testing.T) {
	prefix := len(metainfo.PrefixBackward)
	for _, c := range []struct {
		what   string
		limits metainfo.Limits
		want   string
	}{
		{"all at the limit", metainfo.Limits{MaxKey: prefix + 3, MaxValue: 4, MaxTotal: prefix + 7}, ""},
		{"a key above it", metainfo.Limits{MaxKey: prefix + 2}, `metainfo: backward key "KEY": 16 bytes, limit 15 (Limits.MaxKey)`},
		{"a value above it", metainfo.Limits{MaxValue: 3}, `metainfo: value of backward key "KEY": 4 bytes, limit 3 (Limits.MaxValue)`},
		{"the total above it", metainfo.Limits{MaxTotal: prefix + 6}, `metainfo: all keys and values: 20 bytes, limit 19 (Limits.MaxTotal)`},
	} {
		var cell metainfo.BackwardCell
		cell.Set("KEY", "1234")
		if got := text(c.limits.CheckBackward(&cell)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	if err := (metainfo.Limits{}).CheckBackward(nil); err != nil {
		t.Errorf("got %v from a nil cell, want none", err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestSendingWithoutACall(t *testing.T) {
	if metainfo.SendBackward(t.Context(), "A", "1") {
		t.Error("sent outside a handler")
	}
	if metainfo.SendBackward(metainfo.WithBackward(t.Context()), "A", "1") {
		t.Error("sent from the caller's side")
	}
	handler := context.WithValue(t.Context(), metainfo.SendKey, new(metainfo.BackwardCell))
	if metainfo.SendBackward(handler, "", "1") {
		t.Error("sent without a key")
	}
	if _, ok := metainfo.Backward(t.Context(), "A"); ok {
		t.Error("received where there is no room")
	}
	metainfo.ReceiveCell(t.Context()).Set("A", "1") // no room, no panic
}

func TestReceivingHeaders(t *testing.T) {
	var c metainfo.BackwardCell
	for _, h := range []struct {
		name  string
		http  bool
		taken bool
	}{
		{"RPC_BACKWARD_A", false, true},
		{"RPC_BACKWARD_", false, true},
		{"bare", false, false},
		{"RPC_PERSIST_A", false, false},
		{"rpc-backward-b-c", true, true},
		{"Rpc-Backward-D", true, true},
		{"content-type", true, false},
	} {
		receive := c.Receive
		if h.http {
			receive = c.ReceiveHTTP
		}
		if got := receive(h.name, "v"); got != h.taken {
			t.Errorf("%s: got taken %v, want %v", h.name, got, h.taken)
		}
	}
	got := slices.Sorted(maps.Keys(maps.Collect(c.All())))
	if want := []string{"A", "B_C", "D"}; !slices.Equal(got, want) {
		t.Errorf("got keys %v, want %v", got, want)
	}
}

// TestCellIsConcurrent is for the race detector; in the end each key has the
// last value of some writer.
func TestCellIsConcurrent(t *testing.T) {
	var c metainfo.BackwardCell
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			for n := range 200 {
				c.Set(fmt.Sprint("K", n%7), fmt.Sprint(g))
				for k, v := range c.All() {
					if k == "" || v == "" {
						t.Errorf("got %q=%q, want whole values", k, v)
					}
				}
			}
		})
	}
	wg.Wait()
	if c.Len() != 7 {
		t.Errorf("got %d keys, want 7", c.Len())
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
