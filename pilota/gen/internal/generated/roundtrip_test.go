package generated_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/volo-go/volo/pilota/gen/testdata/all/go/demo/all"
	"github.com/volo-go/volo/pilota/gen/testdata/all/go/demo/shared"
	"github.com/volo-go/volo/pilota/gen/testdata/keep/go/keep"
	"github.com/volo-go/volo/pilota/thrift"
)

// encode encodes s and checks what every encoding must keep.
func encode(t testing.TB, s thrift.Struct) []byte {
	t.Helper()
	b, err := s.AppendBinary(nil)
	if err != nil {
		t.Fatalf("encode %.300v: %v", s, err)
	}
	if got := s.BinarySize(); got != len(b) {
		t.Fatalf("BinarySize of %T is %d, but %d bytes were appended", s, got, len(b))
	}
	return b
}

// fresh returns a new zero struct of the type of s.
func fresh(s thrift.Struct) thrift.Struct {
	return reflect.New(reflect.TypeOf(s).Elem()).Interface().(thrift.Struct)
}

func TestWhatIsEncodedIsDecoded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	modes := []thrift.StringMode{thrift.CopyOnce, thrift.CopyEach, thrift.Alias}
	for _, sample := range samples {
		t.Run(fmt.Sprintf("%T", sample()), func(t *testing.T) {
			for range 50 {
				want := filled(r, sample())
				b := encode(t, want)
				for _, mode := range modes {
					got := fresh(want)
					if err := thrift.UnmarshalOptions(b, got, thrift.DecodeOptions{Strings: mode}); err != nil {
						t.Fatalf("mode %d: %v", mode, err)
					}
					if !reflect.DeepEqual(got, want) {
						t.Fatalf("mode %d:\ngot  %.500v\nwant %.500v", mode, got, want)
					}
				}
			}
		})
	}
}

func TestAppendLeavesWhatIsThereAndNeedsNoRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, sample := range samples {
		s := filled(r, sample())
		alone := encode(t, s)
		again, err := s.AppendBinary([]byte("front"))
		if err != nil {
			t.Fatal(err)
		}
		// Maps have no order: only the sizes can be compared.
		if !bytes.HasPrefix(again, []byte("front")) || len(again) != 5+len(alone) {
			t.Errorf("%T: appended to a prefix it is not the same", s)
		}
	}
}

func TestEveryPrefixIsAnErrorWithOffsetAndNoPanic(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, sample := range samples {
		s := filled(r, sample())
		b := encode(t, s)
		for n := range len(b) {
			err := thrift.Unmarshal(b[:n], fresh(s))
			if e, ok := errors.AsType[*thrift.DecodeError](err); !ok || e.Offset > n {
				t.Fatalf("%T cut at %d of %d: got %v", s, n, len(b), err)
			}
		}
	}
}

// fieldsOf cuts an encoded struct into its fields, without the stop.
func fieldsOf(t *testing.T, b []byte) [][]byte {
	t.Helper()
	var fields [][]byte
	for len(b) > 1 {
		rest, err := thrift.Skip(b[3:], thrift.Type(b[0]), 64)
		if err != nil {
			t.Fatal(err)
		}
		fields = append(fields, b[:len(b)-len(rest)])
		b = rest
	}
	return fields
}

