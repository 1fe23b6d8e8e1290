package lower_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/report"
)

// files are texts by name.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	text, ok := f[name]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return []byte(text), nil
}

// program lowers main.thrift of f, which must have no errors.
func program(t *testing.T, f files, o lower.Options) *ir.Program {
	t.Helper()
	o.ReadFile = f.read
	if o.Inputs == nil {
		o.Inputs = []string{"main.thrift"}
	}
	p, list := lower.Lower(o)
	if p == nil {
		t.Fatalf("no program:\n%v", list)
	}
	return p
}

// one lowers a single text with all its definitions.
func one(t *testing.T, text string) *ir.File {
	t.Helper()
	return program(t, files{"main.thrift": text}, lower.Options{KeepAll: true}).Files[0]
}

func TestValuesHaveTheKindOfTheirType(t *testing.T) {
	const head = `
enum E { A = 1, B = -2 }
typedef E Alias
typedef i32 Count
struct P { 1: i32 x, 2: optional P next, 3: required double d = 1 }
union U { 1: i32 left, 2: string right }
const i32 five = 5
const list<i32> numbers = [1, five]
const P point = {"x": five}
`
	cases := []struct{ typ, value, want string }{
		{"bool", "true", "true"}, {"bool", "false", "false"}, {"bool", "1", "true"}, {"bool", "0", "false"},
		{"i8", "-128", "-128"}, {"byte", "127", "127"}, {"i16", "-32768", "-32768"}, {"i16", "0x7fff", "32767"},
		{"i32", "-2147483648", "-2147483648"}, {"i32", "2147483647", "2147483647"}, {"i32", "five", "5 (five)"}, {"i32", "E.B", "-2"}, {"i64", "Alias.A", "1"},
		{"i64", "-9223372036854775808", "-9223372036854775808"}, {"i64", "9223372036854775807", "9223372036854775807"},
		{"Count", "five", "5 (five)"}, {"i8", "five", "5 (five)"},
		{"double", "1", "1.0"}, {"double", "-.5e1", "-5.0"}, {"double", "five", "5.0 (five)"}, {"double", "123456789012345678901234567890", "1.2345678901234568e+29"},
		{"string", "'a\\n'", `"a\n"`}, {"binary", `"\xff"`, `"\xff"`},
		{"uuid", "'{01234567-89AB-cdef-0123-456789abcdef}'", "uuid 01234567-89ab-cdef-0123-456789abcdef"},
		{"E", "E.A", "E.A"}, {"E", "-2", "E.B"}, {"E", "7", "E 7"}, {"Alias", "E.A", "E.A"}, {"E", "Alias.B", "E.B"},
		{"list<double>", "[1, 2.5, five]", "[1.0, 2.5, 5.0 (five)]"}, {"list<i32>", "numbers", "[1, 5 (five)] (numbers)"}, {"list<i64>", "numbers", "[1, 5 (five)] (numbers)"},
		{"list<i32>", "{}", "[]"}, {"set<string>", "['a', 'b', 'a']", `["a", "b"]`}, {"set<i32>", "{}", "[]"},
		{"map<i32, E>", "{1: E.A, five: 1}", "{1: E.A, 5 (five): E.A}"}, {"map<i32, i32>", "[]", "{}"},
		{"map<list<i32>, P>", "{[1]: {}}", "{[1]: P{}}"},
		{"P", "{'x': 1, 'next': {'x': 2}}", "P{x: 1, next: P{x: 2}}"}, {"P", "point", "P{x: 5 (five)} (point)"},
		{"U", "{'right': 'r'}", `U{right: "r"}`},
		{"bool", "later", "true (later)"},
	}
	for _, c := range cases {
		text := head + "const " + c.typ + " it = " + c.value + "\nstruct S { 1: " + c.typ + " it = " + c.value + " }\nconst bool later = 1"
		f := one(t, text)
		if got := show(find(t, f.Constants, "it").Value); got != c.want {
			t.Errorf("const %s = %s: got %s, want %s", c.typ, c.value, got, c.want)
		}
		field := find(t, f.Structs, "S").Fields[0]
		if got := show(field.Value); got != c.want {
			t.Errorf("default of %s = %s: got %s, want %s", c.typ, c.value, got, c.want)
		}
		if got := field.Value.Type; got != field.Type {
			t.Errorf("default of %s = %s: got type %v, want that of the field", c.typ, c.value, got)
		}
	}
}

