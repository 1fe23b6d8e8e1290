package breaking_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/breaking"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/protoidl"
)

type change struct {
	name, before, after string
	want                string // "CATEGORY rule line:col", one on a line; empty if nothing breaks
}

func TestChanges(t *testing.T) {
	tested := map[string]bool{}
	for _, tt := range []change{
		{"new fields, methods, types and values break nothing",
			"struct S {1: i32 a} enum E {A} service V {void f()}",
			"struct S {1: i32 a, 2: optional i32 b} enum E {A, B} struct T {} service V {void f(), i32 g()}", ""},
		{"comments, order and annotations break nothing",
			"struct S {1: i32 a, 2: i32 b}", "/** s */ struct S {2: i32 b (x = 'y'), 1: i32 a}", ""},
		{"a field goes", "struct S {1: i32 a, 2: i32 b}", "struct S {1: i32 a}", "SOURCE field-removed 1:8"},
		{"a required field goes", "struct S {1: required i32 a}", "struct S {}", "WIRE required-field-removed 1:8"},
		{"a required field comes", "struct S {}", "struct S {1: required i32 a}", "WIRE required-field-added 1:27"},
		{"a field becomes required", "struct S {1: optional i32 a}", "struct S {1: required i32 a}", "WIRE required-changed 1:27"},
		{"a field becomes optional", "struct S {1: i32 a}", "struct S {1: optional i32 a}", "SOURCE field-source-type-changed 1:27"},
		{"a member of a union goes", "union U {1: i32 a, 2: i32 b}", "union U {1: i32 a}", "WIRE union-member-removed 1:7"},
		{"a field gets another id", "struct S {1: i32 a}", "struct S {2: i32 a}", "WIRE field-number-changed 1:18"},
		{"a field gets another name", "struct S {1: i32 a}", "struct S {1: i32 b}", "SOURCE field-renamed 1:18"},
		{"a field gets another type", "struct S {1: i32 a}", "struct S {1: i64 a}", "WIRE field-type-changed 1:18"},
		{"a list becomes a set", "struct S {1: list<i32> a}", "struct S {1: set<i32> a}", "WIRE field-type-changed 1:23"},
		{"an element gets another type", "struct S {1: map<i32, list<i8>> a}", "struct S {1: map<i32, list<i16>> a}", "WIRE field-type-changed 1:34"},
		{"a string becomes binary", "struct S {1: string a}", "struct S {1: binary a}", "WIRE_JSON field-json-type-changed 1:21"},
		{"an enum becomes its number", "enum E {A} struct S {1: E a}", "enum E {A} struct S {1: i32 a}", "WIRE_JSON field-json-type-changed 1:29"},
		{"a typedef of the same type", "typedef i32 N struct S {1: i32 a}", "typedef i32 N struct S {1: N a}", "SOURCE field-source-type-changed 1:30"},
		{"a default value changes", "struct S {1: i32 a = 1}", "struct S {1: i32 a = 2}", "WIRE default-changed 1:18"},
		{"a default value goes", "struct S {1: i32 a = 1}", "struct S {1: i32 a}", "WIRE default-changed 1:18"},
		{"a value goes", "enum E {A, B}", "enum E {A}", "WIRE enum-value-removed-without-reservation 1:6"},
		{"a value gets another number", "enum E {A = 1}", "enum E {A = 2}", "WIRE enum-value-renumbered 1:9"},
		{"a value before others moves them", "enum E {A, B}", "enum E {N, A, B}", "WIRE enum-value-renumbered 1:12\nWIRE enum-value-renumbered 1:15"},
		{"a value gets another name", "enum E {A}", "enum E {B}", "WIRE_JSON enum-value-renamed 1:9"},
		{"a type goes", "struct S {} struct T {}", "struct S {}", "SOURCE type-removed 1:20"},
		{"a struct becomes an exception", "struct S {}", "exception S {}", "SOURCE type-kind-changed 1:11"},
		{"a struct becomes an enum", "struct S {}", "enum S {A}", "SOURCE type-kind-changed 1:6"},
		{"a constant changes", "const i32 C = 1", "const i32 C = 2", "SOURCE constant-changed 1:11"},
		{"a constant is written in another way", "const i32 C = 0x10", "const i32 C = 16", ""},
		{"a constant goes", "const i32 C = 1", "", "SOURCE constant-removed 1:11"},
		{"a service goes", "service V {void f()}", "", "WIRE service-removed 1:9"},
		{"a method goes", "service V {void f(), void g()}", "service V {void f()}", "WIRE method-removed 1:9"},
		{"a method moves to the parent", "service V {void f()}", "service P {void f()} service V extends P {}", ""},
		{"the parent goes with its methods", "service P {void f()} service V extends P {}", "service P {void f()} service V {}",
			"SOURCE service-parent-changed 1:30\nWIRE method-removed 1:30"},
		{"a method becomes oneway", "service V {void f()}", "service V {oneway void f()}", "WIRE method-oneway-changed 1:24"},
		{"a result changes", "service V {i32 f()}", "service V {string f()}", "WIRE field-type-changed 1:19"},
		{"a result comes", "service V {void f()}", "service V {string f()}", "WIRE method-type-changed 1:19"},
		{"an argument changes", "service V {void f(1: i32 a)}", "service V {void f(1: i8 a)}", "WIRE field-type-changed 1:25"},
		{"an exception comes", "exception X {} service V {void f()}", "exception X {} service V {void f() throws (1: X x)}", "WIRE exception-added 1:49"},
		{"an exception goes", "exception X {} service V {void f() throws (1: X x)}", "exception X {} service V {void f()}", "WIRE exception-removed 1:32"},
		{"a namespace changes", "namespace go a", "namespace go b", "SOURCE namespace-changed 1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.check(t, "a.thrift", tested, func(before, after map[string]string) []breaking.Finding {
				compile := func(files map[string]string) lower.Options {
					return lower.Options{Inputs: keys(files), ReadFile: reader(files), KeepAll: true}
				}
				old, list := lower.Lower(compile(before))
				if old == nil {
					t.Fatal(list)
				}
				now, list := lower.Lower(compile(after))
				if now == nil {
					t.Fatal(list)
				}
				return breaking.Thrift(old, now, "main")
			})
		})
	}
	for _, tt := range []change{
		{"a type moves to another file", "struct S {} --b.thrift-- struct T {}", "--b.thrift-- struct T {} struct S {1: i32 a}", "SOURCE type-moved 1:21"},
		{"a file goes", "--b.thrift-- struct T {}", "", "SOURCE file-removed 1:1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.check(t, "a.thrift", tested, func(before, after map[string]string) []breaking.Finding {
				old, _ := lower.Lower(lower.Options{Inputs: keys(before), ReadFile: reader(before), KeepAll: true})
				now, _ := lower.Lower(lower.Options{Inputs: keys(after), ReadFile: reader(after), KeepAll: true})
				return breaking.Thrift(old, now, "main")
			})
		})
	}
	protoChanges(t, tested)
	for _, r := range breaking.Rules() {
		if !tested[r.Name] {
			t.Errorf("no change breaks rule %s", r.Name)
		}
	}
}

