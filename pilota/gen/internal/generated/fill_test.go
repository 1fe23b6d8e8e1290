package generated_test

import (
	"math/rand/v2"
	"reflect"
	"strings"

	"github.com/volo-go/volo/pilota/gen/testdata/all/go/demo/all"
	"github.com/volo-go/volo/pilota/gen/testdata/all/go/demo/shared"
	"github.com/volo-go/volo/pilota/gen/testdata/bench/go/bench"
	masked "github.com/volo-go/volo/pilota/gen/testdata/mask/go/demo/all"
	"github.com/volo-go/volo/pilota/thrift"
)

// samples makes one new struct of each interesting type.
var samples = []func() thrift.Struct{
	func() thrift.Struct { return all.NewEmpty() },
	func() thrift.Struct { return all.NewInner() },
	func() thrift.Struct { return all.NewChoice() },
	func() thrift.Struct { return all.NewScalars() },
	func() thrift.Struct { return all.NewOptionals() },
	func() thrift.Struct { return all.NewRequired() },
	func() thrift.Struct { return all.NewContainers() },
	func() thrift.Struct { return all.NewTree() },
	func() thrift.Struct { return all.NewExpression() },
	func() thrift.Struct { return all.NewPing() },
	func() thrift.Struct { return all.NewDefaults() },
	func() thrift.Struct { return all.NewClashes() },
	func() thrift.Struct { return all.NewSparse() },
	func() thrift.Struct { return all.NewBig() },
	func() thrift.Struct { return all.NewNewer() },
	func() thrift.Struct { return all.NewFailure() },
	func() thrift.Struct { return shared.NewTag() },
	func() thrift.Struct { return shared.NewNotFound() },
	func() thrift.Struct { return bench.NewLarge() },
}

// filled returns a struct with random values in all of its fields, as they
// look after a round trip: what cannot be unset is not nil.
func filled(r *rand.Rand, s thrift.Struct) thrift.Struct {
	fillStruct(r, reflect.ValueOf(s).Elem(), 0)
	return s
}

const maxFillDepth = 4

func fillStruct(r *rand.Rand, v reflect.Value, depth int) {
	t := v.Type()
	var fields []int
	for i := range t.NumField() {
		if t.Field(i).IsExported() {
			fields = append(fields, i)
		}
	}
	if isUnion(v) {
		// Past the depth the first member, which is no struct in our unions.
		i := r.IntN(len(fields))
		if depth >= maxFillDepth {
			i = 0
		}
		fields = fields[i : i+1]
	}
	for _, i := range fields {
		optional := strings.HasSuffix(t.Field(i).Tag.Get("thrift"), ",optional")
		required := strings.HasSuffix(t.Field(i).Tag.Get("thrift"), ",required")
		isStruct := t.Field(i).Type.Kind() == reflect.Pointer && t.Field(i).Type.Elem().Kind() == reflect.Struct
		isField := t.Field(i).Tag != "" // and not half of an Entry
		skip := optional && r.IntN(3) == 0 || isStruct && !required && isField && depth >= maxFillDepth
		if skip && !isUnion(v) {
			v.Field(i).SetZero()
			continue
		}
		fillValue(r, v.Field(i), depth+1)
	}
}

func isUnion(v reflect.Value) bool {
	switch v.Interface().(type) {
	case all.Choice, all.Expression, masked.Choice, masked.Expression:
		return true
	}
	return false
}

func fillValue(r *rand.Rand, v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillValue(r, v.Elem(), depth)
	case reflect.Struct:
		fillStruct(r, v, depth)
	case reflect.Slice:
		n := length(r, depth)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fillValue(r, v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			fillValue(r, v.Index(i), depth)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range length(r, depth) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fillValue(r, key, depth+1)
			fillValue(r, value, depth+1)
			v.SetMapIndex(key, value)
		}
	case reflect.String:
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		v.SetString(string(b))
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Float64:
		v.SetFloat(r.NormFloat64())
	case reflect.Uint8:
		v.SetUint(uint64(byte(r.Uint32())))
	default:
		v.SetInt(int64(r.Uint64()))
	}
}

func length(r *rand.Rand, depth int) int {
	if depth >= maxFillDepth {
		return 0
	}
	return r.IntN(20 >> depth)
}