// find returns the declaration called name.
func find[D *ir.Constant | *ir.Struct](t *testing.T, list []D, name string) D {
	t.Helper()
	for _, d := range list {
		if declOf(d).Name == name {
			return d
		}
	}
	t.Fatalf("no %q", name)
	return nil
}

func declOf(d any) *ir.Decl {
	if c, ok := d.(*ir.Constant); ok {
		return &c.Decl
	}
	return &d.(*ir.Struct).Decl
}

// show returns a value as text.
func show(v *ir.Value) string {
	s := ""
	switch v.Kind {
	case ir.BoolValue:
		s = strconv.FormatBool(v.Bool)
	case ir.IntValue:
		s = strconv.FormatInt(v.Int, 10)
	case ir.DoubleValue:
		if s = strconv.FormatFloat(v.Double, 'g', -1, 64); !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
	case ir.StringValue:
		s = strconv.Quote(v.String)
	case ir.UUIDValue:
		s = "uuid " + v.String
	case ir.EnumKindValue:
		if s = v.Type.Underlying().Enum.Name + " " + strconv.FormatInt(v.Int, 10); v.Enum != nil {
			s = v.Enum.Enum.Name + "." + v.Enum.Name
		}
	case ir.ListValue:
		var parts []string
		for _, e := range v.List {
			parts = append(parts, show(e))
		}
		s = "[" + strings.Join(parts, ", ") + "]"
	case ir.MapValue:
		var parts []string
		for _, e := range v.Map {
			parts = append(parts, show(e.Key)+": "+show(e.Value))
		}
		s = "{" + strings.Join(parts, ", ") + "}"
	case ir.StructValue:
		var parts []string
		for _, f := range v.Fields {
			parts = append(parts, f.Field.Name+": "+show(f.Value))
		}
		s = v.Type.Underlying().Struct.Name + "{" + strings.Join(parts, ", ") + "}"
	}
	if v.Constant != nil {
		s += " (" + v.Constant.Name + ")"
	}
	return s
}

func TestEnums(t *testing.T) {
	f := one(t, "/** doc */ enum E { A, // first\n B, C = 0x10 (x = 'y', z), D, F = -5, G, H = 1 }\nsenum S { 'a', 'b' }\nstruct T { 1: S s = 'a', 2: E e }")
	e := f.Enums[0]
	var got []string
	for _, v := range e.Values {
		got = append(got, fmt.Sprint(v.Name, "=", v.Number))
		if v.Enum != e {
			t.Errorf("%s is of enum %v", v.Name, v.Enum)
		}
	}
	if want := "A=0 B=1 C=16 D=17 F=-5 G=-4 H=1"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if e.Doc != "doc" || e.Values[0].Doc != "first" {
		t.Errorf("got docs %q and %q", e.Doc, e.Values[0].Doc)
	}
	a := e.Values[2].Annotations
	if v, ok := a.Get("z"); v != "1" || !ok || len(a) != 2 {
		t.Errorf("got annotations %v, want x = y and z = 1", a)
	}
	if s := f.Enums[1]; !s.Strings || !slices.Equal(s.Names, []string{"a", "b"}) || len(s.Values) > 0 {
		t.Errorf("got senum %+v", s)
	}
	if typ := f.Structs[0].Fields[0].Type; typ.Kind != ir.String || typ.Enum != f.Enums[1] {
		t.Errorf("a senum is a %d of %v, want a string of it", typ.Kind, typ.Enum)
	}
}

