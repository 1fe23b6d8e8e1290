package generated_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/gen/testdata/mask/go/demo/all"
	"github.com/volo-go/volo/pilota/gen/testdata/mask/go/demo/shared"
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// A maskable is what code with field masks has.
type maskable interface {
	fieldmask.Struct
	SetFieldMask(m *fieldmask.Mask)
	FieldMask() *fieldmask.Mask
	Descriptor() *descriptor.Struct
}

var maskedSamples = []func() maskable{
	func() maskable { return all.NewEmpty() },
	func() maskable { return all.NewInner() },
	func() maskable { return all.NewChoice() },
	func() maskable { return all.NewScalars() },
	func() maskable { return all.NewOptionals() },
	func() maskable { return all.NewRequired() },
	func() maskable { return all.NewContainers() },
	func() maskable { return all.NewTree() },
	func() maskable { return all.NewExpression() },
	func() maskable { return all.NewPing() },
	func() maskable { return all.NewDefaults() },
	func() maskable { return all.NewClashes() },
	func() maskable { return all.NewSparse() },
	func() maskable { return all.NewBig() },
	func() maskable { return all.NewFailure() },
	func() maskable { return shared.NewTag() },
	func() maskable { return shared.NewNotFound() },
}

// randomPath returns a path into a message of type t.
func randomPath(r *rand.Rand, t *descriptor.Type) string {
	path := "$"
	for range 1 + r.IntN(5) {
		u := t.Underlying()
		switch u.Kind {
		case descriptor.StructKind:
			if len(u.Struct.Fields) == 0 {
				return path
			}
			f := u.Struct.Fields[r.IntN(len(u.Struct.Fields))]
			path += fmt.Sprintf(".%d", f.ID)
			t = f.Type
		case descriptor.List, descriptor.Set:
			path += []string{"[*]", "[0,2]", "[1]"}[r.IntN(3)]
			t = u.Elem
		case descriptor.Map:
			path += "{*}"
			t = u.Elem
		default:
			return path
		}
	}
	return path
}

