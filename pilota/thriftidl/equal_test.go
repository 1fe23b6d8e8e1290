package thriftidl_test

import (
	"fmt"
	"reflect"

	"github.com/volo-go/volo/pilota/source"
)

// difference returns where two trees differ, "" if they are equal. Positions
// and empty lines do not count.
func difference(a, b any) string {
	return diff("", reflect.ValueOf(a), reflect.ValueOf(b))
}

func diff(path string, a, b reflect.Value) string {
	if a.IsValid() != b.IsValid() || a.IsValid() && a.Type() != b.Type() {
		return path + ": one is missing"
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return path + ": one is nil"
			}
			return ""
		}
		return diff(path, a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() {
			return fmt.Sprintf("%s: %d elements, want %d", path, b.Len(), a.Len())
		}
		for i := range a.Len() {
			if d := diff(fmt.Sprintf("%s[%d]", path, i), a.Index(i), b.Index(i)); d != "" {
				return d
			}
		}
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			if f.Type == reflect.TypeFor[source.Span]() || f.Type == reflect.TypeFor[*source.File]() || f.Name == "Blank" {
				continue
			}
			if d := diff(path+"."+f.Name, a.Field(i), b.Field(i)); d != "" {
				return d
			}
		}
	default:
		if x, y := a.Interface(), b.Interface(); x != y {
			return fmt.Sprintf("%s: %q, want %q", path, fmt.Sprint(y), fmt.Sprint(x))
		}
	}
	return ""
}
