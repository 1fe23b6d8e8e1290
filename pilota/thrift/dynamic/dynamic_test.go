package dynamic_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
)

func field(id int16, name string, r descriptor.Requiredness, t *descriptor.Type) *descriptor.Field {
	return &descriptor.Field{Decl: descriptor.Decl{Name: name}, ID: id, Requiredness: r, Type: t}
}

// preset is an i8 that has a default value.
func preset(id int16, name string, r descriptor.Requiredness, n int64) *descriptor.Field {
	f := field(id, name, r, plain(descriptor.I8))
	f.Default = &descriptor.Value{Type: f.Type, Int: n}
	return f
}

func plain(k descriptor.Kind) *descriptor.Type { return &descriptor.Type{Kind: k} }

func list(e *descriptor.Type) *descriptor.Type {
	return &descriptor.Type{Kind: descriptor.List, Elem: e}
}

func mapOf(k, v *descriptor.Type) *descriptor.Type {
	return &descriptor.Type{Kind: descriptor.Map, Key: k, Elem: v}
}

var level = &descriptor.Enum{Decl: descriptor.Decl{Name: "Level"}, Values: []*descriptor.EnumValue{
	{Decl: descriptor.Decl{Name: "LOW"}, Number: 1}, {Decl: descriptor.Decl{Name: "HIGH"}, Number: -2},
}}

// inner holds itself.
var inner = func() *descriptor.Struct {
	s := &descriptor.Struct{Decl: descriptor.Decl{Name: "Inner"}}
	s.Fields = []*descriptor.Field{
		field(1, "n", descriptor.Default, plain(descriptor.I32)),
		field(2, "next", descriptor.Optional, &descriptor.Type{Kind: descriptor.StructKind, Struct: s}),
	}
	return s
}()

// all has a field of each kind.
var all = &descriptor.Struct{Decl: descriptor.Decl{Name: "All"}, Fields: []*descriptor.Field{
	field(1, "b", descriptor.Default, plain(descriptor.Bool)),
	field(2, "i8", descriptor.Default, plain(descriptor.I8)),
	field(3, "i16", descriptor.Default, plain(descriptor.I16)),
	field(4, "i32", descriptor.Default, plain(descriptor.I32)),
	field(5, "i64", descriptor.Default, plain(descriptor.I64)),
	field(6, "d", descriptor.Default, plain(descriptor.Double)),
	field(7, "s", descriptor.Default, plain(descriptor.String)),
	field(8, "bin", descriptor.Default, plain(descriptor.Binary)),
	field(9, "id", descriptor.Default, plain(descriptor.UUID)),
	field(10, "level", descriptor.Default, &descriptor.Type{Kind: descriptor.EnumKind, Enum: level}),
	field(11, "ints", descriptor.Default, list(plain(descriptor.I32))),
	field(12, "by_double", descriptor.Default, mapOf(plain(descriptor.Double), plain(descriptor.Bool))),
	field(13, "by_inner", descriptor.Default, mapOf(inner.Type(), plain(descriptor.I32))),
	field(14, "inners", descriptor.Default, list(inner.Type())),
	field(15, "by_level", descriptor.Default, mapOf(&descriptor.Type{Kind: descriptor.EnumKind, Enum: level}, plain(descriptor.Binary))),
}}

// strict needs a field, and has one that is there in any case.
var strict = &descriptor.Struct{Decl: descriptor.Decl{Name: "Strict"}, Fields: []*descriptor.Field{
	field(1, "must", descriptor.Required, plain(descriptor.I8)),
	preset(2, "has", descriptor.Required, 2),
	preset(3, "may", descriptor.Default, 3),
	preset(4, "can", descriptor.Optional, 4),
	field(5, "zero", descriptor.Default, plain(descriptor.I8)),
}}

