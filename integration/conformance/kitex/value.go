package kitex

import (
	"math"

	"github.com/volo-go/volo/pilota/thrift"

	"github.com/volo-go/volo/integration/conformance/kitex/gen/suite"
)

// everything returns a value with something in each field. depth is how often
// it contains another one.
func everything(depth int) *suite.Everything {
	leaf := &suite.Leaf{Name: "leaf", Size: new(int64(-3)), Weight: 9}
	bare := &suite.Leaf{Name: "bare", Weight: 7}
	e := &suite.Everything{
		Yes: true, Tiny: math.MinInt8, ShortOne: math.MaxInt16, Number: math.MinInt32, Big: math.MaxInt64,
		Real: -0.1, Text: "grüße\x00🎈", Bytes: []byte{0, 255, 128}, Color: suite.ColorLater,
		Words: []string{"", "a", "bb"}, Numbers: []int64{3, -1, 2}, Counts: map[string]int32{"": 0, "x": -1},
		Leaf: leaf, Leaves: []*suite.Leaf{bare, leaf},
		Deep:   map[int32][]map[string]*suite.Leaf{-1: {{"k": leaf}, {"l": bare, "m": leaf}}},
		Choice: &suite.Choice{Leaf: bare}, Maybe: new(false),
		Keyed:  []thrift.Entry[*suite.Key, string]{{Key: &suite.Key{Number: 4, Text: "key"}, Value: "value"}},
		Colors: []suite.Color{1, 99}, Bits: []bool{true, false, true},
	}
	if depth > 0 {
		e.Inner = everything(depth - 1)
	}
	return e
}