func TestFieldsMayComeInAnyOrderWithUnknownOnesBetween(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	unknown := [][]byte{
		{byte(thrift.I32), 0x40, 0, 1, 2, 3, 4},
		{byte(thrift.LIST), 0x40, 1, byte(thrift.STRUCT), 0, 0, 0, 2, 0, 0},
		{byte(thrift.UUID), 0x40, 2, 15: 0, 18: 0},
	}
	for _, sample := range samples {
		for range 20 {
			want := filled(r, sample())
			if _, ok := want.(*all.Sparse); ok {
				continue // its ids reach into those of the unknown fields
			}
			fields := append(fieldsOf(t, encode(t, want)), unknown...)
			r.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
			got := fresh(want)
			if err := thrift.Unmarshal(append(bytes.Join(fields, nil), 0), got); err != nil {
				t.Fatalf("%T: %v", want, err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got  %.500v\nwant %.500v", got, want)
			}
		}
	}
}

func TestAFieldOfAnotherTypeIsUnknown(t *testing.T) {
	var got all.Scalars
	b := []byte{
		byte(thrift.STRING), 0, 4, 0, 0, 0, 1, 'x', // i is an i32
		byte(thrift.I64), 0, 5, 0, 0, 0, 0, 0, 0, 0, 9,
		0,
	}
	if err := thrift.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.I != 0 || got.L != 9 {
		t.Errorf("got %v, want only L:9", &got)
	}
}

func TestAnEmptyContainerMayNameAnyType(t *testing.T) {
	b := []byte{byte(thrift.LIST), 0, 4, 0, 0, 0, 0, 0, byte(thrift.MAP), 0, 16, 0, 0, 0, 0, 0, 0, 0}
	var got all.Containers
	if err := thrift.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Ints == nil || got.Strs == nil {
		t.Errorf("got %v, want an empty list and an empty map", &got)
	}
}

func TestUnknownFieldsAreKeptByteForByte(t *testing.T) {
	newer := &keep.Newer{A: 1, B: "two", C: []int64{3, 4}, D: map[string]*keep.Older{"five": {A: 5}}}
	var older keep.Older
	b := encode(t, newer)
	if err := thrift.Unmarshal(b, &older); err != nil {
		t.Fatal(err)
	}
	if got := encode(t, &older); !bytes.Equal(got, b) {
		t.Errorf("got  % x\nwant % x", got, b)
	}
	if got, want := older.UnknownFields(), b[7:len(b)-1]; !bytes.Equal(got, want) {
		t.Errorf("UnknownFields\ngot  % x\nwant % x", got, want)
	}
}

func TestAUnionKeepsAMemberThatItDoesNotKnow(t *testing.T) {
	text := "two"
	b := encode(t, &keep.NewerChoice{B: &text})
	var older keep.OlderChoice
	if err := thrift.Unmarshal(b, &older); err != nil {
		t.Fatal(err)
	}
	if got := encode(t, &older); !bytes.Equal(got, b) {
		t.Errorf("got  % x\nwant % x", got, b)
	}
	one := int32(1)
	older.A = &one
	if _, err := older.AppendBinary(nil); !errors.Is(err, thrift.ErrInvalidUnion) {
		t.Errorf("with a known member as well: got %v, want ErrInvalidUnion", err)
	}
}

func TestUnionsNeedExactlyOneMember(t *testing.T) {
	number, text := int32(1), "x"
	for _, c := range []struct {
		what  string
		value *all.Choice
		valid bool
	}{
		{"none", &all.Choice{}, false},
		{"one", &all.Choice{Number: &number}, true},
		{"two", &all.Choice{Number: &number, Text: &text}, false},
		{"an empty list is a member", &all.Choice{Many: []int64{}}, true},
	} {
		_, err := c.value.AppendBinary(nil)
		if c.valid != (err == nil) || err != nil && !errors.Is(err, thrift.ErrInvalidUnion) {
			t.Errorf("encode %s: got %v", c.what, err)
		}
	}
	i32 := []byte{byte(thrift.I32), 0, 1, 0, 0, 0, 1}
	for _, c := range []struct {
		what  string
		bytes []byte
		valid bool
	}{
		{"none", []byte{0}, false},
		{"one", append(bytes.Clone(i32), 0), true},
		{"the same one twice", append(bytes.Repeat(i32, 2), 0), false},
		{"only an unknown one", []byte{byte(thrift.BOOL), 0, 99, 1, 0}, false},
	} {
		err := thrift.Unmarshal(c.bytes, new(all.Choice))
		if c.valid != (err == nil) || err != nil && !errors.Is(err, thrift.ErrInvalidUnion) {
			t.Errorf("decode %s: got %v", c.what, err)
		}
	}
}

func TestRequiredFields(t *testing.T) {
	full := &all.Required{Name: "n", Inner: all.NewInner(), Inners: []*all.Inner{}}
	fields := fieldsOf(t, encode(t, full))
	names := []string{"t", "name", "inner", "inners", "n"}
	for i, name := range names {
		var b []byte
		for j, f := range fields {
			if j != i {
				b = append(b, f...)
			}
		}
		err := thrift.Unmarshal(append(b, 0), new(all.Required))
		e, ok := errors.AsType[*thrift.DecodeError](err)
		if !ok || !errors.Is(err, thrift.ErrMissingRequired) || e.Path() != "Required."+name {
			t.Errorf("without %s: got %v", name, err)
		}
	}
}

func TestNilStructs(t *testing.T) {
	for _, c := range []struct {
		what  string
		value thrift.Struct
		path  string // of the error; empty if there is none
	}{
		{"a default field is left out", &all.Newer{}, ""},
		{"a required field", &all.Required{}, "Required.inner"},
		{"an element", &all.Tree{Children: []*all.Tree{{}, nil}}, "Tree.children[1]"},
		{"a map value", &all.Newer{D: map[string]*all.Inner{"k": nil}}, "Newer.d"},
		{"the struct itself", (*all.Newer)(nil), "Newer"},
	} {
		_ = c.value.BinarySize()
		_, err := c.value.AppendBinary(nil)
		if c.path == "" {
			if err != nil {
				t.Errorf("%s: got %v", c.what, err)
			}
			continue
		}
		if e, ok := errors.AsType[*thrift.EncodeError](err); !ok || e.Path() != c.path || !errors.Is(err, thrift.ErrNil) {
			t.Errorf("%s: got %v, want ErrNil at %s", c.what, err, c.path)
		}
	}
}

func TestErrorsTellThePath(t *testing.T) {
	tree := &all.Tree{Children: []*all.Tree{{}, {Named: map[string]*all.Tree{"x": {Value: 7}}}}}
	b := encode(t, tree)
	at := bytes.Index(b, []byte{0, 0, 0, 7})
	err := thrift.Unmarshal(b[:at+2], new(all.Tree))
	const want = "thrift: decode Tree.children[1].named[0].value.value at offset %d: message ends too early"
	if text := fmt.Sprintf(want, at-3); err == nil || err.Error() != text {
		t.Errorf("got  %v\nwant %s", err, text)
	}
}

func TestGettersWorkOnNil(t *testing.T) {
	var o *all.Optionals
	var d *all.Defaults
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"scalar", o.GetI(), int32(0)},
		{"container", len(o.GetCounts()), 0},
		{"default", d.GetI(), int32(100)},
		{"optional with default", new(all.Defaults).GetOpt(), int32(5)},
		{"optional list with default", new(all.Defaults).GetOptList(), []string{"x"}},
		{"optional string with default", new(all.Defaults).GetOptString(), "fallback"},
		{"set optional", (&all.Optionals{I: new(int32(3))}).GetI(), int32(3)},
	} {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s: got %v, want %v", c.what, c.got, c.want)
		}
	}
}

