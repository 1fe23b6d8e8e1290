package thriftidl_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// What is understood of a text shows in how it is printed.
func TestParse(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"includes", `include "a.thrift" cpp_include '<map>'; include "b"`, "include \"a.thrift\"\ncpp_include '<map>'\ninclude \"b\"\n"},
		{"a namespace of any language", "namespace * a.b", "namespace * a.b\n"},
		{"a dotted scope", "namespace py.twisted a", "namespace py.twisted a\n"},
		{"a namespace with dashes", "namespace js a-b.c-1-d", "namespace js a-b.c-1-d\n"},
		{"a dash apart is not part of the name", "namespace js a\nnamespace st b", "namespace js a\nnamespace st b\n"},
		{"an annotated namespace", "namespace xsd t (uri='u')", "namespace xsd t (uri = 'u')\n"},
		{"a legacy namespace", "cocoa_prefix X csharp_namespace Y.Z", "cocoa_prefix X\ncsharp_namespace Y.Z\n"},
		{"constants", "const i32 a=1;const list<i32>b=[1 2,3;]", "const i32 a = 1\nconst list<i32> b = [1, 2, 3]\n"},
		{"a constant with annotations", "const i32 a = 1 (x)", "const i32 a = 1 (x)\n"},
		{"nested values", `const x a = {1:[],"b":{},c.d:-.5;}`, "const x a = {1: [], \"b\": {}, c.d: -.5}\n"},
		{"typedefs", "typedef i32 (a) t (b) , typedef map<i8,a.b>u", "typedef i32 (a) t (b)\ntypedef map<i8, a.b> u\n"},
		{"an enum", "enum E{A,B=2;C=-0x1 (x)D}", "enum E {\n    A,\n    B = 2,\n    C = -0x1 (x),\n    D,\n}\n"},
		{"a senum", "senum E{'a' \"b\"}(x)", "senum E {\n    'a',\n    \"b\",\n} (x)\n"},
		{"an empty struct", "struct S{}", "struct S {}\n"},
		{"fields", "struct S{1:required i32 a=1,optional string b;-3:list<i8>c}", "struct S {\n    1: required i32 a = 1,\n    optional string b,\n    -3: list<i8> c,\n}\n"},
		{"a reference", "struct S{1:optional S&s 2:S & t}", "struct S {\n    1: optional S & s,\n    2: S & t,\n}\n"},
		{"xsd leftovers", "struct S xsd_all{1:i32 a xsd_optional xsd_nillable xsd_attrs{1:i32 b}(c)}", "struct S xsd_all {\n    1: i32 a xsd_optional xsd_nillable xsd_attrs {\n        1: i32 b,\n    } (c),\n}\n"},
		{"both places of cpp_type", `struct S{1:list<i32>cpp_type "a" b 2:map cpp_type "c"<i32,i32>d}`, "struct S {\n    1: list cpp_type \"a\" <i32> b,\n    2: map cpp_type \"c\" <i32, i32> d,\n}\n"},
		{"keywords as names of fields", "struct S{1:i32 struct 2:string list 3:required i32 required}", "struct S {\n    1: i32 struct,\n    2: string list,\n    3: required i32 required,\n}\n"},
		{"a word that begins like a keyword", "struct structS{1:i32x i32}", "struct structS {\n    1: i32x i32,\n}\n"},
		{"words of old grammars as names", "struct senum{1:slist php_namespace,2:senum xsd_all}", "struct senum {\n    1: slist php_namespace,\n    2: senum xsd_all,\n}\n"},
		{"a union and an exception", "union U{1:i32 a};exception X{},", "union U {\n    1: i32 a,\n}\n\nexception X {}\n"},
		{"a service", "service S extends a.B{void f(),oneway void g(1:i32 a,);async void h()i32 i()throws()}", "service S extends a.B {\n    void f(),\n    oneway void g(1: i32 a),\n    async void h(),\n    i32 i() throws (),\n}\n"},
		{"exceptions without ids", "service S{void f(string a)throws(X x,2:Y y)(z)}", "service S {\n    void f(string a) throws (X x, 2: Y y) (z),\n}\n"},
		{"a struct with a keyword for a prefix", "service oneways{void voids()}", "service oneways {\n    void voids(),\n}\n"},
		{"annotations in every form", `struct S{1:i32(a)b(c="d"e.f='g';h,)}(i)`, "struct S {\n    1: i32 (a) b (c = \"d\", e.f = 'g', h),\n} (i)\n"},
		{"long lists are broken", "const x a = [" + strings.Repeat("1111111111, ", 10) + "]", "const x a = [\n" + strings.Repeat("    1111111111,\n", 10) + "]\n"},
		{"long functions are broken", "service S { void f(1: " + strings.Repeat("x", 50) + " a, 2: " + strings.Repeat("y", 50) + " b) }", "service S {\n    void f(\n        1: " + strings.Repeat("x", 50) + " a,\n        2: " + strings.Repeat("y", 50) + " b,\n    ),\n}\n"},
		{"nothing", " \t\r\n", ""},
		{"a comment alone", "  // x  ", "// x\n"},
		{"single empty lines are kept", "struct S {\n\n\n\n1: i32 a\n\n\n\n2: i32 b\n3: i32 c\n\n}\nconst i32 x = 1\nconst i32 y = 1\n\n\n// z\nconst i32 z = 1", "struct S {\n    1: i32 a,\n\n    2: i32 b,\n    3: i32 c,\n}\n\nconst i32 x = 1\nconst i32 y = 1\n\n// z\nconst i32 z = 1\n"},
		{"comments", "// a\nstruct S { // b\n// c\n1: i32 a /* d */, // e\n/* f */ 2: /* g */ i32 b // h\n// i\n} // j\n// k", "// a\nstruct S { // b\n    // c\n    1: i32 a, /* d */ // e\n    /* f */\n    /* g */\n    2: i32 b, // h\n    // i\n} // j\n// k\n"},
		{"block comments move with their line", "struct S {\n\t1: i32 a /* x\n\t\ty\n\n\tz */\n}", "struct S {\n    1: i32 a, /* x\n    \ty\n\n    z */\n}\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := string(thriftidl.Print(parse(t, c.text))); got != c.want {
				t.Errorf("%s\ngot:\n%s\nwant:\n%s", c.text, got, c.want)
			}
		})
	}
}