func randomMask(t *testing.T, r *rand.Rand, typ *descriptor.Type) *fieldmask.Mask {
	t.Helper()
	build := []func(*descriptor.Type, ...string) (*fieldmask.Mask, error){fieldmask.Allow, fieldmask.Deny}[r.IntN(2)]
	var paths []string
	for range r.IntN(6) {
		paths = append(paths, randomPath(r, typ))
	}
	m, err := build(typ, paths...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// What a mask lets through is told by Filter, which knows nothing of code.
func TestMaskedStructsSendAndReceiveWhatTheMaskLetsThrough(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, sample := range maskedSamples {
		t.Run(fmt.Sprintf("%T", sample()), func(t *testing.T) {
			for range 100 {
				s := filled(r, sample()).(maskable)
				typ := s.Descriptor().Type()
				m := randomMask(t, r, typ)
				whole := encode(t, s)
				filtered, err := m.Filter(nil, typ, whole)
				if err != nil {
					t.Fatal(err)
				}
				want := reflect.ValueOf(decode(t, filtered, s))

				s.SetFieldMask(m)
				if s.FieldMask() != m {
					t.Fatal("the mask is another")
				}
				sent := encode(t, s)
				if got := decode(t, sent, s); !same(reflect.ValueOf(got), want) {
					t.Fatalf("sent: got  %.500v\nwant %.500v", got, want)
				}
				if marshaled, err := m.Marshal(typ, s); err != nil || len(marshaled) != len(sent) {
					t.Fatalf("Marshal: got %d bytes and %v, want %d", len(marshaled), err, len(sent))
				}

				received := fresh(s).(maskable)
				received.SetFieldMask(m)
				if err := thrift.Unmarshal(whole, received); err != nil {
					t.Fatal(err)
				}
				if received.FieldMask() != m {
					t.Fatal("the mask was lost while receiving")
				}
				received.SetFieldMask(nil)
				if !same(reflect.ValueOf(received), want) {
					t.Fatalf("received: got  %.500v\nwant %.500v", received, want)
				}
			}
		})
	}
}

func TestMasksNameEntriesByTheirKeys(t *testing.T) {
	whole := func() *all.Containers {
		inners := func() []*all.Inner { return []*all.Inner{{}, {}} }
		return &all.Containers{
			Strs:    map[string]string{"a": "x", "b": "y"},
			Nums:    map[int32]int64{-1: 10, 7: 70},
			ByLevel: map[shared.Level]*all.Inner{shared.LevelLow: {}, shared.LevelHigh: {}},
			ByBytes: map[string]bool{"\x00": true, "b": true},
			ByUUID:  map[[16]byte]float64{{1}: 1},
			Odd:     map[bool][]int16{true: {1, 2, 3}},
			Lists:   map[string][]*all.Inner{"a": inners(), "b": inners()},
		}
	}
	for path, want := range map[string]*all.Containers{
		`$.strs{"a"}`:              {Strs: map[string]string{"a": "x"}},
		`$.nums{7, 8}`:             {Nums: map[int32]int64{7: 70}},
		`$.nums{-1}`:               {Nums: map[int32]int64{-1: 10}},
		`$.by_level{1, 10}`:        {ByLevel: whole().ByLevel},
		`$.by_level{99}`:           {ByLevel: map[shared.Level]*all.Inner{}},
		`$.by_bytes{"b"}`:          {ByBytes: map[string]bool{"b": true}},
		`$.by_uuid{*}`:             {ByUUID: whole().ByUUID},
		`$.odd{*}[1]`:              {Odd: map[bool][]int16{true: {2}}},
		`$.lists{"b"}[0]`:          {Lists: map[string][]*all.Inner{"b": {{}}}},
		`$.lists{"b", "a"}[1,2,3]`: {Lists: map[string][]*all.Inner{"a": {{}}, "b": {{}}}},
	} {
		s := whole()
		m, err := fieldmask.Allow(s.Descriptor().Type(), path)
		if err != nil {
			t.Fatal(err)
		}
		s.SetFieldMask(m)
		got := new(all.Containers)
		if err := thrift.Unmarshal(encode(t, s), got); err != nil {
			t.Fatal(err)
		}
		only, err := fieldmask.Allow(s.Descriptor().Type(), path[:strings.IndexAny(path, "{[")])
		if err != nil {
			t.Fatal(err)
		}
		want.SetFieldMask(only) // the other containers are empty, and would be sent
		if want := roundTrip(t, want).(*all.Containers); got.String() != want.String() {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestMasksWithinMasks(t *testing.T) {
	tree := func() *all.Tree {
		return &all.Tree{Value: 1, Children: []*all.Tree{{Value: 2, Children: []*all.Tree{{Value: 3}}}, {Value: 4}}}
	}
	typ := tree().Descriptor().Type()
	mask := func(paths ...string) *fieldmask.Mask {
		m, err := fieldmask.Allow(typ, paths...)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, c := range []struct {
		what         string
		outer, inner *fieldmask.Mask // inner: of the first child
		want         string
	}{
		{"no mask", nil, nil, "1(2(3),4)"},
		{"a struct deeper in has one", nil, mask("$.value"), "1(2,4)"},
		{"one that lets the inner through whole", mask("$.children"), mask("$.value"), "0(2,4)"},
		{"the outer counts where it says something", mask("$.children[*].children"), mask("$.value"), "0(0(3),0)"},
	} {
		root := tree()
		root.SetFieldMask(c.outer)
		root.Children[0].SetFieldMask(c.inner)
		got := new(all.Tree)
		if err := thrift.Unmarshal(encode(t, root), got); err != nil {
			t.Fatal(err)
		}
		if outline(got) != c.want {
			t.Errorf("%s: got %s, want %s", c.what, outline(got), c.want)
		}
	}
}

// outline is a tree by its values.
func outline(n *all.Tree) string {
	value, children := strconv.Itoa(int(n.Value)), []string{}
	for _, c := range n.Children {
		children = append(children, outline(c))
	}
	if len(children) == 0 {
		return value
	}
	return value + "(" + strings.Join(children, ",") + ")"
}

// tail is a field of an ID that no sample has.
var tail = []byte{byte(thrift.I32), 0x7F, 0x01, 0, 0, 0, 9}

func TestUnknownFieldsPassWhereAMaskDenies(t *testing.T) {
	whole := append(append([]byte{}, tail...), 0)
	s := new(all.Inner)
	if err := thrift.Unmarshal(whole, s); err != nil {
		t.Fatal(err)
	}
	typ := s.Descriptor().Type()
	for _, c := range []struct {
		build func(*descriptor.Type, ...string) (*fieldmask.Mask, error)
		want  bool
	}{{fieldmask.Allow, false}, {fieldmask.Deny, true}} {
		m, err := c.build(typ)
		if err != nil {
			t.Fatal(err)
		}
		s.SetFieldMask(m)
		if sent := encode(t, s); bytes.Contains(sent, tail) != c.want {
			t.Errorf("sent %x, want the unknown field in it: %v", sent, c.want)
		}
		got := new(all.Inner)
		got.SetFieldMask(m)
		if err := thrift.Unmarshal(whole, got); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(got.UnknownFields(), tail) != c.want {
			t.Errorf("received %x, want the unknown field in it: %v", got.UnknownFields(), c.want)
		}
	}
}

func TestMaskedDecodingKeepsTheLimits(t *testing.T) {
	deep := &all.Tree{Value: 1}
	for range 20 {
		deep = &all.Tree{Children: []*all.Tree{deep}}
	}
	m, err := fieldmask.Deny(deep.Descriptor().Type(), "$.value")
	if err != nil {
		t.Fatal(err)
	}
	wire := encode(t, deep)
	for depth, want := range map[int]error{10: thrift.ErrDepth, 200: nil} {
		got := new(all.Tree)
		got.SetFieldMask(m)
		if err := thrift.UnmarshalOptions(wire, got, thrift.DecodeOptions{MaxDepth: depth}); !errors.Is(err, want) {
			t.Errorf("depth %d: got %v, want %v", depth, err, want)
		}
	}
}

func TestMaskedStructsThatHaveNoEncoding(t *testing.T) {
	required, choice := new(all.Required), new(all.Choice)
	for _, s := range []maskable{required, choice} {
		m, err := fieldmask.Allow(s.Descriptor().Type())
		if err != nil {
			t.Fatal(err)
		}
		s.SetFieldMask(m)
		_, got := s.AppendBinary(nil)
		s.SetFieldMask(nil)
		_, want := s.AppendBinary(nil)
		if got == nil || want == nil || got.Error() != want.Error() {
			t.Errorf("%T: got %v, want %v", s, got, want)
		}
	}
	var none *all.Inner
	m, _ := fieldmask.Allow(none.Descriptor().Type())
	if _, err := none.AppendMasked(nil, m); err == nil || none.MaskedSize(m) != 0 || none.FieldMask() != nil {
		t.Errorf("a nil struct: got %v, want an error", err)
	}
}

// FuzzMaskedDecode decodes anything through masks: an error, or what decoding
// of what Filter lets through gives.
func FuzzMaskedDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(13, 14))
	for i, sample := range maskedSamples {
		b, err := filled(r, sample()).AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), uint64(i), b)
	}
	f.Fuzz(func(t *testing.T, which uint8, seed uint64, b []byte) {
		s := maskedSamples[int(which)%len(maskedSamples)]()
		typ := s.Descriptor().Type()
		m := randomMask(t, rand.New(rand.NewPCG(seed, 0)), typ)
		s = fresh(s).(maskable)
		s.SetFieldMask(m)
		if thrift.Unmarshal(b, s) != nil {
			return
		}
		sent := encode(t, s)
		s.SetFieldMask(nil)
		again := fresh(s)
		if err := m.Unmarshal(typ, b, again); err != nil {
			t.Fatalf("what a masked struct takes, Unmarshal does not: %v", err)
		}
		if len(encode(t, again)) != len(encode(t, s)) {
			t.Fatalf("got  %.500v\nwant %.500v", s, again)
		}
		if m != nil && len(sent) > len(encode(t, s)) {
			t.Fatalf("sent by a mask %d bytes, whole %d", len(sent), len(encode(t, s)))
		}
	})
}