var choice = &descriptor.Struct{Decl: descriptor.Decl{Name: "Choice"}, Class: descriptor.Union, Fields: []*descriptor.Field{
	field(1, "n", descriptor.Optional, plain(descriptor.I8)),
	field(2, "m", descriptor.Optional, plain(descriptor.I8)),
}}

// texts are JSON that comes back in another form, or as it is if there is no
// other.
var texts = []struct {
	s    *descriptor.Struct
	text string
	want string
	o    dynamic.Options
}{
	{s: all, text: `{}`},
	{s: all, text: `{"b":true,"i8":-128,"i16":32767,"i32":-2147483648,"i64":9223372036854775807}`},
	{s: all, text: ` { "b" : false , "i8" : null } `, want: `{"b":false}`},
	{s: all, text: `{"i8":"12","i64":"-9223372036854775808","d":"1.5","b":true}`, want: `{"i8":12,"i64":-9223372036854775808,"d":1.5,"b":true}`},
	{s: all, text: `{"i32":1e3,"i16":2.0}`, want: `{"i32":1000,"i16":2}`},
	{s: all, text: `{"i64":5}`, want: `{"i64":"5"}`, o: dynamic.Options{I64Strings: true}},
	{s: all, text: `{"d":-0}`, want: `{"d":-0}`},
	{s: all, text: `{"d":1e300}`, want: `{"d":1e+300}`},
	{s: all, text: `{"d":"NaN"}`},
	{s: all, text: `{"d":"Infinity","by_double":{"-Infinity":true,"0.25":false}}`},
	{s: all, text: `{"s":"a\"\\\n\u0001é\u2028😀"}`},
	{s: all, text: `{"s":"\u00e9\ud83d\ude00\/\ud800x"}`, want: `{"s":"é😀/` + "\uFFFD" + `x"}`},
	{s: all, text: `{"\u0073":"name with an escape"}`, want: `{"s":"name with an escape"}`},
	{s: all, text: `{"bin":"AP8="}`},
	{s: all, text: `{"bin":"-_8"}`, want: `{"bin":"+/8="}`},
	{s: all, text: `{"bin":"as it is"}`, o: dynamic.Options{BinaryText: true}},
	{s: all, text: `{"id":"01234567-89ab-cdef-0123-456789abcdef"}`},
	{s: all, text: `{"level":"HIGH"}`},
	{s: all, text: `{"level":-2}`, want: `{"level":"HIGH"}`},
	{s: all, text: `{"level":"HIGH"}`, want: `{"level":-2}`, o: dynamic.Options{EnumNumbers: true}},
	{s: all, text: `{"level":77}`},
	{s: all, text: `{"by_level":{"LOW":"AA==","5":""}}`},
	{s: all, text: `{"by_inner":[{"key":{"n":1},"value":2},{"key":{},"value":3}]}`},
	{s: all, text: `{"by_inner":[]}`},
	{s: all, text: `{"inners":[{"n":1,"next":{"n":2}},{}],"ints":[]}`},
	{s: all, text: `{"other":[{"x":[1,2,{"y":"z"}]},true,null,-1.5e3],"b":true}`, want: `{"b":true}`, o: dynamic.Options{IgnoreNames: true}},
	{s: all, text: `{"b":true,"?unknown":"AwBjBw=="}`, o: dynamic.Options{Unknown: dynamic.KeepUnknown}},
	{s: all, text: `{"?unknown":"AwBjBw=="}`, want: `{}`},
	{s: strict, text: `{"must":1}`, want: `{"must":1,"has":2}`},
	{s: strict, text: `{"must":1}`, want: `{"must":1,"has":2,"may":3,"zero":0,"can":4}`, o: dynamic.Options{Defaults: true}},
	{s: choice, text: `{"m":3}`},
	{s: choice, text: `{"m":3,"n":null}`, want: `{"m":3}`},
}

