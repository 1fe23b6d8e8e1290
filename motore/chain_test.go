package motore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/volo-go/volo/motore"
	"github.com/volo-go/volo/motore/motoretest"
)

type (
	layer   = motore.Layer[*message, *message]
	service = motore.Service[*message, *message]
	call    = motore.ServiceFunc[*message, *message]
)

// A message is handed from layer to layer; each writes its name on it.
type message struct{ seen []string }

// tagging returns a layer that writes its name on the way in and out.
func tagging(name string) layer {
	return func(next service) service {
		return call(func(ctx context.Context, req *message) (*message, error) {
			req.seen = append(req.seen, name)
			resp, err := next.Call(ctx, req)
			req.seen = append(req.seen, name+"'")
			return resp, err
		})
	}
}

func TestChain(t *testing.T) {
	a, b, c := tagging("a"), tagging("b"), tagging("c")
	for _, tc := range []struct {
		what  string
		layer layer
		want  []string
	}{
		{"the first layer is the outermost", motore.Chain(a, b, c), []string{"a", "b", "c", "·", "c'", "b'", "a'"}},
		{"nil layers are left out", motore.Chain(nil, a, nil, b, nil), []string{"a", "b", "·", "b'", "a'"}},
		{"only nil layers do nothing", motore.Chain[*message, *message](nil, nil), []string{"·"}},
		{"no layers do nothing", motore.Chain[*message, *message](), []string{"·"}},
		{"identity does nothing", motore.Chain(a, motore.Identity, b), []string{"a", "b", "·", "b'", "a'"}},
		{"a chain is a layer", motore.Chain(a, motore.Chain(b, c)), []string{"a", "b", "c", "·", "c'", "b'", "a'"}},
		{"a layer may be there twice", motore.Chain(a, a), []string{"a", "a", "·", "a'", "a'"}},
	} {
		core := call(func(_ context.Context, req *message) (*message, error) {
			req.seen = append(req.seen, "·")
			return req, nil
		})
		resp, err := tc.layer(core).Call(t.Context(), new(message))
		if err != nil || !slices.Equal(resp.seen, tc.want) {
			t.Errorf("%s: got %v, %v, want %v", tc.what, resp.seen, err, tc.want)
		}
	}
}

func TestChainAppliesLayersOnce(t *testing.T) {
	applied := 0
	s := motore.Chain(func(next service) service {
		applied++
		return next
	})(motoretest.New[*message, *message]().Return(new(message)))
	for range 3 {
		if _, err := s.Call(t.Context(), new(message)); err != nil {
			t.Fatal(err)
		}
	}
	if applied != 1 {
		t.Errorf("got the layer applied %d times over 3 calls, want once", applied)
	}
}

// passing is the least that a layer can do.
func passing(next service) service {
	return call(func(ctx context.Context, req *message) (*message, error) {
		return next.Call(ctx, req)
	})
}

// chained returns a service below n layers that do the least.
func chained(n int) service {
	layers := make([]layer, n)
	for i := range layers {
		layers[i] = passing
	}
	return motore.Chain(layers...)(call(func(_ context.Context, req *message) (*message, error) {
		return req, nil
	}))
}

func TestTenLayersAllocateNothing(t *testing.T) {
	s, ctx, req := chained(10), t.Context(), new(message)
	if got := testing.AllocsPerRun(100, func() { s.Call(ctx, req) }); got != 0 {
		t.Errorf("got %v allocations a call, want none", got)
	}
}

// BenchmarkChain shows what a layer costs, as ns/layer; what the innermost
// service itself costs shows with 0 layers.
func BenchmarkChain(b *testing.B) {
	for _, n := range []int{0, 1, 10} {
		b.Run(fmt.Sprintf("layers=%d", n), func(b *testing.B) {
			s, ctx, req := chained(n), b.Context(), new(message)
			b.ReportAllocs()
			for b.Loop() {
				s.Call(ctx, req)
			}
			if n > 0 {
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/layer")
			}
		})
	}
}

func ExampleChain() {
	logging := func(name string) motore.Layer[string, string] {
		return func(next motore.Service[string, string]) motore.Service[string, string] {
			return motore.ServiceFunc[string, string](func(ctx context.Context, req string) (string, error) {
				fmt.Println(name, "sees", req)
				return next.Call(ctx, req)
			})
		}
	}
	greet := motore.ServiceFunc[string, string](func(_ context.Context, name string) (string, error) {
		return "hello " + name, nil
	})
	s := motore.Chain(logging("outer"), logging("inner"))(greet)
	fmt.Println(s.Call(context.Background(), "Ada"))
	// Output:
	// outer sees Ada
	// inner sees Ada
	// hello Ada <nil>
}
