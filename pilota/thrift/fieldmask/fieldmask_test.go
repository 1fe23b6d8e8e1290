package fieldmask_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// order is
//
//	struct Order {
//	  1: required i64 id
//	  2: optional string note
//	  3: list<Order> parts
//	  4: map<string, Order> by_name
//	  5: map<i32, string> by_number
//	  6: Choice choice          // union { 1: i64 n, 2: Order order }
//	  7: map<double, i64> odd
//	}
var order = func() *descriptor.Type {
	s, union := &descriptor.Struct{}, &descriptor.Struct{Class: descriptor.Union}
	s.Name, union.Name = "Order", "Choice"
	i64, i32, text := &descriptor.Type{Kind: descriptor.I64}, &descriptor.Type{Kind: descriptor.I32}, &descriptor.Type{Kind: descriptor.String}
	order, choice := &descriptor.Type{Kind: descriptor.StructKind, Struct: s}, &descriptor.Type{Kind: descriptor.StructKind, Struct: union}
	field := func(id int16, name string, r descriptor.Requiredness, t *descriptor.Type) *descriptor.Field {
		return &descriptor.Field{Decl: descriptor.Decl{Name: name}, ID: id, Requiredness: r, Type: t}
	}
	s.Fields = []*descriptor.Field{
		field(1, "id", descriptor.Required, i64),
		field(2, "note", descriptor.Optional, text),
		field(3, "parts", descriptor.Default, &descriptor.Type{Kind: descriptor.List, Elem: order}),
		field(4, "by_name", descriptor.Default, &descriptor.Type{Kind: descriptor.Map, Key: text, Elem: order}),
		field(5, "by_number", descriptor.Default, &descriptor.Type{Kind: descriptor.Map, Key: i32, Elem: text}),
		field(6, "choice", descriptor.Default, choice),
		field(7, "odd", descriptor.Default, &descriptor.Type{Kind: descriptor.Map, Key: &descriptor.Type{Kind: descriptor.Double}, Elem: i64}),
	}
	union.Fields = []*descriptor.Field{field(1, "n", descriptor.Optional, i64), field(2, "order", descriptor.Optional, order)}
	return order
}()

const message = `{"id":1,"note":"n","parts":[{"id":2,"note":"a"},{"id":3,"note":"b"}],` +
	`"by_name":{"x":{"id":4,"note":"c"},"y":{"id":5,"note":"d"}},"by_number":{"1":"one","-2":"two"},"choice":{"order":{"id":6,"note":"e"}},"odd":{"0.5":7}}`

var masks = []struct {
	allow bool
	paths string // separated by blanks
	want  string
}{
	{true, "$", message},
	{true, "", `{"id":1}`},
	{true, "$.note", `{"id":1,"note":"n"}`},
	{true, "$.2", `{"id":1,"note":"n"}`},
	{true, "$.parts", `{"id":1,"parts":[{"id":2,"note":"a"},{"id":3,"note":"b"}]}`},
	{true, "$.parts[0]", `{"id":1,"parts":[{"id":2,"note":"a"}]}`},
	{true, "$.parts[0,1].id", `{"id":1,"parts":[{"id":2},{"id":3}]}`},
	{true, "$.parts[*].id $.parts[1].note", `{"id":1,"parts":[{"id":2},{"id":3,"note":"b"}]}`},
	{true, "$.parts[7]", `{"id":1,"parts":[]}`},
	{true, `$.by_name{"y"}.note`, `{"id":1,"by_name":{"y":{"id":5,"note":"d"}}}`},
	{true, `$.by_name{*}.id`, `{"id":1,"by_name":{"x":{"id":4},"y":{"id":5}}}`},
	{true, `$.by_number{-2}`, `{"id":1,"by_number":{"-2":"two"}}`},
	{true, `$.odd{*}`, `{"id":1,"odd":{"0.5":7}}`},
	{true, "$.choice.n", `{"id":1,"choice":{"order":{"id":6,"note":"e"}}}`},
	{true, "$.choice.order.id", `{"id":1,"choice":{"order":{"id":6}}}`},
	{false, "", message},
	{false, "$.id", message},
	{false, "$.note $.parts $.by_name $.by_number $.odd $.choice", `{"id":1}`},
	{false, "$.note $.parts[*] $.by_name{*} $.by_number $.odd $.choice.order.note", `{"id":1,"parts":[],"by_name":{},"choice":{"order":{"id":6}}}`},
	{false, `$.note $.parts[1] $.by_name{"x"} $.by_number{1} $.odd{*} $.choice`, `{"id":1,"parts":[{"id":2,"note":"a"}],"by_name":{"y":{"id":5,"note":"d"}},"by_number":{"-2":"two"},"odd":{}}`},
}

