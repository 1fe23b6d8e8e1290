package thriftidl_test

import (
	"fmt"
	"reflect"

	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
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

// countComments returns how many comments a tree has.
func countComments(tree *thriftidl.File) int {
	n := 0
	eachComments(reflect.ValueOf(tree), func(list *[]thriftidl.Comment) { n += len(*list) }, nil)
	return n
}

// bare removes the comments and the empty lines from a tree, and returns it.
func bare(tree *thriftidl.File) *thriftidl.File {
	eachComments(reflect.ValueOf(tree),
		func(list *[]thriftidl.Comment) { *list = nil },
		func(c *thriftidl.Comments) { c.Blank = false })
	return tree
}

// eachComments calls list for every list of comments in a tree, and node, if
// it is not nil, for the comments of every node.
func eachComments(v reflect.Value, list func(*[]thriftidl.Comment), node func(*thriftidl.Comments)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachComments(v.Elem(), list, node)
		}
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[[]thriftidl.Comment]() {
			list(v.Addr().Interface().(*[]thriftidl.Comment))
			return
		}
		for i := range v.Len() {
			eachComments(v.Index(i), list, node)
		}
	case reflect.Struct:
		switch v.Type() {
		case reflect.TypeFor[source.Span](), reflect.TypeFor[source.File]():
			return
		case reflect.TypeFor[thriftidl.Comments]():
			if node != nil {
				node(v.Addr().Interface().(*thriftidl.Comments))
			}
		}
		for i := range v.NumField() {
			eachComments(v.Field(i), list, node)
		}
	}
}