func TestJSONComesBack(t *testing.T) {
	for _, c := range texts {
		wire, err := dynamic.FromJSON(nil, c.s.Type(), []byte(c.text), c.o)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		want := c.want
		if want == "" {
			want = c.text
		}
		got, err := dynamic.ToJSON(nil, c.s.Type(), wire, c.o)
		if err != nil || string(got) != want {
			t.Errorf("%s: got  %s, %v\nwant %s", c.text, got, err, want)
		}
		tree, err := dynamic.ToValue(c.s.Type(), wire, c.o)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		// Maps and members may change places in a tree, so compare twice over.
		back, err := dynamic.FromValue(nil, c.s.Type(), tree, dynamic.Options{IgnoreNames: c.o.IgnoreNames})
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		again, err := dynamic.ToValue(c.s.Type(), back, c.o)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(tree) {
			t.Errorf("%s: got  %v, %v\nwant %v", c.text, again, err, tree)
		}
	}
}

func TestWhatIsNotJSONOrDoesNotSuit(t *testing.T) {
	for _, c := range []struct {
		s    *descriptor.Struct
		text string
		want string
	}{
		{all, ``, "JSON at offset 0: the text ends, want a value"},
		{all, `{`, `JSON at offset 1: the text ends, want a string`},
		{all, `{"b"`, `JSON at offset 4: the text ends, want ':'`},
		{all, `{"b":true,}`, `JSON at offset 10: '}', want a value`},
		{all, `{"b":true} x`, `JSON at offset 11: 'x', want the end of the text`},
		{all, `{"b":truex}`, `All.b at offset 5: unexpected value: a bool for bool`},
		{all, `{"i8":01}`, `JSON at offset 7: '1', want the end of the number`},
		{all, `{"i8":-}`, `JSON at offset 7: '}', want a digit`},
		{all, `{"d":1.}`, `JSON at offset 7: '}', want a digit`},
		{all, `{"d":1e}`, `JSON at offset 7: '}', want a digit`},
		{all, `{"s":"\x"}`, `JSON at offset 6: there is no escape \x`},
		{all, "{\"s\":\"\n\"}", `JSON at offset 6: control character 0x0a in a string`},
		{all, "{\"s\":\"\xff\"}", `JSON at offset 7: the string is not UTF-8`},
		{all, `{"s":"`, `JSON at offset 6: the text ends, want the end of the string`},
		{all, `{"b":1}`, "All.b at offset 5: unexpected value: a number for bool"},
		{all, `{"i8":128}`, "All.i8 at offset 6: number out of range: 128 does not fit i8"},
		{all, `{"i8":1.5}`, `All.i8 at offset 6: unexpected value: "1.5" is no integer`},
		{all, `{"i64":9223372036854775808}`, "All.i64 at offset 7: number out of range: 9223372036854775808 does not fit i64"},
		{all, `{"d":1e999}`, "All.d at offset 5: number out of range: 1e999 does not fit a double"},
		{all, `{"d":"inf"}`, `All.d at offset 5: unexpected value: "inf" is no number`},
		{all, `{"s":1}`, "All.s at offset 5: unexpected value: a number for string"},
		{all, `{"bin":"*"}`, `All.bin at offset 7: unexpected value: not base64: "*"`},
		{all, `{"id":"01234567"}`, `All.id at offset 6: unexpected value: "01234567" for uuid`},
		{all, `{"level":"MID"}`, `All.level at offset 9: unknown enum value: "MID" is neither a name nor a number of Level`},
		{all, `{"ints":{}}`, "All.ints at offset 8: unexpected value: an object for list<i32>"},
		{all, `{"ints":[1,null]}`, "All.ints[1] at offset 11: unexpected value: null for i32"},
		{all, `{"inners":[{},{"next":{"n":true}}]}`, "All.inners[1].next.n at offset 27: unexpected value: a bool for i32"},
		{all, `{"by_double":{"x":true}}`, `All.by_double["x"] at offset 14: unexpected value: "x" is no number`},
		{all, `{"by_double":{"1":2}}`, `All.by_double["1"] at offset 18: unexpected value: a number for bool`},
		{all, `{"by_inner":{}}`, "All.by_inner at offset 12: unexpected value: an object for map<Inner, i32>"},
		{all, `{"by_inner":[{"value":1}]}`, `All.by_inner at offset 14: unexpected value: "value" in an entry of a map, want "key"`},
		{all, `{"by_inner":[{"key":{},"value":"x"}]}`, `All.by_inner[0].value at offset 31: unexpected value: "x" is no integer`},
		{all, `{"x":1}`, `All at offset 1: unknown field "x"`},
		{all, `{"b":true,"b":false}`, "All.b at offset 10: field occurs twice"},
		{all, `{"?unknown":"AgABAQ=="}`, "All.?unknown at offset 12: field occurs twice"},
		{all, `{"?unknown":"AwBj"}`, "All.?unknown at offset 12: thrift: decode at offset 0: message ends too early"},
		{strict, `{"has":1}`, "Strict.must at offset 0: required field is missing"},
		{choice, `{}`, "Choice at offset 0: union needs exactly one member"},
		{choice, `{"n":1,"m":2}`, "Choice at offset 0: union needs exactly one member"},
	} {
		dst := []byte("kept")
		got, err := dynamic.FromJSON(dst, c.s.Type(), []byte(c.text), dynamic.Options{})
		if err == nil || err.Error() != "dynamic: "+c.want {
			t.Errorf("%s: got  %v\nwant dynamic: %s", c.text, err, c.want)
		}
		if string(got) != "kept" {
			t.Errorf("%s: dst became %q", c.text, got)
		}
	}
}

