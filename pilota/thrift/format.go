package thrift

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Format returns a struct for human eyes: its name, its fields by their Go
// names, what is not set left out. It is what String and Error of generated
// types return. It reflects: for logs and tests, not for hot paths.
func Format(s any) string {
	var f formatter
	f.value(reflect.ValueOf(s), 0)
	return f.out.String()
}

// Beyond these, an ellipsis stands for the rest.
const (
	formatDepth    = 16
	formatElements = 64
	formatBytes    = 64
)

type formatter struct{ out strings.Builder }

func (f *formatter) value(v reflect.Value, depth int) {
	if !v.IsValid() {
		f.out.WriteString("nil")
		return
	}
	if depth > formatDepth {
		f.out.WriteString("…")
		return
	}
	if s, ok := f.text(v); ok {
		f.out.WriteString(s)
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			f.out.WriteString("nil")
			return
		}
		f.value(v.Elem(), depth)
	case reflect.Struct:
		f.fields(v, depth)
	case reflect.Slice, reflect.Array:
		f.elements(v, depth)
	case reflect.Map:
		f.entries(v, depth)
	case reflect.String:
		f.out.WriteString(strconv.Quote(v.String()))
	default:
		fmt.Fprint(&f.out, v.Interface())
	}
}

// text formats enums and bytes, which look best whole.
func (f *formatter) text(v reflect.Value) (string, bool) {
	if s, ok := v.Interface().(fmt.Stringer); ok && v.Kind() == reflect.Int32 {
		return s.String(), true
	}
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		b := v.Bytes()
		if len(b) > formatBytes {
			return fmt.Sprintf("%q…", b[:formatBytes]), true
		}
		return fmt.Sprintf("%q", b), true
	}
	if u, ok := v.Interface().([16]byte); ok {
		return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:]), true
	}
	return "", false
}

func (f *formatter) fields(v reflect.Value, depth int) {
	t := v.Type()
	if !strings.HasPrefix(t.Name(), "Entry[") {
		f.out.WriteString(t.Name())
	}
	f.out.WriteByte('{')
	first := true
	for i := range t.NumField() {
		if !t.Field(i).IsExported() || isNil(v.Field(i)) {
			continue
		}
		if !first {
			f.out.WriteByte(' ')
		}
		first = false
		f.out.WriteString(t.Field(i).Name)
		f.out.WriteByte(':')
		f.value(v.Field(i), depth+1)
	}
	f.out.WriteByte('}')
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return v.IsNil()
	}
	return false
}

func (f *formatter) elements(v reflect.Value, depth int) {
	f.out.WriteByte('[')
	for i := range v.Len() {
		if i > 0 {
			f.out.WriteByte(' ')
		}
		if i == formatElements {
			f.out.WriteString("…")
			break
		}
		f.value(v.Index(i), depth+1)
	}
	f.out.WriteByte(']')
}

// entries writes a map ordered by the text of its keys, so that equal maps
// look equal.
func (f *formatter) entries(v reflect.Value, depth int) {
	byKey := make(map[string]reflect.Value, v.Len())
	for it := v.MapRange(); it.Next(); {
		var k formatter
		k.value(it.Key(), depth+1)
		byKey[k.out.String()] = it.Value()
	}
	f.out.WriteByte('[')
	for i, k := range sortedKeys(byKey) {
		if i > 0 {
			f.out.WriteByte(' ')
		}
		if i == formatElements {
			f.out.WriteString("…")
			break
		}
		f.out.WriteString(k)
		f.out.WriteByte(':')
		f.value(byKey[k], depth+1)
	}
	f.out.WriteByte(']')
}

func sortedKeys(m map[string]reflect.Value) []string {
	return slices.Sorted(maps.Keys(m))
}
