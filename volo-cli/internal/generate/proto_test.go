package generate_test

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/volo-cli/internal/config"
	"github.com/volo-go/volo/volo-cli/internal/generate"
)

// compile compiles .proto files, the first line of which is left out here.
func compile(files map[string]string, includes []string, inputs ...string) (*generate.Output, string) {
	e := &config.Entry{Name: "default", Protocol: config.Protobuf, Filename: "gen"}
	for _, name := range inputs {
		e.Services = append(e.Services, &config.IDL{Source: config.Local, Path: name, Includes: includes})
	}
	out, list := generate.Compile(generate.Input{Entry: e, Package: "example.com/x/gen", ReadFile: func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte("syntax = \"proto3\";\n" + text), nil
		}
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist}
	}})
	var said []string
	for _, d := range list {
		said = append(said, d.String())
	}
	return out, strings.Join(said, "\n")
}

func TestCodeOfProtobufStandsByItsPackage(t *testing.T) {
	const message = "message M {}\n"
	for _, tt := range []struct {
		name, text string
		file, pkg  string
	}{
		{"a package", "package shop.v1;\n", "shop/v1/a-file.pb.go", "shopv1"},
		{"no package", "", "a-file/a-file.pb.go", "afile"},
		{"a package in capitals", "package Shop.V_1;\n", "Shop/V_1/a-file.pb.go", "shopv1"},
		{"a keyword", "package go;\n", "go/a-file.pb.go", "pgo"},
		{"a package that others could not import", "package shop.internal.v1;\n", "shop/internal_/v1/a-file.pb.go", "shopinternalv1"},
		{"go_package elsewhere", "package shop;\noption go_package = \"github.com/me/shop;other\";\n", "shop/a-file.pb.go", "shop"},
		{"go_package with a longer name than ours", "package shop;\noption go_package = \"example.com/x/general\";\n", "shop/a-file.pb.go", "shop"},
		{"go_package in the folder of generated code", "package shop;\noption go_package = \"example.com/x/gen/mine;yours\";\n", "mine/a-file.pb.go", "yours"},
	} {
		out, said := compile(map[string]string{"idl/a-file.proto": tt.text + message}, nil, "idl/a-file.proto")
		if out == nil {
			t.Errorf("%s: got %s", tt.name, said)
			continue
		}
		text := string(out.Files[tt.file])
		if !strings.Contains(text, "\npackage "+tt.pkg+"\n") || !strings.HasPrefix(text, gen.Header+"\n") {
			t.Errorf("%s: got files %v, want %s of package %s with our header", tt.name, slices.Sorted(maps.Keys(out.Files)), tt.file, tt.pkg)
		}
	}
}

func TestImportsAreGeneratedButThoseThatComeWithProtobuf(t *testing.T) {
	files := map[string]string{
		"idl/a.proto":                   "package a;\nimport \"b.proto\";\nimport \"google/protobuf/any.proto\";\nmessage A { b.B b = 1; google.protobuf.Any any = 2; }\n",
		"lib/b.proto":                   "package b;\nmessage B {}\n",
		"lib/unused.proto":              "package unused;\nmessage U {}\n",
		"lib/google/protobuf/any.proto": "package google.protobuf;\noption go_package = \"google.golang.org/protobuf/types/known/anypb\";\nmessage Any {}\n",
	}
	out, said := compile(files, []string{"lib"}, "idl/a.proto")
	if out == nil {
		t.Fatal(said)
	}
	want := []string{"a/a.pb.go", "a/a.volo.go", "b/b.pb.go", "b/b.volo.go"}
	if got := slices.Sorted(maps.Keys(out.Files)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !slices.Equal(out.Inputs, []string{"a.proto"}) {
		t.Errorf("inputs: got %v, want a.proto", out.Inputs)
	}
}

func TestIncludeFoldersMayHoldOneAnother(t *testing.T) {
	files := map[string]string{
		"idl/a.proto":           "package a;\nimport \"lib/b.proto\";\nmessage A { lib.B b = 1; }\n",
		"idl/third/lib/b.proto": "package lib;\nmessage B {}\n",
	}
	for _, includes := range [][]string{{"idl", "idl/third"}, {"idl/third", "idl"}, {"idl/third"}} {
		out, said := compile(files, includes, "idl/a.proto")
		if out == nil {
			t.Errorf("in %v: got %s", includes, said)
			continue
		}
		if b := string(out.Files["lib/b.pb.go"]); !strings.Contains(b, "// source: lib/b.proto\n") {
			t.Errorf("in %v: got %v, want lib/b.pb.go of lib/b.proto", includes, slices.Sorted(maps.Keys(out.Files)))
		}
	}
}

func TestGoPackagesMustNotImportOneAnother(t *testing.T) {
	files := map[string]string{
		"a1.proto": "package a;\nimport \"b.proto\";\nmessage A1 { b.B b = 1; }\n",
		"b.proto":  "package b;\nimport \"a0.proto\";\nmessage B { a.A0 a = 1; }\n",
		"a0.proto": "package a;\nmessage A0 {}\n",
	}
	out, said := compile(files, nil, "a1.proto")
	if want := "the Go packages of `a1.proto`, `b.proto` import one another in a circle"; out != nil || !strings.Contains(said, want) {
		t.Errorf("got %q, want %q", said, want)
	}
	files["a0.proto"] = "package a;\noption go_package = \"example.com/x/gen/a0\";\nmessage A0 {}\n"
	if out, said = compile(files, nil, "a1.proto"); out == nil {
		t.Errorf("with a package of its own: got %s", said)
	}
}

func TestInputsOfOneNameAreRefused(t *testing.T) {
	files := map[string]string{"p/a.proto": "package p;\n", "q/a.proto": "package q;\n"}
	out, said := compile(files, nil, "p/a.proto", "q/a.proto")
	if out != nil || !strings.Contains(said, "p/a.proto, q/a.proto: two of them have one name") {
		t.Errorf("got %v and %q, want that two have one name", out, said)
	}
}
