package protoidl_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/pilota/protoidl"
)

// files are texts by their names.
type files map[string]string

func (f files) read(name string) ([]byte, error) {
	if text, ok := f[name]; ok {
		return []byte(text), nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func compile(f files, inputs []string, dirs ...string) (*protoidl.Files, []string) {
	got, list := protoidl.Compile(protoidl.Options{Inputs: inputs, IncludeDirs: dirs, ReadFile: f.read})
	var all []string
	for _, d := range list {
		all = append(all, d.String())
	}
	return got, all
}

func TestImportsComeBeforeWhatImportsThem(t *testing.T) {
	f := files{
		"api/b/b.proto":    `syntax = "proto3"; package b; import "a/a.proto"; import "google/protobuf/any.proto"; message B { a.A a = 1; google.protobuf.Any any = 2; }`,
		"api/a/a.proto":    `syntax = "proto3"; package a; import public "common.proto"; message A { c.C c = 1; }`,
		"lib/common.proto": `syntax = "proto2"; package c; message C { optional group G = 1 { optional int32 n = 1; } }`,
	}
	got, diagnostics := compile(f, []string{"api/b/b.proto"}, "api", "lib")
	if got == nil || len(diagnostics) > 0 {
		t.Fatalf("got %v", diagnostics)
	}
	var names []string
	for _, f := range got.Set.File {
		names = append(names, f.GetName())
	}
	if want := []string{"common.proto", "a/a.proto", "google/protobuf/any.proto", "b/b.proto"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if want := []string{"b/b.proto"}; !slices.Equal(got.Inputs, want) {
		t.Errorf("inputs: got %v, want %v", got.Inputs, want)
	}
	r := got.Request("paths=source_relative")
	if r.GetParameter() != "paths=source_relative" || len(r.ProtoFile) != 4 || len(r.FileToGenerate) != 1 {
		t.Errorf("request: got %v", r)
	}
}

func TestNamesOfInputs(t *testing.T) {
	const text = `syntax = "proto3"; message M {}`
	for _, c := range []struct {
		name, input string
		dirs        []string
		want        string
	}{
		{"below the current directory", "a/m.proto", nil, "a/m.proto"},
		{"below an include directory", "api/a/m.proto", []string{"api"}, "a/m.proto"},
		{"with a needless dot", "./api/a/m.proto", []string{"./api/"}, "a/m.proto"},
		{"below the first directory that holds it", "api/a/m.proto", []string{"api/a", "api"}, "m.proto"},
		{"in no include directory", "/else/where/m.proto", []string{"api"}, "m.proto"},
		{"above the current directory", "../m.proto", nil, "m.proto"},
	} {
		t.Run(c.name, func(t *testing.T) {
			clean := strings.TrimPrefix(c.input, "./")
			got, diagnostics := compile(files{clean: text}, []string{c.input}, c.dirs...)
			if got == nil || len(got.Inputs) != 1 || got.Inputs[0] != c.want {
				t.Errorf("got %v, %v, want %s", got, diagnostics, c.want)
			}
		})
	}
}

func TestDiagnosticsPointIntoTheSource(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"an unknown type", "syntax = \"proto3\";\nmessage M {\n  Missing m = 1;\n}\n",
			[]string{`m.proto:3:3: error: field M.m: unknown type Missing [invalid-proto]`}},
		{"two errors", "syntax = \"proto3\";\nmessage M {\n  Gone a = 1;\n  int32 b = 2;\n  Lost c = 3;\n}\n",
			[]string{"m.proto:3:3:", "m.proto:5:3:"}},
		{"a syntax error", "syntax = \"proto3\";\nmessage M {\n  int32 a 1;\n}\n",
			[]string{"m.proto:3:11: error: syntax error: expecting ';'"}},
		{"what the scanner does not know", "# no comment\nsyntax = \"proto3\";\n",
			[]string{"m.proto:1:1: error: invalid character"}},
		{"an end that comes too early", "syntax = \"proto3\";\nmessage M {\n",
			[]string{"m.proto:3:1: error: syntax error: unexpected end of the file"}},
		{"an import that is not there", "syntax = \"proto3\";\nimport \"gone.proto\";\n",
			[]string{"m.proto:2:8: error: "}},
		{"an edition that the parser does not know", "edition = \"2024\";\nmessage M {}\n",
			[]string{"m.proto:1:11: error: edition value \"2024\" not recognized"}},
		{"an import that is not used", "syntax = \"proto3\";\nimport \"google/protobuf/any.proto\";\n",
			[]string{"m.proto:2:1: warning: import \"google/protobuf/any.proto\" not used [doubtful-proto]"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, got := compile(files{"m.proto": c.text}, []string{"m.proto"})
			if len(got) != len(c.want) {
				t.Fatalf("got %q, want %d", got, len(c.want))
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("got %s, want %s", got[i], c.want[i])
				}
			}
		})
	}
}

