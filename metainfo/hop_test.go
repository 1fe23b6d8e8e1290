package metainfo_test

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

// A header is one header of a message on the wire.
type header struct{ name, value string }

// A wire is a protocol as far as metadata goes: how a client writes it, how a
// server reads it, and the way back.
type wire struct {
	name     string
	write    func(*metainfo.Metadata) []header
	read     func(in *metainfo.Incoming, h header) bool
	answer   func(*metainfo.BackwardCell) []header
	received func(c *metainfo.BackwardCell, h header) bool
}

var wires = []wire{
	{
		name: "TTHeader",
		write: func(m *metainfo.Metadata) (hs []header) {
			for kind, kv := range m.Outgoing() {
				hs = append(hs, header{kind.Prefix() + kv.Key, kv.Value})
			}
			return hs
		},
		read: func(in *metainfo.Incoming, h header) bool { return in.Add(h.name, h.value) },
		answer: func(c *metainfo.BackwardCell) (hs []header) {
			for k, v := range c.All() {
				hs = append(hs, header{metainfo.PrefixBackward + k, v})
			}
			return hs
		},
		received: func(c *metainfo.BackwardCell, h header) bool { return c.Receive(h.name, h.value) },
	},
	{
		name: "HTTP",
		write: func(m *metainfo.Metadata) (hs []header) {
			for kind, kv := range m.Outgoing() {
				if name, ok := metainfo.AppendHTTPName(nil, kind, kv.Key); ok {
					hs = append(hs, header{string(name), kv.Value})
				}
			}
			return hs
		},
		read: func(in *metainfo.Incoming, h header) bool { return in.AddHTTP(h.name, h.value) },
		answer: func(c *metainfo.BackwardCell) (hs []header) {
			for k, v := range c.All() {
				if name, ok := metainfo.AppendHTTPName(nil, metainfo.KindBackward, k); ok {
					hs = append(hs, header{string(name), v})
				}
			}
			return hs
		},
		received: func(c *metainfo.BackwardCell, h header) bool { return c.ReceiveHTTP(h.name, h.value) },
	},
}

// call makes one hop: what handler sees is what a server in another process
// would.
func (w wire) call(ctx context.Context, handler func(context.Context)) {
	var in metainfo.Incoming
	for _, h := range append(w.write(metainfo.FromContext(ctx)), header{"isn", "shop"}) {
		w.read(&in, h)
	}
	cell := new(metainfo.BackwardCell)
	server := context.WithValue(context.Background(), metainfo.SendKey, cell)
	handler(metainfo.NewContext(server, in.Metadata()))
	for _, h := range w.answer(cell) {
		w.received(metainfo.ReceiveCell(ctx), h)
	}
}

type values = map[string]string

// sees reports what ctx carries, kind by kind.
func sees(ctx context.Context) map[string]values {
	m := map[string]values{}
	for kind, seq := range map[string]func(func(string, string) bool){
		"persistent": metainfo.Persistents(ctx),
		"transient":  metainfo.Transients(ctx),
		"upstream":   metainfo.Upstreams(ctx),
	} {
		if kvs := maps.Collect(seq); len(kvs) > 0 {
			m[kind] = kvs
		}
	}
	return m
}

