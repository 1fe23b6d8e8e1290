package lint_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/lint"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
)

type example struct {
	name, text string
	on         string // a rule that is off otherwise
	want       string // "rule line:col", one on a line
}

func TestFindings(t *testing.T) {
	tested := map[string]bool{}
	const go1 = "namespace go x\n"
	const head = "syntax = 'proto3';\npackage p;\n"
	for file, examples := range map[string][]example{
		"a.thrift": {
			{"nothing is wrong", go1 + "include 'b.thrift'\nstruct Item {1: b.T a_b, 2: i32 cD} enum E {A_B = 0} service S {void f()}", "", ""},
			{"a type in small letters", go1 + "struct item {}\nenum some_enum {A = 0}\nservice svc {}", "", "type-name 2:8\ntype-name 3:6\ntype-name 4:9"},
			{"a field in capitals", go1 + "struct S {1: i32 A, 2: i32 _b}", "", "field-name 2:18\nfield-name 2:28"},
			{"an enum value in small letters", go1 + "enum E {a = 0}", "", "enum-value-name 2:9"},
			{"an enum without a zero", go1 + "enum E {A = 1}", "", "enum-zero 2:6"},
			{"a required field", go1 + "struct S {1: required i32 a}", "", "required-field 2:27"},
			{"ids in disorder", go1 + "struct S {2: i32 b, 1: i32 a}", "", "field-id-order 2:28"},
			{"gaps are no matter", go1 + "struct S {1: i32 a, 3: i32 c}", "", ""},
			{"a gap, if asked for", go1 + "struct S {1: i32 a, 3: i32 c}", "field-id-gap", "field-id-gap 2:28"},
			{"a set of structs", go1 + "struct T {} struct S {1: list<set<T>> a}", "", "set-of-structs 2:31"},
			{"an include of which only a constant is used", go1 + "include 'b.thrift'\nconst i32 D = b.C", "", ""},
			{"an include of which nothing is used", go1 + "include 'b.thrift'\n", "", "unused-include 2:9"},
			{"no namespace", "struct S {}", "", "namespace 1:8"},
			{"the namespace of all languages", "namespace * x struct S {}", "", ""},
			{"comments are asked for", go1 + "struct S {} /** t */ struct T {} service V {void f()}", "documented", "documented 2:8\ndocumented 2:42\ndocumented 2:50"},
			{"a warning of the compiler", go1 + "struct S {i32 a}", "", "implicit-field-id 2:15"},
			{"off on the line", go1 + "struct S {1: required i32 A} // lint:off", "", ""},
			{"off above the line, in a comment of two", go1 + "// lint:off required-field\n// because\nstruct S {1: required i32 A}", "", "field-name 4:27"},
			{"off in the file", go1 + "struct S {1: required i32 a}\n# lint:file-off required-field, field-name\nstruct T {1: required i32 A}", "", ""},
			{"words in a string turn nothing off", go1 + "struct S {1: required string a = 'lint:off'}", "", "required-field 2:30"},
		},
		"a.proto": {
			{"nothing is wrong", head + "import 'b.proto';\nmessage Item {b.T a_b = 1; map<int32, int32> m = 2;} enum HTTPCode {HTTP_CODE_UNSPECIFIED = 0;} service S {rpc F(Item) returns (Item);}", "", ""},
			{"names", head + "message item {int32 aB = 1;}\nenum E {E_UNSPECIFIED = 0; E_a = 1; B = 2;}\nservice S {rpc f(item) returns (item);}", "",
				"type-name 3:9\nfield-name 3:21\nenum-value-name 4:28\nenum-value-prefix 4:37\nmethod-name 5:16"},
			{"a zero that says something", head + "enum E {E_ZERO = 0;}", "", "enum-zero-suffix 3:9"},
			{"within messages", head + "message M {\n\tenum E {E_ZERO = 0;}\n\tmessage n {}\n}", "", "enum-zero-suffix 4:10\ntype-name 5:10"},
			{"a required field", "syntax='proto2';\npackage p;\nmessage M {required int32 a = 1;}", "", "required-field 3:27"},
			{"numbers in disorder", head + "message M {int32 b = 2; int32 a = 1;}", "", "field-id-order 3:31"},
			{"a gap", head + "message M {int32 a = 1; int32 c = 3;}", "field-id-gap", "field-id-gap 3:31"},
			{"a gap that is reserved", head + "message M {reserved 2; int32 a = 1; int32 c = 3;}", "field-id-gap", ""},
			{"an import of which nothing is used", head + "import 'b.proto';", "", "unused-import 3:1"},
			{"no package", "syntax = 'proto3';", "", "package 1:1"},
			{"a version is asked for", head, "package-version", "package-version 2:1"},
			{"a package with a version", "syntax = 'proto3'; package p.v1beta2;", "package-version", ""},
			{"no syntax", "package p;", "", "doubtful-proto 1:1\nsyntax 1:1"},
			{"messages named after methods are asked for", head + "message M {} message GetResponse {} service S {rpc Get(M) returns (GetResponse);}", "request-name", "request-name 3:52"},
			{"comments are asked for", head + "// m\nmessage M {}\nmessage N {}", "documented", "documented 5:9"},
			{"off", head + "// lint:off type-name\nmessage item {} /* lint:off */", "", ""},
		},
	} {
		for _, e := range examples {
			t.Run(file+"/"+e.name, func(t *testing.T) {
				var got []string
				for _, d := range find(t, file, e) {
					tested[d.Code] = true
					_, pos, _ := strings.Cut(d.Primary.Span.Pos().String(), ":")
					got = append(got, d.Code+" "+pos)
					if d.Severity != report.Warning || len(d.Help) == 0 && d.Code != "doubtful-proto" {
						t.Errorf("%s says too little: %q", d, d.Help)
					}
				}
				if got := strings.Join(got, "\n"); got != e.want {
					t.Errorf("%s\nwant\n%s", got, e.want)
				}
			})
		}
	}
	for _, r := range lint.Rules() {
		if (r.Thrift || r.Protobuf) && !tested[r.Name] {
			t.Errorf("nothing breaks rule %s", r.Name)
		}
	}
}