func TestDiagnosticsMarkTheWordAndSuggestAnother(t *testing.T) {
	const head = "syntax = \"proto3\";\npackage a.v1;\n"
	for _, c := range []struct {
		name, text, word, hint string
	}{
		{"a type in other letters", head + "message Item { item i = 1; }", "item", "did you mean `Item`?"},
		{"a type in a message", head + "message A { enum E { X = 0; } }\nmessage B { E e = 1; }", "E", "did you mean `A.E`?"},
		{"a type of Thrift", head + "message M { i64 n = 1; }", "i64", "did you mean `int64`?"},
		{"a well-known type without its package", head + "message M { Timestamp t = 1; }", "Timestamp",
			"did you mean `google.protobuf.Timestamp`, from google/protobuf/timestamp.proto?"},
		{"a well-known type without its import", head + "service S { rpc F(google.protobuf.Empty) returns (google.protobuf.Empty); }", "google.protobuf.Empty",
			"write `import \"google/protobuf/empty.proto\";`"},
		{"a scalar where only messages can be", head + "message M {}\nservice S { rpc F(string) returns (M); }", "string", ""},
		{"a type like no other", head + "message M { Unheard u = 1; }", "Unheard", ""},
		{"a keyword", head + "mesage M {}", "mesage", "did you mean `message`?"},
		{"a keyword of an rpc", head + "message M {}\nservice S { rpc F(M) return (M); }", "return", "did you mean `returns`?"},
		{"the head of a file that has none", "package a.v1;\n\nmessage M {}\n", "package", "begin the file with `syntax = \"proto3\";`"},
		{"a word behind a byte order mark", "\ufeff" + head + "message M { strin é = 1; }", "é", ""},
		{"a type behind a byte order mark", "\ufeff" + head + "message M {\n  strin s = 1;\n}", "strin", "did you mean `string`?"},
		{"an import that is there twice", head + "import \"google/protobuf/any.proto\";\nimport  \"google/protobuf/any.proto\";\nmessage M { google.protobuf.Any a = 1; }",
			"import  \"google/protobuf/any.proto\";", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, list := protoidl.Compile(protoidl.Options{Inputs: []string{"m.proto"}, ReadFile: files{"m.proto": c.text}.read})
			if len(list) == 0 {
				t.Fatal("got no diagnostics")
			}
			if got := list[0].Primary.Span.Text(); got != c.word {
				t.Errorf("marked: got %q, want %q, for %s", got, c.word, list[0])
			}
			if got := strings.Join(list[0].Help, "\n"); got != c.hint {
				t.Errorf("hint: got %q, want %q", got, c.hint)
			}
		})
	}
}

func TestAnInputThatIsNotThere(t *testing.T) {
	got, diagnostics := compile(files{}, []string{"gone.proto"})
	if got != nil || len(diagnostics) != 1 || !strings.Contains(diagnostics[0], "cannot read `gone.proto`") {
		t.Errorf("got %v, %v", got, diagnostics)
	}
}

func TestCommentsSurvive(t *testing.T) {
	got, _ := compile(files{"m.proto": "syntax = \"proto3\";\n// M is documented.\nmessage M {}\n"}, []string{"m.proto"})
	for _, l := range got.Set.File[0].SourceCodeInfo.GetLocation() {
		if l.GetLeadingComments() == " M is documented.\n" {
			return
		}
	}
	t.Error("the comment is lost")
}

// set returns an encoded FileDescriptorSet.
func set(t *testing.T, files ...*descriptorpb.FileDescriptorProto) []byte {
	t.Helper()
	b, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: files})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDescriptorSets(t *testing.T) {
	a := &descriptorpb.FileDescriptorProto{
		Name: proto.String("a.proto"), Syntax: proto.String("editions"), Edition: descriptorpb.Edition_EDITION_2024.Enum(),
	}
	b := &descriptorpb.FileDescriptorProto{Name: proto.String("b.proto"), Dependency: []string{"a.proto"}}
	for _, c := range []struct {
		name   string
		set    []byte
		inputs []string
		want   []string // inputs, then files
		fault  string
	}{
		{"all files", set(t, a, b), nil, []string{"a.proto", "b.proto", "a.proto", "b.proto"}, ""},
		{"in the wrong order", set(t, b, a), []string{"b.proto"}, []string{"b.proto", "a.proto", "b.proto"}, ""},
		{"without an import", set(t, b), nil, nil, `could not resolve import "a.proto"`},
		{"without the input", set(t, a), []string{"c.proto"}, nil, "no file of the set is named `c.proto`"},
		{"not a set at all", []byte("no set"), nil, nil, "not a FileDescriptorSet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, list := protoidl.ReadSet(c.set, c.inputs...)
			if c.fault != "" {
				if got != nil || len(list) != 1 || !strings.Contains(list[0].String(), c.fault) {
					t.Errorf("got %v, %v, want %s", got, list, c.fault)
				}
				return
			}
			if got == nil {
				t.Fatal(list)
			}
			names := slices.Clone(got.Inputs)
			for _, f := range got.Set.File {
				names = append(names, f.GetName())
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("got %v, want %v", names, c.want)
			}
		})
	}
}

func FuzzCompileNeverPanics(f *testing.F) {
	f.Add("syntax = \"proto3\"; message M { int32 a = 1; }")
	f.Add("edition = \"2023\"; message M { M m = 1 [features.message_encoding = DELIMITED]; }")
	f.Add("syntax = \"proto2\"; message M { extensions 1 to max; } extend M { optional group G = 1 {} }")
	f.Fuzz(func(t *testing.T, text string) {
		got, list := protoidl.Compile(protoidl.Options{Inputs: []string{"m.proto"}, ReadFile: files{"m.proto": text}.read})
		if (got == nil) != list.HasErrors() {
			t.Errorf("got files: %t, but diagnostics %v", got != nil, list)
		}
	})
}