// TestHops sends what A sets through B and C to D. Each hop sees, and may set,
// something.
func TestHops(t *testing.T) {
	type set = func(context.Context) context.Context
	none := func(ctx context.Context) context.Context { return ctx }
	persistent := func(kvs ...string) set {
		return func(ctx context.Context) context.Context { return metainfo.WithPersistents(ctx, kvs...) }
	}
	transient := func(kvs ...string) set {
		return func(ctx context.Context) context.Context { return metainfo.WithTransients(ctx, kvs...) }
	}
	for _, c := range []struct {
		what    string
		a, b, c set
		wantB   map[string]values
		wantC   map[string]values
		wantD   map[string]values
	}{
		{"nothing", none, none, none, map[string]values{}, map[string]values{}, map[string]values{}},
		{"a persistent value goes all the way", persistent("K", "v"), none, none,
			map[string]values{"persistent": {"K": "v"}},
			map[string]values{"persistent": {"K": "v"}},
			map[string]values{"persistent": {"K": "v"}}},
		{"a transient value goes one hop", transient("K", "v"), none, none,
			map[string]values{"upstream": {"K": "v"}}, map[string]values{}, map[string]values{}},
		{"each hop sends its own transient value", transient("K", "a"), transient("K", "b"), transient("K", "c"),
			map[string]values{"upstream": {"K": "a"}},
			map[string]values{"upstream": {"K": "b"}},
			map[string]values{"upstream": {"K": "c"}}},
		{"a hop may change a persistent value for those after it", persistent("K", "a", "L", "l"), persistent("K", "b"), none,
			map[string]values{"persistent": {"K": "a", "L": "l"}},
			map[string]values{"persistent": {"K": "b", "L": "l"}},
			map[string]values{"persistent": {"K": "b", "L": "l"}}},
		{"a hop may take a persistent value away", persistent("K", "a", "L", "l"),
			func(ctx context.Context) context.Context { return metainfo.WithoutPersistent(ctx, "K") }, none,
			map[string]values{"persistent": {"K": "a", "L": "l"}},
			map[string]values{"persistent": {"L": "l"}},
			map[string]values{"persistent": {"L": "l"}}},
		{"a hop may add one", none, persistent("K", "b"), none,
			map[string]values{},
			map[string]values{"persistent": {"K": "b"}},
			map[string]values{"persistent": {"K": "b"}}},
		{"a key of both kinds is two values",
			func(ctx context.Context) context.Context {
				return metainfo.WithTransient(metainfo.WithPersistent(ctx, "K", "p"), "K", "t")
			}, none, none,
			map[string]values{"persistent": {"K": "p"}, "upstream": {"K": "t"}},
			map[string]values{"persistent": {"K": "p"}},
			map[string]values{"persistent": {"K": "p"}}},
		{"empty values are values", persistent("K", ""), transient("T", ""), none,
			map[string]values{"persistent": {"K": ""}},
			map[string]values{"persistent": {"K": ""}, "upstream": {"T": ""}},
			map[string]values{"persistent": {"K": ""}}},
		{"empty keys are none", persistent("", "v"), transient("", "v"), none,
			map[string]values{}, map[string]values{}, map[string]values{}},
		{"a key that looks like an upstream one does not arrive", transient("UPSTREAM_K", "v"), none, none,
			map[string]values{}, map[string]values{}, map[string]values{}},
	} {
		for _, w := range wires {
			var atB, atC, atD map[string]values
			w.call(c.a(t.Context()), func(ctx context.Context) {
				atB = sees(ctx)
				w.call(c.b(ctx), func(ctx context.Context) {
					atC = sees(ctx)
					w.call(c.c(ctx), func(ctx context.Context) { atD = sees(ctx) })
				})
			})
			for _, hop := range []struct {
				name      string
				got, want map[string]values
			}{{"B", atB, c.wantB}, {"C", atC, c.wantC}, {"D", atD, c.wantD}} {
				if !maps.EqualFunc(hop.got, hop.want, maps.Equal) {
					t.Errorf("%s: %s: %s sees %v, want %v", w.name, c.what, hop.name, hop.got, hop.want)
				}
			}
		}
	}
}

func TestBackward(t *testing.T) {
	for _, w := range wires {
		ctx := metainfo.WithBackward(t.Context())
		w.call(ctx, func(server context.Context) {
			below := metainfo.WithBackward(server)
			w.call(below, func(server context.Context) {
				metainfo.SendBackward(server, "FROM", "C")
				metainfo.SendBackward(server, "ONLY_C", "1")
			})
			if got := maps.Collect(metainfo.Backwards(below)); !maps.Equal(got, values{"FROM": "C", "ONLY_C": "1"}) {
				t.Errorf("%s: B received %v, want what C sent", w.name, got)
			}
			if !metainfo.SendBackward(below, "FROM", "x") || !metainfo.SendBackward(server, "FROM", "B") {
				t.Errorf("%s: B could not send", w.name)
			}
		})
		if got := maps.Collect(metainfo.Backwards(ctx)); !maps.Equal(got, values{"FROM": "B"}) {
			t.Errorf("%s: A received %v, want the last value of B and nothing of C", w.name, got)
		}
		if got, ok := metainfo.Backward(ctx, "FROM"); got != "B" || !ok {
			t.Errorf("%s: A received %q, %v, want B", w.name, got, ok)
		}
	}
}

func ExampleWithPersistent() {
	ctx := metainfo.WithPersistent(context.Background(), "LOG_ID", "42")
	ctx = metainfo.WithTransient(ctx, "CALLER_ZONE", "north")
	for kind, kv := range metainfo.FromContext(ctx).Outgoing() {
		fmt.Println(kind.Prefix()+kv.Key, kv.Value)
	}
	// Output:
	// RPC_PERSIST_LOG_ID 42
	// RPC_TRANSIT_CALLER_ZONE north
}

// What a server does with the headers of a request.
func ExampleIncoming() {
	var in metainfo.Incoming
	for _, h := range [][2]string{
		{"RPC_PERSIST_LOG_ID", "42"},
		{"RPC_TRANSIT_CALLER_ZONE", "north"},
		{"isn", "shop.item"},
	} {
		if !in.Add(h[0], h[1]) {
			fmt.Println("not metadata:", h[0])
		}
	}
	ctx := metainfo.NewContext(context.Background(), in.Metadata())
	fmt.Println(metainfo.Persistent(ctx, "LOG_ID"))
	fmt.Println(metainfo.Upstream(ctx, "CALLER_ZONE"))
	fmt.Println(metainfo.Transient(ctx, "CALLER_ZONE"))
	// Output:
	// not metadata: isn
	// 42 true
	// north true
	//  false
}

func ExampleWith() {
	type userID int
	ctx := metainfo.With(context.Background(), userID(7))
	fmt.Println(metainfo.Value[userID](ctx))
	fmt.Println(metainfo.Value[int](ctx))
	// Output:
	// 7 true
	// 0 false
}