func protoChanges(t *testing.T, tested map[string]bool) {
	const head = `syntax = "proto3"; package p; `
	for _, tt := range []change{
		{"additions", "message M {int32 a = 1;}", "message M {int32 a = 1; int32 b = 2;} message N {} enum E {Z = 0;}", ""},
		{"a field goes", "message M {int32 a = 1;}", "message M {}", "WIRE field-removed-without-reservation 1:39"},
		{"a field goes, its number stays reserved", "message M {int32 a = 1;}", "message M {reserved 1;}", "WIRE_JSON field-removed-name-free 1:39"},
		{"a field goes, all of it stays reserved", "message M {int32 a = 1;}", `message M {reserved 1; reserved "a";}`, "SOURCE field-removed 1:39"},
		{"another number", "message M {int32 a = 1;}", "message M {int32 a = 2;}", "WIRE field-number-changed 1:48"},
		{"another name", "message M {int32 a = 1;}", "message M {int32 b = 1;}", "WIRE_JSON field-json-name-changed 1:48"},
		{"another name, the same in JSON", "message M {int32 a_b = 1;}", "message M {int32 aB = 1;}", "SOURCE field-renamed 1:48"},
		{"another type", "message M {int32 a = 1;}", "message M {string a = 1;}", "WIRE field-type-changed 1:49"},
		{"another sign", "message M {int32 a = 1;}", "message M {uint32 a = 1;}", "SOURCE field-source-type-changed 1:49"},
		{"another width", "message M {int32 a = 1;}", "message M {int64 a = 1;}", "WIRE_JSON field-json-type-changed 1:48"},
		{"zigzag", "message M {int32 a = 1;}", "message M {sint32 a = 1;}", "WIRE field-type-changed 1:49"},
		{"a string becomes bytes", "message M {string a = 1;}", "message M {bytes a = 1;}", "WIRE_JSON field-json-type-changed 1:48"},
		{"bytes become a string", "message M {bytes a = 1;}", "message M {string a = 1;}", "WIRE field-type-changed 1:49"},
		{"a message becomes repeated", "message M {M a = 1;}", "message M {repeated M a = 1;}", "WIRE_JSON field-json-type-changed 1:53"},
		{"a number becomes repeated", "message M {int32 a = 1;}", "message M {repeated int32 a = 1;}", "WIRE field-type-changed 1:57"},
		{"a map has other values", "message M {map<int32, string> a = 1;}", "message M {map<int32, int32> a = 1;}", "WIRE field-type-changed 1:60"},
		{"presence", "message M {int32 a = 1;}", "message M {optional int32 a = 1;}", "SOURCE field-source-type-changed 1:57"},
		{"a field enters a oneof", "message M {int32 a = 1;}", "message M {oneof o {int32 a = 1;}}", "WIRE field-oneof-changed 1:57"},
		{"a value goes", "enum E {Z = 0; A = 1;}", "enum E {Z = 0;}", "WIRE enum-value-removed-without-reservation 1:36"},
		{"a value goes, its number stays reserved", "enum E {Z = 0; A = 1;}", "enum E {Z = 0; reserved 1;}", "WIRE_JSON enum-value-removed-name-free 1:36"},
		{"a value goes, all of it stays reserved", "enum E {Z = 0; A = 1;}", `enum E {Z = 0; reserved 1; reserved "A";}`, "SOURCE enum-value-removed 1:36"},
		{"another number for a value", "enum E {Z = 0; A = 1;}", "enum E {Z = 0; A = 2;}", "WIRE enum-value-renumbered 1:46"},
		{"another name for a value", "enum E {Z = 0;}", "enum E {Y = 0;}", "WIRE_JSON enum-value-renamed 1:39"},
		{"a reservation goes", "message M {reserved 1 to 3;}", "message M {reserved 1, 3;}", "WIRE reservation-removed 1:39"},
		{"a reservation without end becomes two", "message M {reserved 5 to max;}", "message M {reserved 6 to max; reserved 5;}", ""},
		{"a reservation without end goes", "message M {reserved 5 to max;}", "message M {}", "WIRE reservation-removed 1:39"},
		{"a reservation of an enum goes", "enum E {Z = 0; reserved 1 to 3;}", "enum E {Z = 0; reserved 1, 3;}", "WIRE reservation-removed 1:36"},
		{"a reserved name of an enum goes", `enum E {Z = 0; reserved "A";}`, "enum E {Z = 0;}", "WIRE reservation-removed 1:36"},
		{"a reservation of an enum without end becomes two", "enum E {Z = 0; reserved 5 to max;}", "enum E {Z = 0; reserved 6 to max, 5;}", ""},
		{"a nested message goes", "message M {message N {}}", "message M {}", "SOURCE type-removed 1:50"},
		{"a method goes", "message M {} service S {rpc F(M) returns (M);}", "message M {} service S {}", "WIRE method-removed 1:52"},
		{"a request changes", "message M {} message N {} service S {rpc F(M) returns (M);}", "message M {} message N {} service S {rpc F(N) returns (M);}", "WIRE method-type-changed 1:72"},
		{"a method streams", "message M {} service S {rpc F(M) returns (M);}", "message M {} service S {rpc F(M) returns (stream M);}", "WIRE method-streaming-changed 1:59"},
		{"a method is no longer idempotent", "message M {} service S {rpc F(M) returns (M) {option idempotency_level = IDEMPOTENT;}}", "message M {} service S {rpc F(M) returns (M);}", "WIRE method-idempotency-changed 1:59"},
		{"a service goes", "service S {}", "", "WIRE service-removed 1:39"},
		{"go_package", `option go_package = "a";`, `option go_package = "b";`, "SOURCE namespace-changed 1:31"},
		{"a message moves", "message M {} --b.proto--" + head, `--b.proto--` + head + "message M {}", "SOURCE type-moved 1:39"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.before, tt.after = head+tt.before, head+tt.after
			tt.check(t, "a.proto", tested, protoFindings(t))
		})
	}
	t.Run("the package changes, and nothing else", func(t *testing.T) {
		change{"", "syntax = 'proto3'; package p; message M {M m = 1;}", "syntax = 'proto3'; package q; message M {M m = 1;}",
			"WIRE package-changed 1:20"}.check(t, "a.proto", tested, protoFindings(t))
	})
	const (
		range2    = "syntax = 'proto2'; message M {extensions 5 to 9;} "
		edition   = "edition = '2023'; "
		implicit  = " [features.field_presence = IMPLICIT]"
		required  = " [features.field_presence = LEGACY_REQUIRED]"
		group     = " [features.message_encoding = DELIMITED]"
		unchecked = " [features.utf8_validation = NONE]"
	)
	for _, c := range []change{
		{"an extension goes", range2 + "extend M {optional int32 x = 5;}", range2, "SOURCE extension-removed 1:76"},
		{"an extension in a message goes", range2 + "message N {extend M {optional int32 x = 5;}}", range2 + "message N {}", "SOURCE extension-removed 1:87"},
		{"an extension has another type", range2 + "extend M {optional int32 x = 5;}", range2 + "extend M {optional string x = 5;}", "WIRE field-type-changed 1:77"},
		{"numbers for extensions go", range2, "syntax = 'proto2'; message M {extensions 5 to 7;}", "SOURCE extension-range-removed 1:28"},
		{"the syntax changes what enums are", "syntax = 'proto2'; enum E {Z = 0;}", "syntax = 'proto3'; enum E {Z = 0;}", "WIRE enum-openness-changed 1:25"},
		{"a feature takes presence away", edition + "message M {int32 a = 1;}", edition + "message M {int32 a = 1" + implicit + ";}", "SOURCE field-source-type-changed 1:36"},
		{"a feature makes a field required", edition + "message M {int32 a = 1;}", edition + "message M {int32 a = 1" + required + ";}", "WIRE required-changed 1:36"},
		{"a feature changes the encoding", edition + "message M {M a = 1;}", edition + "message M {M a = 1" + group + ";}", "WIRE field-type-changed 1:32"},
		{"the syntax checks strings", "syntax = 'proto2'; message M {optional string a = 1; optional bytes b = 2;}", "syntax = 'proto3'; message M {optional string a = 1; optional bytes b = 2;}", "WIRE string-check-changed 1:47"},
		{"a feature takes the check away", edition + "message M {map<string, string> a = 1;}", edition + "message M {map<string, string> a = 1" + unchecked + ";}",
			"WIRE string-check-changed 1:50\nWIRE string-check-changed 1:50"},
		{"the syntax becomes an edition that says the same", "syntax = 'proto3'; message M {int32 a = 1; optional string b = 2; M c = 3;}",
			edition + "message M {int32 a = 1" + implicit + "; string b = 2; M c = 3;}", ""},
	} {
		t.Run(c.name, func(t *testing.T) { c.check(t, "a.proto", tested, protoFindings(t)) })
	}
	t.Run("a default value of proto2 changes", func(t *testing.T) {
		change{"", "syntax = 'proto2'; message M {optional int32 a = 1 [default = 1];}", "syntax = 'proto2'; message M {optional int32 a = 1;}",
			"WIRE default-changed 1:46"}.check(t, "a.proto", tested, protoFindings(t))
	})
}