func TestMasksLetThroughWhatTheirPathsMean(t *testing.T) {
	whole, err := dynamic.FromJSON(nil, order, []byte(message), dynamic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range masks {
		build := fieldmask.Deny
		if c.allow {
			build = fieldmask.Allow
		}
		m, err := build(order, strings.Fields(c.paths)...)
		if err != nil {
			t.Errorf("%s: %v", c.paths, err)
			continue
		}
		want, err := dynamic.FromJSON(nil, order, []byte(c.want), dynamic.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := m.Filter(nil, order, whole); err != nil || !bytes.Equal(got, want) {
			text, _ := dynamic.ToJSON(nil, order, got, dynamic.Options{})
			t.Errorf("%v %s: filtered to %s, %v\nwant %s", c.allow, c.paths, text, err, c.want)
		}
		o := dynamic.Options{Mask: m}
		if got, err := dynamic.ToJSON(nil, order, whole, o); err != nil || string(got) != c.want {
			t.Errorf("%v %s: to JSON gives %s, %v\nwant %s", c.allow, c.paths, got, err, c.want)
		}
		if got, err := dynamic.FromJSON(nil, order, []byte(message), o); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%v %s: from JSON gives %q, %v\nwant %q", c.allow, c.paths, got, err, want)
		}
		tree, err := dynamic.ToValue(order, whole, o)
		if err != nil {
			t.Fatal(err)
		}
		text, err := dynamic.FromValue(nil, order, tree, dynamic.Options{})
		if err != nil || len(text) != len(want) {
			t.Errorf("%v %s: a tree gives %q, %v\nwant %q", c.allow, c.paths, text, err, want)
		}
		if tree, err = dynamic.ToValue(order, whole, dynamic.Options{}); err != nil {
			t.Fatal(err)
		}
		if text, err = dynamic.FromValue(nil, order, tree, o); err != nil || len(text) != len(want) {
			t.Errorf("%v %s: a masked tree gives %q, %v\nwant %q", c.allow, c.paths, text, err, want)
		}
	}
}

func TestWrongPathsAreToldFromRightOnes(t *testing.T) {
	for path, want := range map[string]string{
		"note":             `fieldmask: path "note" at offset 0: a path begins with $`,
		"$note":            `fieldmask: path "$note" at offset 1: want a field, '[' or '{'`,
		"$.nope":           `fieldmask: path "$.nope" at offset 2: Order has no field "nope"`,
		"$.99":             `fieldmask: path "$.99" at offset 2: Order has no field "99"`,
		"$.note.x":         `fieldmask: path "$.note.x" at offset 7: string has no fields`,
		"$.note[1]":        `fieldmask: path "$.note[1]" at offset 6: string has no elements`,
		"$.parts{1}":       `fieldmask: path "$.parts{1}" at offset 7: list<Order> has no entries`,
		"$.parts[-1]":      `fieldmask: path "$.parts[-1]" at offset 8: want a number from 0 to 2147483647`,
		"$.parts[1":        `fieldmask: path "$.parts[1" at offset 9: want ',' or ']'`,
		`$.by_name{x}`:     `fieldmask: path "$.by_name{x}" at offset 10: want a string in quotes`,
		`$.by_number{"x"}`: `fieldmask: path "$.by_number{\"x\"}" at offset 12: want a number from -2147483648 to 2147483647`,
		`$.odd{0.5}`:       `fieldmask: path "$.odd{0.5}" at offset 6: keys of map<double, i64> cannot be named, only *`,
	} {
		_, err := fieldmask.Allow(order, path)
		if e, ok := errors.AsType[*fieldmask.PathError](err); !ok || e.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestPathsThatMultiplyAreBounded(t *testing.T) {
	path := "$" + strings.Repeat(".parts["+strings.Repeat("1,", 99)+"1]", 3)
	if _, err := fieldmask.Allow(order, path); err == nil || !strings.Contains(err.Error(), "more than 10000 places") {
		t.Errorf("got %v, want a limit", err)
	}
}

// FuzzPaths parses anything as a path: an error or a mask that filters.
func FuzzPaths(f *testing.F) {
	whole, err := dynamic.FromJSON(nil, order, []byte(message), dynamic.Options{})
	if err != nil {
		f.Fatal(err)
	}
	for _, c := range masks {
		for path := range strings.FieldsSeq(c.paths) {
			f.Add(path)
		}
	}
	f.Fuzz(func(t *testing.T, path string) {
		allow, err := fieldmask.Allow(order, path)
		if err != nil {
			if e, ok := errors.AsType[*fieldmask.PathError](err); !ok || e.Offset > len(path) {
				t.Fatalf("the error has no place: %v", err)
			}
			return
		}
		deny, err := fieldmask.Deny(order, path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range []*fieldmask.Mask{allow, deny} {
			out, err := m.Filter(nil, order, whole)
			if err != nil || len(out) > len(whole) {
				t.Fatalf("%d bytes of %d: %v", len(out), len(whole), err)
			}
			if again, err := m.Filter(nil, order, out); err != nil || path == "$" && !bytes.Equal(again, out) {
				t.Fatalf("what was filtered is malformed: %v", err)
			}
		}
	})
}

// FuzzFilter filters anything: an error with a place, or a message that is not
// larger and that the mask leaves as it is.
func FuzzFilter(f *testing.F) {
	whole, err := dynamic.FromJSON(nil, order, []byte(message), dynamic.Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	for i := range whole {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x0D
		f.Add(bad)
	}
	allow, err := fieldmask.Allow(order, "$.note", "$.parts[*].id", `$.by_name{"x"}.parts`, "$.by_number{1}", "$.choice")
	if err != nil {
		f.Fatal(err)
	}
	deny, err := fieldmask.Deny(order, "$.note", "$.parts[*].note", `$.by_name{*}.parts`, "$.by_number{*}", "$.choice.order.note")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, wire []byte) {
		for _, m := range []*fieldmask.Mask{allow, deny} {
			once, err := m.Filter(nil, order, wire)
			if err != nil {
				if e, ok := errors.AsType[*thrift.DecodeError](err); !ok || e.Offset > len(wire) {
					t.Fatalf("the error has no place: %v", err)
				}
				continue
			}
			if twice, err := m.Filter(nil, order, once); err != nil || !bytes.Equal(once, twice) || len(once) > len(wire) {
				t.Fatalf("%v: got  %q\nwant %q", err, twice, once)
			}
		}
	})
}