func TestNestingIsBounded(t *testing.T) {
	nested := func(n int) string { return strings.Repeat(`{"next":`, n-1) + "{}" + strings.Repeat("}", n-1) }
	for _, c := range []struct {
		depth int
		ok    bool
	}{{thrift.DefaultMaxDepth - 1, true}, {thrift.DefaultMaxDepth, true}, {thrift.DefaultMaxDepth + 1, false}} {
		_, err := dynamic.FromJSON(nil, inner.Type(), []byte(nested(c.depth)), dynamic.Options{})
		if (err == nil) != c.ok || err != nil && !errors.Is(err, thrift.ErrDepth) {
			t.Errorf("%d levels of JSON: %v", c.depth, err)
		}
		var tree any = map[string]any{}
		wire := []byte{0}
		for range c.depth - 1 {
			tree, wire = map[string]any{"next": tree}, append(append([]byte{12, 0, 2}, wire...), 0)
		}
		if _, err := dynamic.FromValue(nil, inner.Type(), tree, dynamic.Options{}); (err == nil) != c.ok {
			t.Errorf("a tree of %d levels: %v", c.depth, err)
		}
		if _, err := dynamic.ToJSON(nil, inner.Type(), wire, dynamic.Options{}); (err == nil) != c.ok {
			t.Errorf("a message of %d levels: %v", c.depth, err)
		}
		skipped := `{"x":` + strings.Repeat("[", c.depth) + strings.Repeat("]", c.depth) + "}"
		if _, err := dynamic.FromJSON(nil, inner.Type(), []byte(skipped), dynamic.Options{IgnoreNames: true}); (err == nil) != c.ok {
			t.Errorf("%d levels that are skipped: %v", c.depth, err)
		}
	}
}