func TestStructs(t *testing.T) {
	f := one(t, `
/* doc of S */
struct S {
    1: i32 a // doc of a
    2: required string b
    3: optional binary (inner) c (k = "v")
    i64 d
    5: map<uuid, list<set<bool>>> e
    6: T t
} (on = "S")
typedef S T
union U { 1: required i32 a, 2: optional i32 b, 3: i32 c }
exception X { 1: double a }
`)
	s := f.Structs[0]
	var got []string
	for _, field := range s.Fields {
		got = append(got, fmt.Sprintf("%d %d %d %s", field.ID, field.Requiredness, field.Type.Kind, field.Name))
		if field.Struct != s || field.File != f {
			t.Errorf("%s is of struct %v in file %v", field.Name, field.Struct, field.File)
		}
	}
	want := []string{
		fmt.Sprintf("1 %d %d a", ir.Default, ir.I32), fmt.Sprintf("2 %d %d b", ir.Required, ir.String),
		fmt.Sprintf("3 %d %d c", ir.Optional, ir.Binary), fmt.Sprintf("-1 %d %d d", ir.Default, ir.I64),
		fmt.Sprintf("5 %d %d e", ir.Default, ir.Map), fmt.Sprintf("6 %d %d t", ir.Default, ir.TypedefKind),
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s.Doc != "doc of S" || s.Fields[0].Doc != "doc of a" {
		t.Errorf("got docs %q and %q", s.Doc, s.Fields[0].Doc)
	}
	c := s.Fields[2]
	if _, ok := c.Type.Annotations.Get("inner"); !ok || c.Annotations[0].Value != "v" || s.Annotations[0].Key != "on" {
		t.Errorf("annotations are missing: %v, %v, %v", c.Type.Annotations, c.Annotations, s.Annotations)
	}
	e := s.Fields[4].Type
	if e.Key.Kind != ir.UUID || e.Elem.Kind != ir.List || e.Elem.Elem.Kind != ir.Set || e.Elem.Elem.Elem.Kind != ir.Bool {
		t.Errorf("got map of %d to %d", e.Key.Kind, e.Elem.Kind)
	}
	if u := s.Fields[5].Type.Underlying(); u.Kind != ir.StructKind || u.Struct != s {
		t.Errorf("T stands for %+v, want S", u)
	}
	for _, field := range f.Structs[1].Fields {
		if field.Requiredness != ir.Optional {
			t.Errorf("field %s of a union has requiredness %d", field.Name, field.Requiredness)
		}
	}
	if f.Structs[0].Class != ir.Plain || f.Structs[1].Class != ir.Union || f.Structs[2].Class != ir.Exception {
		t.Error("classes are mixed up")
	}
}

func TestServices(t *testing.T) {
	p := program(t, files{
		"main.thrift": `include "base.thrift"
/** doc */
service S extends base.B {
    i32 f(1: required i32 a, 2: optional string b, 3: i32 c = 5) throws (1: X x, Y y) // doc of f
    void g()
    oneway void h(1: i32 a)
} (on = "S")
exception X {}
exception Y {}`,
		"base.thrift": "service A { void a() }\nservice B extends A { void b() }",
	}, lower.Options{})
	s := p.Files[1].Services[0]
	var names []string
	for _, m := range s.AllMethods() {
		names = append(names, m.Service.Name+"."+m.Name)
	}
	if want := []string{"A.a", "B.b", "S.f", "S.g", "S.h"}; !slices.Equal(names, want) {
		t.Errorf("got methods %q, want %q", names, want)
	}
	if s.Doc != "doc" || s.Methods[0].Doc != "doc of f" || s.Annotations[0].Key != "on" {
		t.Errorf("got doc %q, doc of f %q, annotations %v", s.Doc, s.Methods[0].Doc, s.Annotations)
	}
	describe := func(s *ir.Struct) string {
		if s == nil {
			return "nil"
		}
		text := s.Name
		for _, f := range s.Fields {
			text += fmt.Sprintf(" %d:%s/%d/%d", f.ID, f.Name, f.Requiredness, f.Type.Kind)
		}
		return text
	}
	f, g, h := s.Methods[0], s.Methods[1], s.Methods[2]
	for _, c := range []struct{ what, got, want string }{
		{"arguments of f", describe(f.Arguments), fmt.Sprintf("f_args 1:a/%d/%d 2:b/%d/%d 3:c/%d/%d", ir.Required, ir.I32, ir.Default, ir.String, ir.Default, ir.I32)},
		{"result of f", describe(f.Result), fmt.Sprintf("f_result 0:success/%d/%d 1:x/%d/%d -1:y/%d/%d", ir.Optional, ir.I32, ir.Optional, ir.StructKind, ir.Optional, ir.StructKind)},
		{"result of g", describe(g.Result), "g_result"},
		{"arguments of h", describe(h.Arguments), fmt.Sprintf("h_args 1:a/%d/%d", ir.Default, ir.I32)},
		{"result of h", describe(h.Result), "nil"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %s, want %s", c.what, c.got, c.want)
		}
	}
	if f.Type.Kind != ir.I32 || g.Type != nil || f.Oneway || !h.Oneway || len(f.Throws) != 2 || f.Throws[0] != f.Result.Fields[1] {
		t.Errorf("f is %+v, g is %+v, h is %+v", f, g, h)
	}
	if f.Arguments.Class != ir.Arguments || f.Result.Class != ir.Result || f.Arguments.Fields[2].Value.Int != 5 {
		t.Errorf("got classes %d and %d, default %v", f.Arguments.Class, f.Result.Class, f.Arguments.Fields[2].Value)
	}
}

func TestRecursive(t *testing.T) {
	text, err := os.ReadFile("../testdata/thrift/recursive.thrift")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"Tree": true, "Chain": true, "Direct": true, "Ping": true, "Pong": true, "Expr": true, "Not": true, "Cause": true, "Flat": false}
	for _, s := range one(t, string(text)).Structs {
		if s.Recursive != want[s.Name] {
			t.Errorf("%s: got recursive %t", s.Name, s.Recursive)
		}
	}
}

