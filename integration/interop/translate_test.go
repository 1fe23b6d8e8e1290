package interop_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/pilota/thrift"
)

// This file carries values between the code that we generate and Apache's, by
// reflection, so that tests say each value once.

// translate sets dst to what src says. One is of our generated code, the other
// its counterpart of Apache's: fields are paired by id, numbers by value, an
// optional field that is unset leaves the other as it is.
func translate(dst, src reflect.Value) {
	switch {
	case src.Kind() == reflect.Pointer || dst.Kind() == reflect.Pointer:
		translatePointer(dst, src)
	case src.Kind() == reflect.Struct:
		for i := range src.NumField() {
			translate(counterpart(dst, src.Type().Field(i)), src.Field(i))
		}
	case src.Kind() == reflect.Slice && !src.IsNil():
		dst.Set(reflect.MakeSlice(dst.Type(), src.Len(), src.Len()))
		for i := range src.Len() {
			translate(dst.Index(i), src.Index(i))
		}
	case src.Kind() == reflect.Map && !src.IsNil():
		dst.Set(reflect.MakeMap(dst.Type()))
		for k, v := range src.Seq2() {
			dk, dv := reflect.New(dst.Type().Key()).Elem(), reflect.New(dst.Type().Elem()).Elem()
			translate(dk, k)
			translate(dv, v)
			dst.SetMapIndex(dk, dv)
		}
	case src.Kind() != reflect.Slice && src.Kind() != reflect.Map:
		dst.Set(src.Convert(dst.Type()))
	}
}

// translatePointer minds that only one side may have a pointer: Apache has none
// to optional scalars with defaults, and one to optional containers with them.
func translatePointer(dst, src reflect.Value) {
	switch src.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if src.IsNil() {
			return
		}
	}
	if src.Kind() == reflect.Pointer {
		src = src.Elem()
	}
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		dst = dst.Elem()
	}
	translate(dst, src)
}

// counterpart returns the field of s with the id of f, or, for entries of
// maps, with its name.
func counterpart(s reflect.Value, f reflect.StructField) reflect.Value {
	id := fieldID(f)
	for i := range s.NumField() {
		if g := s.Type().Field(i); fieldID(g) == id {
			return s.Field(i)
		}
	}
	panic(fmt.Sprintf("%v has no field %s", s.Type(), id))
}

// fieldID takes the id out of a tag such as "string_thing,1,required".
func fieldID(f reflect.StructField) string {
	if parts := strings.Split(f.Tag.Get("thrift"), ","); len(parts) > 1 {
		return parts[1]
	}
	return f.Name
}

// to translates v, which is a value of either side, to a T of the other.
func to[T any](v any) (t T) {
	translate(reflect.ValueOf(&t).Elem(), reflect.ValueOf(v))
	return t
}

// same tells whether two values of one type are the same as far as the wire
// goes: an empty container is no other than a nil one, a NaN is itself.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Pointer:
		return a.IsNil() == b.IsNil() && (a.IsNil() || same(a.Elem(), b.Elem()))
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		for i := range min(a.Len(), b.Len()) {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return a.Len() == b.Len()
	case reflect.Map:
		for k, v := range a.Seq2() {
			if w := b.MapIndex(k); !w.IsValid() || !same(v, w) {
				return false
			}
		}
		return a.Len() == b.Len()
	case reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	}
	return a.Equal(b)
}

func sameValue(a, b any) bool { return same(reflect.ValueOf(a), reflect.ValueOf(b)) }

// writeApache returns the bytes that Apache's strict binary protocol makes of v.
func writeApache(v apache.TStruct) ([]byte, error) {
	buf := apache.NewTMemoryBuffer()
	p := apache.NewTBinaryProtocolConf(buf, nil)
	if err := v.Write(context.Background(), p); err != nil {
		return nil, err
	}
	err := p.Flush(context.Background())
	return buf.Bytes(), err
}

// readApache decodes b as Apache does, and returns what it leaves of it.
func readApache(b []byte, v apache.TStruct) (rest []byte, err error) {
	buf := apache.NewTMemoryBufferLen(len(b))
	buf.Write(b)
	err = v.Read(context.Background(), apache.NewTBinaryProtocolConf(buf, nil))
	return buf.Bytes(), err
}

// read decodes b as we do, and returns what is left of it.
func read(b []byte, v thrift.Struct) (rest []byte, err error) {
	d := new(thrift.Decoder)
	d.Reset(b, thrift.DecodeOptions{})
	return v.ConsumeBinary(d, b)
}

// A filler makes values up, such that both sides write the same bytes for them:
// no map has two entries, no set the same element twice.
type filler struct{ *rand.Rand }

// fill sets v, which is of our generated code.
func (f filler) fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Struct:
		f.fillStruct(v)
	case reflect.Slice:
		f.fillSlice(v)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if f.IntN(3) > 0 {
			k, e := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(k)
			f.fill(e)
			v.SetMapIndex(k, e)
		}
	case reflect.Array:
		for i := range v.Len() {
			f.fill(v.Index(i))
		}
	case reflect.String:
		v.SetString(f.text())
	case reflect.Bool:
		v.SetBool(f.IntN(2) == 0)
	case reflect.Float64:
		v.SetFloat(math.Float64frombits(f.Uint64()))
	case reflect.Uint8:
		v.SetUint(f.Uint64() >> 56)
	default:
		v.SetInt(int64(f.Uint64()) >> (64 - v.Type().Bits()))
	}
}

func (f filler) fillStruct(v reflect.Value) {
	only := -1 // of a union's members
	if strings.HasSuffix(v.Type().Name(), "Union") {
		only = f.IntN(v.NumField())
	}
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag.Get("thrift")
		unset := strings.HasSuffix(tag, ",optional") || v.Field(i).Kind() == reflect.Pointer && !strings.HasSuffix(tag, ",required") && tag != ""
		if only == i || only < 0 && (!unset || f.IntN(2) == 0) {
			f.fill(v.Field(i))
		}
	}
}

func (f filler) fillSlice(v reflect.Value) {
	v.Set(reflect.MakeSlice(v.Type(), 0, 3))
	for range f.IntN(4) {
		e := reflect.New(v.Type().Elem()).Elem()
		f.fill(e)
		// In a slice of entries, keys are what must not repeat.
		part := func(v reflect.Value) reflect.Value {
			if v.Kind() == reflect.Struct {
				return v.FieldByName("Key")
			}
			return v
		}
		fresh := true
		for i := range v.Len() {
			fresh = fresh && !same(part(v.Index(i)), part(e))
		}
		if fresh {
			v.Set(reflect.Append(v, e))
		}
	}
}

func (f filler) text() string {
	runes := make([]rune, f.IntN(5))
	for i := range runes {
		runes[i] = []rune("a\x00é官𐌲")[f.IntN(5)]
	}
	return string(runes)
}

func TestTranslationsComeBackAsTheyWere(t *testing.T) {
	f := filler{rand.New(rand.NewPCG(3, 4))}
	for _, k := range kinds {
		for range 20 {
			ours := k.ours()
			f.fill(reflect.ValueOf(ours).Elem())
			theirs := k.translated(ours)
			back := k.ours()
			translate(reflect.ValueOf(back).Elem(), reflect.ValueOf(theirs).Elem())
			if k.name != "BoolTest" && !sameValue(back, ours) { // in Apache's, unset is the default
				t.Errorf("%s: got %v, want %v", k.name, back, ours)
			}
		}
	}
}
