//go:build !race

package generated_test

import (
	"math/rand/v2"
	"testing"

	masked "github.com/volo-go/volo/pilota/gen/testdata/mask/go/demo/all"
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

func TestEncodingAllocatesNothing(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	for _, sample := range samples {
		s := filled(r, sample())
		buf := make([]byte, 0, s.BinarySize())
		got := testing.AllocsPerRun(20, func() {
			if _, err := s.AppendBinary(buf); err != nil {
				t.Fatal(err)
			}
		})
		if got != 0 {
			t.Errorf("%T: got %v allocations, want 0", s, got)
		}
	}
}

// One allocation for all strings, one per container and one slab for its
// structs, one chunk for optional scalars now and then.
func TestDecodingAllocations(t *testing.T) {
	for _, c := range []struct {
		what  string
		value thrift.Struct
		most  float64
	}{
		{"scalars and strings", smallShape(), 1},
		{"two strings", echoShape(), 1},
		{"a list of ints", intsShape(1000), 1},
		{"lists and maps of structs with optional fields", mediumShape(0), 11},
		{"55 of them", largeShape(), 55*9 + 5},
	} {
		b := encode(t, c.value)
		var d thrift.Decoder
		target := fresh(c.value)
		got := testing.AllocsPerRun(50, func() {
			d.Reset(b, thrift.DecodeOptions{})
			if _, err := target.ConsumeBinary(&d, b); err != nil {
				t.Fatal(err)
			}
		})
		if got > c.most {
			t.Errorf("%s: got %v allocations, want at most %v", c.what, got, c.most)
		}
	}
}

func TestDynamicJSONAllocatesPerMessageNotPerValue(t *testing.T) {
	_, wire, typ := large(t)
	text, err := dynamic.ToJSON(nil, typ, wire, dynamic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	out, in := make([]byte, 0, 2*len(text)), make([]byte, 0, 2*len(wire))
	to := testing.AllocsPerRun(10, func() { dynamic.ToJSON(out, typ, wire, dynamic.Options{}) })
	from := testing.AllocsPerRun(10, func() { dynamic.FromJSON(in, typ, text, dynamic.Options{}) })
	// The state of the run, its options, and a buffer for strings with escapes.
	if got, most := max(to, from), 8.0; got > most {
		t.Errorf("%v allocations out and %v in for a message of %d bytes, want %v at most", to, from, len(wire), most)
	}
}

func TestMaskedEncodingDoesNotAllocate(t *testing.T) {
	s := filled(rand.New(rand.NewPCG(1, 1)), masked.NewContainers()).(maskable)
	m, err := fieldmask.Allow(s.Descriptor().Type(), "$.1", "$.inners[0]", "$.matrix")
	if err != nil {
		t.Fatal(err)
	}
	s.SetFieldMask(m)
	b := make([]byte, 0, s.BinarySize())
	if got := testing.AllocsPerRun(100, func() { _, err = s.AppendBinary(b[:0]) }); got != 0 || err != nil {
		t.Errorf("got %v allocations and %v, want none", got, err)
	}
}