// A file with errors has one diagnostic for each, in order, whatever phase
// they are found in.
func TestErrorsOfAllPhases(t *testing.T) {
	_, list := lower.Lower(lower.Options{Inputs: []string{"main.thrift"}, ReadFile: files{"main.thrift": `
struct A { 1: i32 a = "x", 1: i32 b }
struct B { 1: i32 }
struct C { 1: Missing m }
struct D { 1: required D d }
service E { void f() void f() }
typedef F F
const i32 g = 1.5
`}.read})
	var got []string
	for _, d := range list {
		got = append(got, strconv.Itoa(d.Primary.Span.Pos().Line)+" "+d.Code)
	}
	want := []string{"2 type-mismatch", "2 duplicate-field-id", "3 syntax", "4 unresolved-name", "5 endless-struct", "6 duplicate-method", "7 typedef-cycle", "8 type-mismatch"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if list.Err() == nil || !errors.As(list.Err(), new(report.List)) {
		t.Error("the list is no error")
	}
}

// Definitions that multiply do not take exponential time or memory.
func TestMultiplyingDefinitions(t *testing.T) {
	var b strings.Builder
	b.WriteString("typedef i32 T0\nconst list<i32> c0 = [1,2,3,4,5,6,7,8,9]\n")
	for i := 1; i < 200; i++ {
		fmt.Fprintf(&b, "typedef map<T%d, T%d> T%d\nstruct S%d { 1: T%d a, 2: optional S%d b }\n", i-1, i-1, i, i, i, i%199+1)
		fmt.Fprintf(&b, "const list<i32> c%d = c%d\n", i, i-1)
	}
	f := one(t, b.String())
	if n := len(find(t, f.Constants, "c199").Value.List); n != 9 {
		t.Errorf("got %d elements", n)
	}
	if !find(t, f.Structs, "S100").Recursive {
		t.Error("S100 is in a cycle of 199 structs, but not recursive")
	}
}

func TestRulesAreSilentAboutTypesThatAreMissing(t *testing.T) {
	_, list := lower.Lower(lower.Options{Inputs: []string{"a.thrift"}, ReadFile: func(string) ([]byte, error) {
		return []byte(`struct S { 1: Nowhere a (vt.gt = "1"), 2: i32 b (vt.le = "$a", vt.ge = "@len($a)"), 3: list<Nowhere> c (vt.elem.gt = "1") } (vt.assert = "@equal($a, 1)")`), nil
	}})
	for _, d := range list {
		if d.Code != "unresolved-name" && d.Code != "validation-value" {
			t.Errorf("a complaint about %v", d)
		}
	}
	if !list.HasErrors() {
		t.Error("nothing is wrong")
	}
}