func find(t *testing.T, file string, e example) report.List {
	files := map[string]string{
		file: e.text, "b.thrift": "struct T {} const i32 C = 1", "b.proto": "syntax = 'proto3'; package b; message T {}",
	}
	read := func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	o := lint.Options{Enable: strings.Fields(e.on)}
	if file == "a.thrift" {
		p, list := lower.Lower(lower.Options{Inputs: []string{file}, ReadFile: read, KeepAll: true})
		if p == nil {
			t.Fatal(list)
		}
		return lint.Thrift(p, list, o)
	}
	p, list := protoidl.Compile(protoidl.Options{Inputs: []string{file}, ReadFile: read})
	if p == nil {
		t.Fatal(list)
	}
	return lint.Proto(p, list, o)
}

func TestRulesCanBeTurnedOff(t *testing.T) {
	files := map[string]string{"a.thrift": "struct s {1: required i32 A}"}
	p, list := lower.Lower(lower.Options{Inputs: slices.Collect(maps.Keys(files)), KeepAll: true,
		ReadFile: func(name string) ([]byte, error) { return []byte(files[name]), nil }})
	found := lint.Thrift(p, list, lint.Options{Disable: []string{"type-name", "required-field", "namespace"}})
	if len(found) != 1 || found[0].Code != "field-name" {
		t.Errorf("%v, want field-name alone", found)
	}
}

func TestUnknownRules(t *testing.T) {
	for _, tt := range []struct {
		options     lint.Options
		name, meant string
	}{
		{lint.Options{Enable: []string{"documented"}, Disable: []string{"type-name"}}, "", ""},
		{lint.Options{Disable: []string{"typename"}}, "typename", "type-name"},
		{lint.Options{Enable: []string{"xyz"}}, "xyz", ""},
	} {
		if name, meant := tt.options.Unknown(); name != tt.name || meant != tt.meant {
			t.Errorf("%v: %q, %q, want %q, %q", tt.options, name, meant, tt.name, tt.meant)
		}
	}
}
