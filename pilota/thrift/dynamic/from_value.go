package dynamic

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// FromValue appends to dst the encoding of a value of type t that is given as
// a tree, and returns the extended slice. It takes what [ToValue] returns, and
// what comes close: any integer or float that is in range, [json.Number],
// slices and maps of other types, scalars as the text that JSON has for them.
// On an error, a [*TextError], dst is returned as it was.
//
// A tree must not contain itself; nesting is bounded as it is on the wire.
func FromValue(dst []byte, t *descriptor.Type, v any, o Options) ([]byte, error) {
	r := treeReader{o: &o, wire: dst, depth: o.maxDepth()}
	if err := r.value(t.Underlying(), v, o.Mask); err != nil {
		return dst, err
	}
	return r.wire, nil
}

// A treeReader turns a tree into a message.
type treeReader struct {
	o     *Options
	wire  []byte
	depth int // levels of structs that are still allowed
}

func odd(t *descriptor.Type, v any) error {
	return wrong(-1, fmt.Errorf("%w: %T for %s", ErrType, v, noun(t)))
}

func (r *treeReader) value(t *descriptor.Type, v any, mask *fieldmask.Mask) error {
	switch t.Kind {
	case descriptor.StructKind:
		return r.structure(t, v, mask)
	case descriptor.List, descriptor.Set:
		return r.list(t, v, mask)
	case descriptor.Map:
		return r.entries(t, v, mask)
	}
	return r.scalar(t, v)
}

func (r *treeReader) structure(t *descriptor.Type, v any, mask *fieldmask.Mask) (err error) {
	s := t.Struct
	if m, ok := v.(*Struct); ok && m != nil && m.Type == s && mask == nil {
		r.wire, err = m.AppendBinary(r.wire)
		return err
	}
	tree, ok := v.(map[string]any)
	if !ok {
		return odd(t, v)
	}
	if r.depth--; r.depth < 0 {
		return inStruct(wrong(-1, thrift.ErrDepth), s.Name)
	}
	seen := make(fieldSet, len(s.Fields)/64+1)
	known, extra := 0, false
	for i, f := range s.Fields {
		v, there := tree[f.Name]
		if there {
			known++
		}
		in, passes := fieldIn(mask, s, f)
		if v == nil || !passes {
			continue
		}
		seen.add(i)
		r.wire = append(r.wire, byte(f.Type.Wire()), byte(uint16(f.ID)>>8), byte(f.ID))
		if err := r.value(f.Type.Underlying(), v, in); err != nil {
			return inField(err, s.Name, f.Name)
		}
	}
	if kept, there := tree[UnknownName].([]byte); there {
		if err := checkFields(kept, s, r.o); err != nil {
			return inField(wrong(-1, err), s.Name, UnknownName)
		}
		r.wire = append(r.wire, kept...)
		known++
		extra = len(kept) > 0
	}
	if known < len(tree) && !r.o.IgnoreNames {
		return inStruct(strange(tree, s), s.Name)
	}
	r.depth++
	r.wire, err = appendAbsent(r.wire, s, seen, extra, mask, r.o)
	return err
}

// strange is the error for a tree that has more than the fields of s. Of
// several names it is about the first.
func strange(tree map[string]any, s *descriptor.Struct) error {
	first := ""
	for name := range tree {
		if s.FieldByName(name) == nil && (first == "" || name < first) {
			first = name
		}
	}
	return wrong(-1, fmt.Errorf("%w %q", ErrUnknownField, first))
}

func (r *treeReader) list(t *descriptor.Type, v any, mask *fieldmask.Mask) error {
	list := reflect.ValueOf(v)
	if k := list.Kind(); k != reflect.Slice && k != reflect.Array {
		return odd(t, v)
	}
	r.wire = append(r.wire, byte(t.Elem.Wire()), 0, 0, 0, 0)
	count, n, elem := len(r.wire)-4, 0, t.Elem.Underlying()
	for i := range list.Len() {
		in, ok := mask.Element(i)
		if !ok {
			continue
		}
		if err := r.value(elem, list.Index(i).Interface(), in); err != nil {
			return inElement(err, i)
		}
		n++
	}
	return r.count(count, n)
}

func (r *treeReader) count(at, n int) error {
	if n > r.o.maxContainer() {
		return wrong(-1, thrift.ErrContainerSize)
	}
	binary.BigEndian.PutUint32(r.wire[at:], uint32(n))
	return nil
}

