package gen_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/gen"
)

func TestWhereFilesGo(t *testing.T) {
	for _, c := range []struct {
		what  string
		files map[string]string
		want  []string // "path: package"
	}{
		{
			"a namespace is a folder, services are a package inside",
			map[string]string{"echo.thrift": "namespace go a.b.echo\nstruct S {}\nservice E { void ping() }"},
			[]string{"a/b/echo/echo.go: echo", "a/b/echo/echothrift/echo.go: echothrift"},
		},
		{
			"without a namespace the file names the package",
			map[string]string{"my-idl.thrift": "struct S {}"},
			[]string{"my_idl/my-idl.go: my_idl"},
		},
		{
			"a namespace for all languages counts, one for Go counts more",
			map[string]string{"x.thrift": "namespace * any\nstruct S {}", "y.thrift": "namespace * any\nnamespace go mine\nstruct S {}"},
			[]string{"any/x.go: any", "mine/y.go: mine"},
		},
		{
			"files share a namespace",
			map[string]string{"x.thrift": "namespace go one\nstruct X {}", "y.thrift": "namespace go one\nstruct Y {}"},
			[]string{"one/x.go: one", "one/y.go: one"},
		},
		{
			"names that go build would take for something else",
			map[string]string{
				"a_test.thrift": "namespace go n\nstruct A {}", "b_windows.thrift": "namespace go n\nstruct B {}",
				"_c.thrift": "namespace go n\nstruct C {}",
			},
			[]string{"n/a_test_idl.go: n", "n/b_windows_idl.go: n", "n/idl_c.go: n"},
		},
		{
			"packages that cannot be named so",
			map[string]string{"x.thrift": "namespace go a.type\nstruct X {}", "y.thrift": "namespace go a.main\nstruct X {}", "z.thrift": "namespace go a.init\nstruct X {}"},
			[]string{"a/init/z.go: init_", "a/main/y.go: main_", "a/type/x.go: type_"},
		},
		{
			"equal names in different folders",
			map[string]string{"a/x.thrift": "namespace go n\nstruct A {}", "b/x.thrift": "namespace go n\nstruct B {}"},
			[]string{"n/x.go: n", "n/x_2.go: n"},
		},
		{
			"a file that declares nothing",
			map[string]string{"x.thrift": "namespace go n"},
			nil,
		},
	} {
		var got []string
		out := output(t, gen.Options{}, c.files)
		for _, path := range slices.Sorted(maps.Keys(out)) {
			_, after, _ := strings.Cut(out[path], "\npackage ")
			name, _, _ := strings.Cut(after, "\n")
			got = append(got, path+": "+name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.what, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		what string
		idl  string
		keep bool // options.KeepCase
		want []string
	}{
		{"words and initialisms", "struct user_info { 1: i64 userId, 2: string home_url, 3: i32 HTTPCode, 4: i32 utf8_len }", false,
			[]string{"type UserInfo struct", "UserID int64", "HomeURL string", "HTTPCode int32", "UTF8Len int32"}},
		{"initialisms off", "struct A { 1: i64 userId, 2: i32 http_code }", true,
			[]string{"UserId int64", "HttpCode int32"}},
		{"constants in capitals", "const i32 MAX_SIZE = 1\nconst i32 minSize = 2", false,
			[]string{"const MaxSize int32 = 1", "const MinSize int32 = 2"}},
		{"enum values", "enum Color { RED, DARK_RED = 5, lightBlue }", false,
			[]string{"ColorRed Color = 0", "ColorDarkRed Color = 5", "ColorLightBlue Color = 6"}},
		{"methods of ours come before fields", "struct A { 1: string String, 2: i32 binary_size }", false,
			[]string{"String_ string", "BinarySize_ int32"}},
		{"the first of two keeps the name", "struct A { 1: i32 user_id, 2: i32 userId }", false,
			[]string{"UserID int32", "UserID_ int32"}},
		{"a getter gives way to a field", "struct A { 1: i32 type, 2: i32 get_type }", false,
			[]string{"GetType int32", "GetType_() (v int32)"}},
		{"types that a constructor would hide", "struct NewA {}\nstruct A {}", false,
			[]string{"type NewA struct", "type A_ struct"}},
		{"a name without letters", "struct A { 1: i32 _1 }", false,
			[]string{"X1 int32"}},
		{"renamed by annotation", "struct A { 1: i32 b (pilota.name = \"Better\") } (pilota.name = \"Fine\")", false,
			[]string{"type Fine struct", "Better int32"}},
	} {
		out := output(t, gen.Options{KeepCase: c.keep}, map[string]string{"x.thrift": c.idl})
		text := squeezed(out["x/x.go"])
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing in\n%s", c.what, want, out["x/x.go"])
			}
		}
	}
}

