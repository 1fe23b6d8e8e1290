package generated_test

import (
	"errors"
	"testing"

	"github.com/volo-go/volo/pilota/gen/testdata/all/go/demo/all"
	"github.com/volo-go/volo/pilota/thrift"
)

// chain is a tree of so many levels.
func chain(levels int) *all.Tree {
	t := &all.Tree{}
	for range levels - 1 {
		t = &all.Tree{Left: t}
	}
	return t
}

func TestDepthOfRecursiveStructs(t *testing.T) {
	for _, c := range []struct {
		levels, limit int
		valid         bool
	}{
		{1, 1, true}, {2, 1, false},
		{9, 10, true}, {10, 10, true}, {11, 10, false},
		{64, 0, true}, {65, 0, false},
	} {
		err := thrift.UnmarshalOptions(encode(t, chain(c.levels)), new(all.Tree), thrift.DecodeOptions{MaxDepth: c.limit})
		if c.valid != (err == nil) || err != nil && !errors.Is(err, thrift.ErrDepth) {
			t.Errorf("%d levels, limit %d: got %v", c.levels, c.limit, err)
		}
	}
}

func TestDepthCountsUnknownFieldsFromWhereTheyAre(t *testing.T) {
	// Two levels of tree, then two levels of unknown struct.
	b := []byte{
		byte(thrift.STRUCT), 0, 2,
		byte(thrift.STRUCT), 0, 99, byte(thrift.STRUCT), 0, 1, 0, 0,
		0, 0,
	}
	for limit, valid := range map[int]bool{5: true, 4: true, 3: false, 1: false} {
		err := thrift.UnmarshalOptions(b, new(all.Tree), thrift.DecodeOptions{MaxDepth: limit})
		if valid != (err == nil) || err != nil && !errors.Is(err, thrift.ErrDepth) {
			t.Errorf("limit %d: got %v", limit, err)
		}
	}
}

func TestDepthIsGivenBackBySiblings(t *testing.T) {
	wide := &all.Tree{}
	for range 200 {
		wide.Children = append(wide.Children, &all.Tree{})
	}
	if err := thrift.UnmarshalOptions(encode(t, wide), new(all.Tree), thrift.DecodeOptions{MaxDepth: 2}); err != nil {
		t.Error(err)
	}
}

func TestContainerLimit(t *testing.T) {
	for n, valid := range map[int]bool{2: true, 3: true, 4: false} {
		values := []thrift.Struct{
			&all.Containers{Ints: make([]int32, n)},
			&all.Containers{Names: make([]string, n)},
			&all.Containers{Matrix: make([][]int32, n)},
			mapsShape(n),
		}
		for _, v := range values {
			err := thrift.UnmarshalOptions(encode(t, v), fresh(v), thrift.DecodeOptions{MaxContainer: 3})
			if valid != (err == nil) || err != nil && !errors.Is(err, thrift.ErrContainerSize) {
				t.Errorf("%d elements in %v: got %v", n, v, err)
			}
		}
	}
}

func TestStringLimit(t *testing.T) {
	for n, valid := range map[int]bool{2: true, 3: true, 4: false} {
		values := []thrift.Struct{
			&all.Scalars{Str: "xxxx"[:n]},
			&all.Scalars{Bin: make([]byte, n)},
			&all.Containers{Strings: []string{"xxxx"[:n]}},
		}
		for _, v := range values {
			err := thrift.UnmarshalOptions(encode(t, v), fresh(v), thrift.DecodeOptions{MaxString: 3})
			if valid != (err == nil) || err != nil && !errors.Is(err, thrift.ErrStringSize) {
				t.Errorf("%d bytes in %v: got %v", n, v, err)
			}
		}
	}
}

// A header may claim what it wants: nothing is allocated for what cannot be
// there.
func TestClaimsCostNothing(t *testing.T) {
	claims := map[string][]byte{
		"list of i64":    {byte(thrift.LIST), 0, 5, byte(thrift.I64), 0x7F, 0xFF, 0xFF, 0xFF},
		"list of struct": {byte(thrift.LIST), 0, 11, byte(thrift.STRUCT), 0x7F, 0xFF, 0xFF, 0xFF},
		"negative":       {byte(thrift.LIST), 0, 5, byte(thrift.I64), 0xFF, 0xFF, 0xFF, 0xFF},
		"map":            {byte(thrift.MAP), 0, 16, byte(thrift.STRING), byte(thrift.STRING), 0x7F, 0xFF, 0xFF, 0xFF},
		"string":         {byte(thrift.LIST), 0, 7, byte(thrift.STRING), 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF},
	}
	for name, b := range claims {
		var got all.Containers
		err := thrift.Unmarshal(b, &got)
		if !errors.Is(err, thrift.ErrInvalidLength) {
			t.Errorf("%s: got %v, want ErrInvalidLength", name, err)
		}
	}
}

// Each level claims as many children as bytes remain, before it has any.
func TestClaimsWithinClaimsCostNothing(t *testing.T) {
	var b []byte
	for range 50 {
		b = append(b, byte(thrift.LIST), 0, 4, byte(thrift.STRUCT), 0, 0, 0x20, 0)
	}
	b = append(b, make([]byte, 0x2000)...)
	if err := thrift.Unmarshal(b, new(all.Tree)); !errors.Is(err, thrift.ErrInvalidLength) {
		t.Errorf("got %v, want ErrInvalidLength", err)
	}
}