func TestDefaults(t *testing.T) {
	got := all.NewDefaults()
	inner := &all.Inner{A: 3, B: new("set")}
	want := &all.Defaults{
		T: true, I: 100, D: 2, S: "hello \"you\"\n",
		Primes: []int32{2, 3, 5},
		M:      map[string][]int32{"a": {1, 2}, "b": {}},
		Level:  shared.LevelMid,
		Inner:  inner,
		Tag:    &shared.Tag{Name: "base"},
		Raw:    []byte("bytes"),
		ByInner: []thrift.Entry[*all.Inner, int32]{
			{Key: &all.Inner{A: 1}, Value: 2},
		},
		Levels: []shared.Level{shared.LevelLow, shared.LevelHigh},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %.500v\nwant %.500v", got, want)
	}
	// Nobody shares what can be changed.
	got.Primes[0], got.Tag.Name = 99, "changed"
	if again := all.NewDefaults(); !reflect.DeepEqual(again, want) {
		t.Errorf("a change of one struct shows in the next: %v", again)
	}
}

func TestDefaultsOfNestedStructsSurviveDecoding(t *testing.T) {
	// Newer{c: [{}], d: {"k": {}}, e: {}}: each Inner is empty on the wire.
	b := []byte{
		byte(thrift.LIST), 0, 3, byte(thrift.STRUCT), 0, 0, 0, 1, 0,
		byte(thrift.MAP), 0, 4, byte(thrift.STRING), byte(thrift.STRUCT), 0, 0, 0, 1, 0, 0, 0, 1, 'k', 0,
		byte(thrift.STRUCT), 0, 5, 0,
		0,
	}
	var got all.Newer
	if err := thrift.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for what, a := range map[string]int32{"list": got.C[0].A, "map": got.D["k"].A, "field": got.E.A} {
		if a != 3 {
			t.Errorf("%s: a is %d, want the default 3", what, a)
		}
	}
}

func TestEnumsAreOpen(t *testing.T) {
	for _, c := range []struct {
		value  shared.Level
		name   string
		marked string
	}{
		{shared.LevelMid, "MID", "MID"},
		{shared.LevelTop, "HIGH", "HIGH"}, // the first name of a number
		{shared.Level(-7), "Level(-7)", "-7"},
	} {
		text, err := c.value.MarshalText()
		if c.value.String() != c.name || err != nil || string(text) != c.marked {
			t.Errorf("got %s, %s, %v; want %s, %s", c.value, text, err, c.name, c.marked)
		}
		var back shared.Level
		if err := back.UnmarshalText(text); err != nil || back != c.value {
			t.Errorf("UnmarshalText(%s): got %v, %v", text, back, err)
		}
		var s all.Scalars
		if err := thrift.Unmarshal(encode(t, &all.Scalars{Level: c.value}), &s); err != nil || s.Level != c.value {
			t.Errorf("round trip of %v: got %v, %v", c.value, s.Level, err)
		}
	}
	if err := new(shared.Level).UnmarshalText([]byte("LOUD")); err == nil {
		t.Error("a name that is none is taken")
	}
}

func TestExceptionsAreErrors(t *testing.T) {
	var err error = &all.Failure{Message: "no", Error_: "x"}
	if got, want := err.Error(), `Failure{Message:"no" Error_:"x"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	wrapped := fmt.Errorf("call: %w", err)
	if e, ok := errors.AsType[*all.Failure](wrapped); !ok || e.Message != "no" {
		t.Error("errors.As does not find it")
	}
}

func TestConstants(t *testing.T) {
	if shared.MaxSize != 100 || !all.Yes || all.Ratio != 0.5 {
		t.Error("scalars have another value than in the IDL")
	}
	if got := all.NilID(); got != [16]byte{15: 1} {
		t.Errorf("uuid: got %x", got)
	}
	inners := all.Inners()
	inners["two"] = nil
	if len(all.Inners()) != 1 {
		t.Error("a change of one result shows in the next")
	}
}

func TestStructTags(t *testing.T) {
	f, _ := reflect.TypeFor[all.Required]().FieldByName("N")
	if got, want := string(f.Tag), `thrift:"n,5,required" json:"number" db:"n"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