func TestMethodsOfServices(t *testing.T) {
	const idl = `
		struct Req {}
		exception Bad {}
		service Base { Req Inherited(1: Req req) }
		service Main extends Base {
			void with(1: i32 a)
			oneway void fire(1: string func, 2: list<Req> _)
			i32 sum(1: i32 a, 2: i32 b = 5, 3: i32 A) throws (1: Bad bad)
		}`
	out := squeezed(output(t, gen.Options{}, map[string]string{"demo.thrift": idl})["demo/demothrift/demo.go"])
	for _, want := range []string{
		"type Main interface { Inherited(ctx context.Context, req *demo.Req) (*demo.Req, error)",
		"With_(ctx context.Context, a int32) error", // With is the client's
		"Fire(ctx context.Context, func_ string, x []*demo.Req) error",
		"Sum(ctx context.Context, a int32, b int32, a_ int32) (int32, error)",
		"return c.c.Call(ctx, mainFireMethod, args, nil)",
		"errors.AsType[*demo.Bad](err)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

// FooBar.Baz and Foo.BarBaz would share the names of their arguments.
func TestStubsOfOnePackageDoNotClash(t *testing.T) {
	const idl = `
		service Foo { void barBaz(1: i32 a) }
		service FooBar { void baz(1: string b) }`
	out := squeezed(output(t, gen.Options{}, map[string]string{"demo.thrift": idl})["demo/demothrift/demo.go"])
	for _, want := range []string{"type fooBarBazArgs struct { A int32", "type fooBarBaz_Args struct { B string"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestComments(t *testing.T) {
	const idl = `
		/**
		 * First.
		 *
		 * Second.
		 */
		struct A {
			// Of the field.
			1: i32 a (deprecated = "use b")
		}
		struct B {}`
	out := output(t, gen.Options{}, map[string]string{"x.thrift": idl})["x/x.go"]
	for _, want := range []string{
		"// First.\n//\n// Second.\ntype A struct {",
		"\t// Of the field.\n\t//\n\t// Deprecated: use b\n\tA int32",
		"// B is a struct of x.thrift.\ntype B struct",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestNamespacesThatNeedEachOther(t *testing.T) {
	files := map[string]string{
		"a.thrift": "include \"b.thrift\"\nnamespace go a\nstruct A { 1: b.B b }",
		"b.thrift": "include \"c.thrift\"\nnamespace go b\nstruct B { 1: list<c.C> c }",
		"c.thrift": "include \"a.thrift\"\nnamespace go c\nstruct C { 1: optional a.A a }",
	}
	_, err := gen.Generate(lowered(t, files), gen.Options{})
	e, ok := errors.AsType[*gen.CycleError](err)
	if !ok || len(e.Uses) != 3 {
		t.Fatalf("got %v, want a CycleError with three uses", err)
	}
	for _, u := range e.Uses {
		if strings.ToUpper(u.From) != u.Decl.Name || strings.ToUpper(u.To) != u.Name {
			t.Errorf("%s needs %s: got %s and %s", u.From, u.To, u.Decl.Name, u.Name)
		}
	}
	// Files may include each other as long as they are one package.
	for name, text := range files {
		files[name] = strings.Replace(text, "namespace go "+name[:1], "namespace go one", 1)
	}
	if _, err := gen.Generate(lowered(t, files), gen.Options{}); err != nil {
		t.Errorf("in one namespace: %v", err)
	}
}

func TestTwoNamespacesInOneFolder(t *testing.T) {
	files := map[string]string{
		"x.thrift": "namespace go a\nservice S { void m() }",
		"y.thrift": "namespace go a.athrift\nstruct X {}",
	}
	files["athrift/x.thrift"] = "namespace go a.athrift\nstruct Y {}"
	_, err := gen.Generate(lowered(t, files), gen.Options{})
	if err == nil || !strings.Contains(err.Error(), "a/athrift") {
		t.Errorf("got %v", err)
	}
}
