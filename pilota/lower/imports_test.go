package lower_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/volo-go/volo/pilota/lower"
)

func TestIncludes(t *testing.T) {
	p := program(t, files{
		"idl/main.thrift":       "include 'b.v2.thrift'\ninclude \"a.thrift\"\ninclude \"sub/../sub/b.thrift\"\ninclude 'found.thrift'\ninclude 'a.thrift'\nnamespace go x.y\nnamespace go.z w\nstruct S { 1: a.A a, 2: b.B b, 3: found.F f, 4: b.v2.V v }",
		"idl/a.thrift":          "include \"sub/b.thrift\"\nstruct A { 1: b.B b }",
		"idl/sub/b.thrift":      "include \"../a.thrift\"\nstruct B { 1: optional a.A a }",
		"idl/b.v2.thrift":       "struct V {}",
		"first/found.thrift":    "struct F { 1: bool first }",
		"second/found.thrift":   "struct F {}",
		"second/unused.thrift":  "struct F {}",
		"idl/sub/unused.thrift": "syntax error",
	}, lower.Options{
		Inputs: []string{"./idl/main.thrift"}, IncludeDirs: []string{"nowhere", "first", "second"},
	})
	var got []string
	for _, f := range p.Files {
		got = append(got, fmt.Sprintf("%s %s %t", f.Source.Name, f.Name, f.Root))
	}
	want := []string{"idl/b.v2.thrift b.v2 false", "idl/sub/b.thrift b false", "idl/a.thrift a false", "first/found.thrift found false", "idl/main.thrift main true"}
	if !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
	main := p.Files[4]
	if n := len(main.Includes); n != 4 {
		t.Errorf("main includes %d files, want 4", n)
	}
	if main.Namespaces["go"] != "x.y" || main.Namespaces["go.z"] != "w" {
		t.Errorf("got namespaces %v", main.Namespaces)
	}
}

func TestSeveralInputs(t *testing.T) {
	f := files{"a.thrift": "include 'b.thrift'\nstruct A {}", "b.thrift": "struct B {}", "c.thrift": "struct C {}"}
	p := program(t, f, lower.Options{Inputs: []string{"a.thrift", "c.thrift", "b.thrift", "./a.thrift"}})
	var got []string
	for _, f := range p.Files {
		got = append(got, fmt.Sprintf("%s %t %d", f.Name, f.Root, len(f.Structs)))
	}
	if want := []string{"b true 1", "a true 1", "c true 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestIncludeThatCannotBeRead(t *testing.T) {
	denied := errors.New("it is locked")
	_, list := lower.Lower(lower.Options{Inputs: []string{"main.thrift", "locked.thrift"}, ReadFile: func(name string) ([]byte, error) {
		if name == "main.thrift" {
			return []byte("include 'locked.thrift'\nstruct S { 1: locked.T t }"), nil
		}
		return nil, &fs.PathError{Op: "open", Path: name, Err: denied}
	}})
	want := "error: cannot read `locked.thrift`: it is locked [input-not-read]\nmain.thrift:1:9: error: cannot read `locked.thrift`: it is locked [include-not-read]"
	if got := list.Error(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

func TestIncludeOutsideOfTheFileSystem(t *testing.T) {
	root := fstest.MapFS{
		"main.thrift":       {Data: []byte("include '../shared.thrift'\nstruct S { 1: shared.T t }")},
		"a/b/shared.thrift": {Data: []byte("struct T {}")},
	}
	o := lower.Options{Inputs: []string{"main.thrift"}, ReadFile: func(name string) ([]byte, error) { return fs.ReadFile(root, name) }}
	if _, list := lower.Lower(o); len(list) != 1 || list[0].Code != "include-not-found" {
		t.Errorf("got %v, want that the include is not found", list)
	}
	o.IncludeDirs = []string{"a/b/c"}
	if p, list := lower.Lower(o); p == nil {
		t.Errorf("got %v, want that the include is found from a/b/c", list)
	}
}

// A file system that has every file comes to an end all the same.
func TestIncludesWithoutEnd(t *testing.T) {
	_, list := lower.Lower(lower.Options{Inputs: []string{"main.thrift"}, ReadFile: func(name string) ([]byte, error) {
		return []byte("include 'a/x.thrift'\ninclude 'b/x.thrift'"), nil
	}})
	if len(list) != 1 || list[0].Code != "too-many-files" {
		t.Errorf("got %d diagnostics, %.200s, want one too-many-files", len(list), list.Error())
	}
}

func TestSystemFiles(t *testing.T) {
	dir := t.TempDir()
	f := files{"main.thrift": "include 'base.thrift'\ninclude 'link.thrift'\nstruct S { 1: base.B b, 2: link.B c }", "base.thrift": "struct B {}"}
	for name, text := range f {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("base.thrift", dir+"/link.thrift"); err != nil {
		t.Skip(err)
	}
	_, list := lower.Lower(lower.Options{Inputs: []string{dir + "/main.thrift"}})
	if len(list) != 1 || list[0].Code != "unresolved-name" {
		t.Errorf("got %v, want that link.B is unresolved: the file is known as base already", list)
	}
	if _, list = lower.Lower(lower.Options{Inputs: []string{dir + "/none.thrift"}}); len(list) != 1 || list[0].Code != "input-not-read" {
		t.Errorf("got %v, want that none.thrift cannot be read", list)
	}
}