// What is wrong is reported, once, and what is right is understood.
func TestParseRecovers(t *testing.T) {
	cases := []struct{ name, text, errors, want string }{
		{"a field in the middle", "struct S {\n1: i32 a\n2: list< b\n3: i32 c\n}", "3:11 expected `>` after the type of the elements, found", "1: i32 a,\n    3: i32 c"},
		{"a field before a separator", "struct S { 1: i32, 2: i32 b }", "1:18 expected the name of a field, found `,`", "2: i32 b"},
		{"the last field", "struct S { 1: i32 a, 2: }", "1:25 expected a type, found `}`", "1: i32 a"},
		{"a nested list", "struct S {\n1: i32 a = [1, [=, 2], 3]\n2: i32 b }", "2:17 expected a value, found `=`", "1: i32 a = [1, [2], 3],\n    2: i32 b"},
		{"an annotation", "struct S { 1: i32 a (b = c, d), 2: i32 e }", "1:26 expected a string as the value of annotation `b`", "1: i32 a (d),\n    2: i32 e"},
		{"an argument", "service S { void f(1: i32, 2: i32 b) void g() }", "1:26 expected the name of a field", "void f(2: i32 b),\n    void g()"},
		{"a function", "service S {\nvoid f\nvoid g()\n}", "2:7 expected `(` after the name of a function, found the end of the line", "void g()"},
		{"an enum value", "enum E { A = x, B }", "1:14 expected an integer as the number of `A`", "B"},
		{"a definition", "struct {}\nstruct T {}", "1:8 expected the name of a struct", "struct T {}"},
		{"words between definitions", "struct S {} what is this\nstruct T {}", "1:13 expected a definition, found `what`", "struct S {}\n\nstruct T {}"},
		{"a missing brace", "struct S {\n1: i32 a\nstruct T {}", "3:1 expected `}`, found keyword `struct`", "1: i32 a,\n}\n\nstruct T {}"},
		{"a missing brace at the end", "enum E { A", "1:11 expected `}`, found the end of the file", "enum E {\n    A,\n}"},
		{"a typo", "strukt S {}\nstruct T {}", "1:1 expected a definition, found `strukt`", "struct T {}"},
		{"a name beneath its type", "struct S { 1: i32\n string\n}", "1:18 expected the name of a field, found the end of the line", ""},
		{"a namespace alone", "namespace\nstruct T {}", "1:10 expected a language or `*`, found the end of the line", "struct T {}"},
		{"a lonely separator", "struct S {}\n,,\nstruct T {}", "2:2 expected a definition, found `,`", "struct S {}\n\nstruct T {}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			tree, list := thriftidl.Parse(source.NewFile("x", c.text))
			if len(list) == 0 {
				t.Fatal("no errors")
			}
			p := list[0].Primary.Span.Pos()
			if got := strings.TrimPrefix(p.String(), "x:") + " " + list[0].Message; !strings.HasPrefix(got, c.errors) {
				t.Errorf("got %q, want %q", got, c.errors)
			}
			if got := string(thriftidl.Print(tree)); !strings.Contains(got, c.want) {
				t.Errorf("understood:\n%s\nwant:\n%s", got, c.want)
			}
			if len(list) > 2 {
				t.Errorf("one mistake makes %d errors:\n%v", len(list), list)
			}
		})
	}
}

func TestImplicitIDs(t *testing.T) {
	tree := parse(t, "struct S { i32 a, 5: i32 b, i32 c, -7: i32 d, i32 e, 0: i32 f, i32 g }")
	var got []int64
	for _, f := range tree.Nodes[0].(*thriftidl.Struct).Fields.List {
		got = append(got, f.Number)
	}
	want := []int64{-1, 5, -2, -7, -8, 0, -1}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got ids %d, want %d", got, want)
		}
	}
}

func TestNestingLimit(t *testing.T) {
	nested := func(n int, opening, inner, closing string) string {
		return strings.Repeat(opening, n) + inner + strings.Repeat(closing, n)
	}
	for _, c := range []struct {
		name string
		text func(n int) string // nested n deep, the innermost included
	}{
		{"types", func(n int) string { return "struct S { 1: " + nested(n-1, "list<", "i32", ">") + " a }" }},
		{"lists", func(n int) string { return "const x a = " + nested(n, "[", "", "]") }},
		{"maps", func(n int) string { return "const x a = " + nested(n, "{1:", "2", "}") }},
	} {
		for n, wrong := range map[int]bool{63: false, 64: false, 65: true} {
			_, list := thriftidl.Parse(source.NewFile("x", c.text(n)))
			if list.HasErrors() != wrong {
				t.Errorf("%d %s: got %v, want errors: %t", n, c.name, list, wrong)
			}
			if wrong && list[0].Code != "nesting-too-deep" {
				t.Errorf("%d %s: got %v", n, c.name, list)
			}
		}
	}
}
