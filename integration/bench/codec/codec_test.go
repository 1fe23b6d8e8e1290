package codec_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/bench/codec"
)

func TestShapesHaveTheirSizes(t *testing.T) {
	want := map[string][2]int{ // bytes, from and to
		"small":  {128, 128},
		"echo":   {1024, 1100},
		"medium": {1100, 1300},
		"large":  {62_000, 68_000},
		"ints":   {80_009, 80_009},
		"ints32": {40_009, 40_009},
		"maps":   {4_000, 6_000},
		"nested": {1_000, 3_000},
	}
	sizes(t, codec.Shapes(), want)
	sizes(t, codec.ProtoShapes(), map[string][2]int{
		"small":      {100, 128},
		"echo":       {1024, 1100},
		"medium":     {850, 1200},
		"large":      {50_000, 60_000},
		"maps":       {3_000, 6_000},
		"ints":       {50_000, 60_000},
		"ints-fixed": {80_000, 80_004},
	})
}

func sizes(t *testing.T, shapes []codec.Shape, want map[string][2]int) {
	t.Helper()
	if len(shapes) != len(want) {
		t.Errorf("%d shapes, want %d", len(shapes), len(want))
	}
	for _, s := range shapes {
		if r, ok := want[s.Name]; !ok || len(s.Wire) < r[0] || len(s.Wire) > r[1] {
			t.Errorf("%s has %d bytes, want %d to %d", s.Name, len(s.Wire), r[0], r[1])
		}
	}
}

// fake is a codec that encodes a message with encode and decodes it with
// decode.
func fake(encode func(wire []byte) ([]byte, error), decode func([]byte) (any, error)) codec.Codec {
	return codec.Codec{
		Name:   "fake",
		Shapes: codec.Shapes,
		New: func(_ string, wire []byte) (codec.Case, error) {
			return codec.Case{
				Encode: func() ([]byte, error) { return encode(wire) },
				Decode: decode,
			}, nil
		},
	}
}

func same(wire []byte) ([]byte, error) { return wire, nil }

func clone(wire []byte) (any, error) { b := bytes.Clone(wire); return &b, nil }

func TestMeasureRefusesACodecThatIsWrong(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name   string
		encode func([]byte) ([]byte, error)
		decode func([]byte) (any, error)
		want   string
	}{
		{"a failing encoder", func([]byte) ([]byte, error) { return nil, broken }, clone, "fake: small: encode: broken"},
		{"a failing decoder", same, func([]byte) (any, error) { return nil, broken }, "fake: small: decode: broken"},
		{"a short message", func(b []byte) ([]byte, error) { return b[:127], nil }, clone, "encoded 127 bytes of a message of 128"},
		{"another message", func(b []byte) ([]byte, error) { return append(b[1:], 0), nil }, clone, "encoded bytes differ"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := codec.Measure(fake(test.encode, test.decode), only("small"), time.Millisecond)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("err = %v, want one with %q", err, test.want)
			}
		})
	}
}

func only(name string) func(string) bool { return func(s string) bool { return s == name } }

func TestMeasureCountsAllocations(t *testing.T) {
	timings, err := codec.Measure(fake(same, clone), only("small"), 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if len(timings) != 2 {
		t.Fatalf("got %d timings, want 2", len(timings))
	}
	encode, decode := timings[0], timings[1]
	if encode.Operation != "encode" || encode.Allocs > 0.1 || encode.WireBytes != 128 || encode.NS <= 0 {
		t.Errorf("encode: got %+v, want no allocations", encode)
	}
	// The bytes and the slice header that points to them.
	if decode.Operation != "decode" || decode.Allocs < 1.9 || decode.Allocs > 2.1 || decode.Bytes < 128+24 {
		t.Errorf("decode: got %+v, want 2 allocations of 152 bytes", decode)
	}
}

func TestMeasureGivesEveryCodecItsOwnMessage(t *testing.T) {
	spoil := func(wire []byte) ([]byte, error) { clear(wire); return wire, nil }
	if _, err := codec.Measure(fake(spoil, clone), only("small"), time.Millisecond); err == nil {
		t.Error("a codec that clears its message was accepted")
	}
	i := slices.IndexFunc(codec.Shapes(), func(s codec.Shape) bool { return s.Name == "small" })
	if wire := codec.Shapes()[i].Wire; wire[0] == 0 {
		t.Error("the shape was cleared as well")
	}
}
