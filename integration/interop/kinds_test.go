package interop_test

import (
	"math"
	"reflect"
	"slices"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"

	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	ours "github.com/volo-go/volo/integration/interop/gen/thrifttest"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/thrift"
)

// A kind is a struct, union or exception of ThriftTest.thrift, as both
// compilers make it, with values that are worth a look.
type kind struct {
	name   string
	ours   func() thrift.Struct
	apache func() apache.TStruct
	values []thrift.Struct
}

// translated returns what Apache's side has for a value of ours.
func (k *kind) translated(v thrift.Struct) apache.TStruct {
	t := k.apache()
	translate(reflect.ValueOf(t).Elem(), reflect.ValueOf(v).Elem())
	return t
}

// kindOf needs the values to know the type.
func kindOf[O, A any, PO interface {
	*O
	thrift.Struct
}, PA interface {
	*A
	apache.TStruct
}](apacheNew func() PA, values ...PO) *kind {
	k := &kind{
		name:   reflect.TypeFor[O]().Name(),
		ours:   func() thrift.Struct { return PO(new(O)) },
		apache: func() apache.TStruct { return apacheNew() },
	}
	for _, v := range append(values, new(O)) {
		k.values = append(k.values, v)
	}
	return k
}

const (
	tricky  = "\"quoted\" \\ \n\t\x00 Ελληνικά 官話 𐌲𐌿𐍄 🙂\u200d"
	minimum = math.MinInt32
)

var (
	xtruct   = &ours.Xtruct{StringThing: tricky, ByteThing: math.MinInt8, I32Thing: math.MaxInt32, I64Thing: math.MinInt64}
	insanity = &ours.Insanity{
		UserMap: map[ours.Numberz]ours.UserID{ours.NumberzFive: math.MaxInt64},
		Xtructs: []*ours.Xtruct{xtruct, {}},
	}
	version2 = &ours.VersioningTestV2{
		BeginInBoth: 1, Newint: minimum, Newbyte: -1, Newshort: math.MinInt16, Newlong: math.MaxInt64,
		Newdouble: math.Copysign(0, -1), Newstruct: &ours.Bonk{Message: tricky, Type: 1},
		Newlist: []int32{1, 1, minimum}, Newset: []int32{0, -1}, Newmap: map[int32]int32{minimum: math.MaxInt32},
		Newstring: "new", EndInBoth: math.MaxInt32,
	}
)