// entries takes a map of any type, or a list of pairs.
func (r *treeReader) entries(t *descriptor.Type, v any, mask *fieldmask.Mask) error {
	key, elem := t.Key.Underlying(), t.Elem.Underlying()
	r.wire = append(r.wire, byte(key.Wire()), byte(elem.Wire()), 0, 0, 0, 0)
	count, n := len(r.wire)-4, 0
	one := func(k, v any, place func(error, string) error) error {
		before := len(r.wire)
		if err := r.value(key, k, nil); err != nil {
			return place(err, ".key")
		}
		in, ok := mask.Key(key, r.wire[before:])
		if !ok {
			r.wire = r.wire[:before]
			return nil
		}
		n++
		if err := r.value(elem, v, in); err != nil {
			return place(err, "")
		}
		return nil
	}
	if pairs, ok := v.([][2]any); ok {
		for i, p := range pairs {
			err := one(p[0], p[1], func(err error, part string) error { return inPart(err, "["+strconv.Itoa(i)+"]"+part) })
			if err != nil {
				return err
			}
		}
		return r.count(count, n)
	}
	m := reflect.ValueOf(v)
	if m.Kind() != reflect.Map {
		return odd(t, v)
	}
	for it := m.MapRange(); it.Next(); {
		k := it.Key().Interface()
		err := one(k, it.Value().Interface(), func(err error, _ string) error { return inEntry(err, fmt.Sprint(k)) })
		if err != nil {
			return err
		}
	}
	return r.count(count, n)
}

func (r *treeReader) scalar(t *descriptor.Type, v any) (err error) {
	switch v := v.(type) {
	case nil:
		return wrong(-1, fmt.Errorf("%w: nil for %s", ErrType, noun(t)))
	case string:
		return r.text(t, v)
	case json.Number:
		r.wire, err = appendText(r.wire, t, []byte(v), r.o)
	case []byte:
		if t.Kind != descriptor.Binary && t.Kind != descriptor.String {
			return odd(t, v)
		}
		r.wire, err = appendString(r.wire, v, r.o)
	case [16]byte:
		if t.Kind != descriptor.UUID {
			return odd(t, v)
		}
		r.wire = append(r.wire, v[:]...)
	default:
		return r.number(t, v)
	}
	if err != nil {
		return wrong(-1, err)
	}
	return nil
}

// text appends what a string stands for. A binary it is as it stands: in a
// tree nothing is base64.
func (r *treeReader) text(t *descriptor.Type, v string) (err error) {
	if t.Kind == descriptor.String || t.Kind == descriptor.Binary {
		r.wire, err = appendString(r.wire, v, r.o)
	} else {
		r.wire, err = appendText(r.wire, t, []byte(v), r.o)
	}
	if err != nil {
		return wrong(-1, err)
	}
	return nil
}

// number appends bools, integers and floats of any Go type.
func (r *treeReader) number(t *descriptor.Type, v any) error {
	x := reflect.ValueOf(v)
	if x.Kind() == reflect.Bool && t.Kind == descriptor.Bool {
		r.wire = append(r.wire, thrift.Bool(x.Bool()))
		return nil
	}
	if x.Kind() == reflect.String {
		return r.text(t, x.String())
	}
	if t.Kind == descriptor.Double {
		switch {
		case x.CanFloat():
		case x.CanInt():
			x = reflect.ValueOf(float64(x.Int()))
		case x.CanUint():
			x = reflect.ValueOf(float64(x.Uint()))
		default:
			return odd(t, v)
		}
		r.wire = binary.BigEndian.AppendUint64(r.wire, math.Float64bits(x.Float()))
		return nil
	}
	bits := intBits[t.Kind]
	if t.Kind == descriptor.EnumKind {
		bits = 32
	}
	n, fits := int64(0), true
	switch {
	case bits == 0:
		return odd(t, v)
	case x.CanInt():
		n = x.Int()
	case x.CanUint():
		n, fits = int64(x.Uint()), x.Uint() <= math.MaxInt64
	case x.CanFloat():
		const exact = 1 << 53
		d := x.Float()
		if n, fits = int64(d), d >= -exact && d <= exact; fits && d != math.Trunc(d) {
			return odd(t, v)
		}
	default:
		return odd(t, v)
	}
	if limit := int64(1)<<(bits-1) - 1; !fits || n > limit || n < -limit-1 {
		return wrong(-1, fmt.Errorf("%w: %v does not fit %s", ErrRange, v, noun(t)))
	}
	r.wire = appendInt(r.wire, t.Kind, n)
	return nil
}