func protoFindings(t *testing.T) func(before, after map[string]string) []breaking.Finding {
	return func(before, after map[string]string) []breaking.Finding {
		old, list := protoidl.Compile(protoidl.Options{Inputs: keys(before), ReadFile: reader(before)})
		if old == nil {
			t.Fatal(list)
		}
		now, list := protoidl.Compile(protoidl.Options{Inputs: keys(after), ReadFile: reader(after)})
		if now == nil {
			t.Fatal(list)
		}
		return breaking.Proto(old, now, "main")
	}
}

// check compares the two texts; "--name--" begins another file in them.
func (c change) check(t *testing.T, name string, tested map[string]bool, compare func(before, after map[string]string) []breaking.Finding) {
	t.Helper()
	var got []string
	for _, f := range compare(split(name, c.before), split(name, c.after)) {
		d := f.Diagnostic
		tested[f.Rule.Name] = true
		pos := d.Primary.Span.Pos().String()
		_, pos, _ = strings.Cut(pos, ":")
		got = append(got, string(f.Rule.Category)+" "+f.Rule.Name+" "+pos)
		if d.Code != f.Rule.Name || len(d.Help) == 0 || d.Message == "" {
			t.Errorf("%s says too little", d)
		}
	}
	if got := strings.Join(got, "\n"); got != c.want {
		t.Errorf("%s\nwant\n%s", got, c.want)
	}
}

func split(name, text string) map[string]string {
	parts := strings.Split(text, "--")
	files := map[string]string{name: parts[0]}
	for i := 1; i+1 < len(parts); i += 2 {
		files[parts[i]] = parts[i+1]
	}
	return files
}

func keys(files map[string]string) []string {
	var names []string
	for n := range files {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

func reader(files map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}
}