// kinds holds them in the order of the IDL. The empty value of each is added by
// kindOf, except where that has no encoding.
var kinds = []*kind{
	kindOf(theirs.NewBonk, &ours.Bonk{Message: tricky, Type: minimum}, &ours.Bonk{Message: string(make([]byte, 100_000)), Type: -1}),
	kindOf(theirs.NewBools, &ours.Bools{ImTrue: true}),
	kindOf(theirs.NewXtruct, xtruct),
	kindOf(theirs.NewXtruct2, &ours.Xtruct2{ByteThing: 1, StructThing: xtruct, I32Thing: 3}, &ours.Xtruct2{StructThing: &ours.Xtruct{}}),
	kindOf(theirs.NewXtruct3, &ours.Xtruct3{StringThing: tricky, Changed: -1, I32Thing: minimum, I64Thing: 1}),
	kindOf(theirs.NewInsanity, insanity, &ours.Insanity{
		UserMap: map[ours.Numberz]ours.UserID{-7: 0, 4: 4, ours.NumberzOne: 1}, // -7 and 4 have no names
		Xtructs: slices.Repeat([]*ours.Xtruct{xtruct}, 100),
	}),
	kindOf(theirs.NewCrazyNesting, crazy, &ours.CrazyNesting{SetField: []*ours.Insanity{}}),
	kindOf(theirs.NewSomeUnion,
		&ours.SomeUnion{MapThing: map[ours.Numberz]ours.UserID{}},
		&ours.SomeUnion{MapThing: map[ours.Numberz]ours.UserID{ours.NumberzSix: 6}},
		&ours.SomeUnion{StringThing: new("")}, &ours.SomeUnion{StringThing: new(tricky)},
		&ours.SomeUnion{I32Thing: new(int32(0))}, &ours.SomeUnion{I32Thing: new(int32(minimum))},
		&ours.SomeUnion{XtructThing: &ours.Xtruct3{}}, &ours.SomeUnion{InsanityThing: insanity}).withoutEmpty(),
	kindOf(theirs.NewXception, &ours.Xception{ErrorCode: minimum, Message: tricky}),
	kindOf(theirs.NewXception2, &ours.Xception2{ErrorCode: -1, StructThing: xtruct}),
	kindOf[ours.EmptyStruct](theirs.NewEmptyStruct),
	kindOf(theirs.NewOneField, &ours.OneField{Field: &ours.EmptyStruct{}}),
	kindOf(theirs.NewVersioningTestV1, &ours.VersioningTestV1{BeginInBoth: 1, OldString: tricky, EndInBoth: minimum}),
	kindOf(theirs.NewVersioningTestV2, version2, &ours.VersioningTestV2{Newdouble: math.NaN(), Newstruct: &ours.Bonk{}},
		&ours.VersioningTestV2{Newdouble: math.Inf(-1), Newstruct: &ours.Bonk{}},
		&ours.VersioningTestV2{Newdouble: math.SmallestNonzeroFloat64}),
	kindOf(theirs.NewListTypeVersioningV1, &ours.ListTypeVersioningV1{Myints: make([]int32, 1000), Hello: tricky}),
	kindOf(theirs.NewListTypeVersioningV2, &ours.ListTypeVersioningV2{Strings: []string{"", tricky, ""}, Hello: "hello"}),
	kindOf(theirs.NewGuessProtocolStruct, &ours.GuessProtocolStruct{MapField: map[string]string{"": tricky}},
		&ours.GuessProtocolStruct{MapField: map[string]string{"": "", "a": tricky, tricky: "a"}}),
	kindOf(theirs.NewLargeDeltas, &ours.LargeDeltas{
		B1: &ours.Bools{ImTrue: true}, B10: &ours.Bools{ImFalse: true}, B100: &ours.Bools{}, B1000: &ours.Bools{ImTrue: true, ImFalse: true},
		CheckTrue: true, Vertwo2000: version2, ASet2500: []string{"b", "a", ""}, Vertwo3000: version2, BigNumbers: []int32{minimum, 0, math.MaxInt32},
	}),
	kindOf(theirs.NewNestedListsI32x2, &ours.NestedListsI32x2{Integerlist: [][]int32{{1, 2}, nil, {}, {minimum}}}),
	kindOf(theirs.NewNestedListsI32x3, &ours.NestedListsI32x3{Integerlist: [][][]int32{{{1}, nil}, nil, {{}, {2, 3}}}}),
	kindOf(theirs.NewNestedMixedx2, &ours.NestedMixedx2{
		IntSetList:       [][]int32{{1}, nil, {3, 2}},
		MapIntStrset:     map[int32][]string{-1: {"a", tricky}},
		MapIntStrsetList: []map[int32][]string{{1: nil}, nil, {2: {""}}},
	}),
	kindOf(theirs.NewListBonks, &ours.ListBonks{Bonk: []*ours.Bonk{{Message: "a"}, {}, {Type: 3}}}),
	kindOf(theirs.NewNestedListsBonk, &ours.NestedListsBonk{Bonk: [][][]*ours.Bonk{{{{Message: tricky}, {}}, nil}, nil}}),
	kindOf(theirs.NewBoolTest, &ours.BoolTest{B: new(false), S: new("")}, &ours.BoolTest{S: new(tricky)}),
	kindOf(theirs.NewStructA, &ours.StructA{S: tricky}),
	kindOf(theirs.NewStructB, &ours.StructB{Ab: &ours.StructA{S: "b"}},
		&ours.StructB{Aa: &ours.StructA{S: "a"}, Ab: &ours.StructA{}}).withoutEmpty(),
	kindOf(theirs.NewOptionalSetDefaultTest, &ours.OptionalSetDefaultTest{WithDefault: []string{"test"}},
		&ours.OptionalSetDefaultTest{WithDefault: []string{}}),
	kindOf(theirs.NewOptionalBinary, &ours.OptionalBinary{BinSet: [][]byte{{0xff, 0x80}, {}}, BinMap: map[string]int32{"\xff\x00": 1}},
		&ours.OptionalBinary{BinSet: [][]byte{}, BinMap: map[string]int32{}}),
}

// crazy has struct and container keys, four levels down.
var crazy = &ours.CrazyNesting{
	StringField: tricky,
	SetField:    []*ours.Insanity{insanity, {}},
	ListField: [][]thrift.Entry[[]int32, map[int32][][][]thrift.Entry[*ours.Insanity, string]]{
		{
			{Key: []int32{1, minimum}, Value: map[int32][][][]thrift.Entry[*ours.Insanity, string]{
				-1: {{{{Key: insanity, Value: tricky}, {Key: &ours.Insanity{}, Value: ""}}, nil}, nil},
			}},
			{Key: nil, Value: nil},
		},
		nil,
	},
	BinaryField: []byte("\x00\xff\xc3\x28"),
	UUIDField:   [16]byte{0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff},
}

// withoutEmpty is for kinds whose empty value one side does not write, or not
// as the other does; see the package comment.
func (k *kind) withoutEmpty() *kind {
	k.values = k.values[:len(k.values)-1]
	return k
}

func TestEveryStructOfTheIDLHasItsKind(t *testing.T) {
	program, diagnostics := pilota.Check(pilota.Options{Inputs: []string{"apachetest/ThriftTest.thrift"}, KeepAll: true})
	if program == nil {
		t.Fatal(diagnostics)
	}
	var declared, tested []string
	for _, s := range program.Files[0].Structs {
		declared = append(declared, s.Name)
	}
	for _, k := range kinds {
		tested = append(tested, k.name)
	}
	slices.Sort(declared)
	slices.Sort(tested)
	if !slices.Equal(tested, declared) {
		t.Errorf("tested are\n%q, the IDL declares\n%q", tested, declared)
	}
}