func TestLimitsOfDecodeOptionsCount(t *testing.T) {
	for _, c := range []struct {
		text string
		o    thrift.DecodeOptions
		want error // at the limit plus one
	}{
		{`{"ints":[1,2,3]}`, thrift.DecodeOptions{MaxContainer: 2}, thrift.ErrContainerSize},
		{`{"by_double":{"1":true,"2":true,"3":true}}`, thrift.DecodeOptions{MaxContainer: 2}, thrift.ErrContainerSize},
		{`{"s":"abc"}`, thrift.DecodeOptions{MaxString: 2}, thrift.ErrStringSize},
		{`{"bin":"AAAA"}`, thrift.DecodeOptions{MaxString: 2}, thrift.ErrStringSize},
	} {
		wire, err := dynamic.FromJSON(nil, all.Type(), []byte(c.text), dynamic.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for extra := range 2 {
			o := dynamic.Options{Decode: c.o}
			if o.Decode.MaxContainer > 0 {
				o.Decode.MaxContainer += extra
			} else {
				o.Decode.MaxString += extra
			}
			_, in := dynamic.FromJSON(nil, all.Type(), []byte(c.text), o)
			_, out := dynamic.ToJSON(nil, all.Type(), wire, o)
			for _, err := range []error{in, out} {
				if extra == 0 && !errors.Is(err, c.want) || extra == 1 && err != nil {
					t.Errorf("%s under %+v: %v", c.text, o.Decode, err)
				}
			}
		}
	}
}

func TestMessagesThatDoNotSuit(t *testing.T) {
	for _, c := range []struct {
		s    *descriptor.Struct
		wire []byte
		o    dynamic.Options
		want string
	}{
		{all, nil, dynamic.Options{}, "thrift: decode All at offset 0: message ends too early"},
		{all, []byte{0, 0}, dynamic.Options{}, "thrift: decode at offset 1: bytes remain after the end: 1"},
		{all, []byte{6, 0, 3, 1}, dynamic.Options{}, "thrift: decode All.i16 at offset 3: message ends too early"},
		{strict, []byte{0}, dynamic.Options{}, "thrift: decode Strict.must at offset 1: required field is missing"},
		{all, []byte{3, 0, 99, 7, 0}, dynamic.Options{Unknown: dynamic.RefuseUnknown}, "thrift: decode All at offset 0: unknown field 99 of type i8"},
		{choice, []byte{3, 0, 1, 7, 3, 0, 2, 7, 0}, dynamic.Options{}, "thrift: decode Choice at offset 9: union needs exactly one member"},
	} {
		if got, err := dynamic.ToJSON([]byte("x"), c.s.Type(), c.wire, c.o); err == nil || err.Error() != c.want || string(got) != "x" {
			t.Errorf("%v: got  %s, %v\nwant %s", c.wire, got, err, c.want)
		}
		if _, err := dynamic.ToValue(c.s.Type(), c.wire, c.o); err == nil || err.Error() != c.want {
			t.Errorf("%v as a tree: got  %v\nwant %s", c.wire, err, c.want)
		}
	}
}

func TestTheLastOfRepeatedFieldsCounts(t *testing.T) {
	wire := []byte{3, 0, 2, 1, 2, 0, 1, 1, 3, 0, 2, 5, 6, 0, 3, 0, 9, 2, 0, 1, 0, 0}
	if got, err := dynamic.ToJSON(nil, all.Type(), wire, dynamic.Options{}); string(got) != `{"i8":5,"i16":9,"b":false}` || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestTreesMayBeOfOtherGoTypes(t *testing.T) {
	type name string
	want, err := dynamic.FromJSON(nil, all.Type(), []byte(
		`{"b":true,"i8":1,"i16":2,"i32":3,"i64":4,"d":5,"s":"x","bin":"AQ==","level":"LOW","ints":[1,2],"by_level":{"LOW":"AQ=="}}`), dynamic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	tree := map[string]any{
		"b": true, "i8": uint8(1), "i16": 2.0, "i32": json.Number("3"), "i64": uint64(4), "d": 5, "s": name("x"),
		"bin": "\x01", "level": 1, "ints": [2]int16{1, 2}, "by_level": map[string][]byte{"LOW": {1}},
	}
	if got, err := dynamic.FromValue(nil, all.Type(), tree, dynamic.Options{}); err != nil || !bytes.Equal(got, want) {
		t.Errorf("got  %q, %v\nwant %q", got, err, want)
	}
	for _, c := range []struct {
		name string
		v    any
		want string
	}{
		{"b", 1, "All.b: unexpected value: int for bool"},
		{"i8", 128, "All.i8: number out of range: 128 does not fit i8"},
		{"i8", 1.5, "All.i8: unexpected value: float64 for i8"},
		{"i64", uint64(math.MaxUint64), "All.i64: number out of range: 18446744073709551615 does not fit i64"},
		{"s", 1, "All.s: unexpected value: int for string"},
		{"s", []byte(nil), ""},
		{"id", []byte("x"), "All.id: unexpected value: []uint8 for uuid"},
		{"ints", []any{1, nil}, "All.ints[1]: unexpected value: nil for i32"},
		{"ints", 7, "All.ints: unexpected value: int for list<i32>"},
		{"by_level", []int{1}, "All.by_level: unexpected value: []int for map<Level, binary>"},
		{"by_level", map[string]any{"MID": "x"}, `All.by_level["MID"]: unknown enum value: "MID" is neither a name nor a number of Level`},
		{"inners", []any{map[string]any{"x": 1}}, `All.inners[0]: unknown field "x"`},
		{"inners", []any{5}, "All.inners[0]: unexpected value: int for struct Inner"},
	} {
		_, err := dynamic.FromValue(nil, all.Type(), map[string]any{c.name: c.v}, dynamic.Options{})
		if got := fmt.Sprint(err); c.want == "" && err != nil || c.want != "" && got != "dynamic: "+c.want {
			t.Errorf("%s = %v: got  %v\nwant %s", c.name, c.v, err, c.want)
		}
	}
}

func TestStructsKeepWhatTheyHadOnAnError(t *testing.T) {
	s, err := dynamic.NewStruct(inner, []byte(`{"n":1}`), dynamic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetJSON([]byte(`{"n":`), dynamic.Options{}); err == nil || s.String() != `Inner{"n":1}` {
		t.Errorf("got %v with %v", s, err)
	}
	if err := s.SetMap(map[string]any{"n": 2}, dynamic.Options{}); err != nil || s.String() != `Inner{"n":2}` {
		t.Errorf("got %v with %v", s, err)
	}
	if v, typ, ok := s.Field(1); !ok || typ != thrift.I32 || !bytes.Equal(v, []byte{0, 0, 0, 2}) {
		t.Errorf("field 1 is %v of type %v", v, typ)
	}
	if _, _, ok := s.Field(2); ok {
		t.Error("a field is there that is not")
	}
	var other dynamic.Struct
	wire, err := thrift.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := thrift.Unmarshal(wire, &other); err != nil || !bytes.Equal(other.Wire, s.Wire) {
		t.Errorf("got %q, %v", other.Wire, err)
	}
	if _, err := other.JSON(dynamic.Options{}); err == nil {
		t.Error("a struct without a descriptor becomes JSON")
	}
	if fields, err := s.Map(dynamic.Options{}); err != nil || !reflect.DeepEqual(fields, map[string]any{"n": int32(2)}) {
		t.Errorf("got %v, %v", fields, err)
	}
}

func ExampleToJSON() {
	wire, err := dynamic.FromJSON(nil, inner.Type(), []byte(`{"n": 1, "next": {"n": "2"}}`), dynamic.Options{})
	fmt.Println(len(wire), err)
	text, err := dynamic.ToJSON(nil, inner.Type(), wire, dynamic.Options{})
	fmt.Println(string(text), err)
	_, err = dynamic.FromJSON(nil, inner.Type(), []byte(`{"n": 1, "next": {"n": "two"}}`), dynamic.Options{})
	fmt.Println(err)
	// Output:
	// 19 <nil>
	// {"n":1,"next":{"n":2}} <nil>
	// dynamic: Inner.next.n at offset 23: unexpected value: "two" is no integer
}
