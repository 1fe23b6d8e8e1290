package descriptor_test

import (
	"bytes"
	"testing"

	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// tangle returns two files that include each other, with one of everything.
func tangle() []*descriptor.File {
	a, b := &descriptor.File{Name: "a", Path: "dir/a.thrift", Doc: "head"}, &descriptor.File{Name: "b"}
	a.Includes, b.Includes = []*descriptor.File{b}, []*descriptor.File{a}
	a.Namespaces = []descriptor.Namespace{{Scope: "*", Path: "x.a"}, {Scope: "go", Path: "demo.a"}}
	decl := func(f *descriptor.File, name string) descriptor.Decl {
		return descriptor.Decl{Name: name, File: f, Doc: "about " + name, Annotations: descriptor.Annotations{{Key: "k", Value: name}}}
	}
	i32, text := &descriptor.Type{Kind: descriptor.I32}, &descriptor.Type{Kind: descriptor.String}
	level := &descriptor.Enum{Decl: decl(b, "Level"), Values: []*descriptor.EnumValue{{Decl: decl(b, "LOW"), Number: -1}, {Decl: decl(b, "HIGH"), Number: 7}}}
	word := &descriptor.Enum{Decl: decl(b, "Word"), Strings: true, Names: []string{"x", "y"}}
	b.Enums = []*descriptor.Enum{level, word}
	node := &descriptor.Struct{Decl: decl(a, "Node")}
	alias := &descriptor.Typedef{Decl: decl(b, "Nodes"), Type: &descriptor.Type{Kind: descriptor.List, Elem: &descriptor.Type{Kind: descriptor.StructKind, Struct: node}}}
	b.Typedefs = []*descriptor.Typedef{alias}
	nodes := &descriptor.Type{Kind: descriptor.TypedefKind, Typedef: alias}
	levels := &descriptor.Type{Kind: descriptor.Map, Key: text, Elem: &descriptor.Type{Kind: descriptor.EnumKind, Enum: level}}
	most := &descriptor.Constant{Decl: decl(b, "MOST"), Type: i32, Value: &descriptor.Value{Type: i32, Int: -300}}
	b.Constants = []*descriptor.Constant{most}
	double := &descriptor.Type{Kind: descriptor.Double}
	id := &descriptor.Field{Decl: decl(a, "id"), ID: 1, Requiredness: descriptor.Required, Type: i32, Default: &descriptor.Value{Type: i32, Int: -300, Constant: most}}
	node.Fields = []*descriptor.Field{
		id,
		{Decl: decl(a, "children"), ID: 2, Requiredness: descriptor.Optional, Type: nodes},
		{Decl: decl(a, "levels"), ID: -3, Type: levels, Default: &descriptor.Value{Type: levels, Map: []descriptor.MapEntry{
			{Key: &descriptor.Value{Type: text, Text: "k"}, Value: &descriptor.Value{Type: levels.Elem, Int: 7}},
		}}},
		{Decl: decl(a, "ratio"), ID: 400, Type: double, Default: &descriptor.Value{Type: double, Double: -0.5}},
		{Decl: decl(a, "word"), ID: 5, Type: &descriptor.Type{Kind: descriptor.EnumKind, Enum: word}},
	}
	first := nodes.Underlying().Elem
	node.Fields[1].Default = &descriptor.Value{Type: nodes, List: []*descriptor.Value{
		{Type: first, Fields: []descriptor.FieldValue{{Field: id, Value: &descriptor.Value{Type: i32, Int: 1}}}},
	}}
	failure := &descriptor.Struct{Decl: decl(b, "Failure"), Class: descriptor.Exception}
	a.Structs, b.Structs = []*descriptor.Struct{node}, []*descriptor.Struct{failure}
	base := &descriptor.Service{Decl: decl(b, "Base"), Methods: []*descriptor.Method{{
		Decl: decl(b, "fire"), Oneway: true, Arguments: &descriptor.Struct{Decl: decl(b, "fire_args"), Class: descriptor.Arguments},
	}}}
	b.Services = []*descriptor.Service{base}
	a.Services = []*descriptor.Service{{Decl: decl(a, "Tree"), Extends: base, Methods: []*descriptor.Method{{
		Decl: decl(a, "grow"),
		Arguments: &descriptor.Struct{Decl: decl(a, "grow_args"), Class: descriptor.Arguments, Fields: []*descriptor.Field{
			{Decl: decl(a, "by"), ID: 1, Type: i32, Default: &descriptor.Value{Type: i32, Int: 2}},
		}},
		Result: &descriptor.Struct{Decl: decl(a, "grow_result"), Class: descriptor.Result, Fields: []*descriptor.Field{
			{Decl: decl(a, "success"), ID: 0, Requiredness: descriptor.Optional, Type: nodes},
			{Decl: decl(a, "failure"), ID: 1, Requiredness: descriptor.Optional, Type: &descriptor.Type{Kind: descriptor.StructKind, Struct: failure}},
		}},
	}}}}
	return []*descriptor.File{a, b}
}

func encoded(t testing.TB, files []*descriptor.File) []byte {
	t.Helper()
	b, err := descriptor.Append(nil, files)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParsedFilesAreEncodedAsBefore(t *testing.T) {
	first := encoded(t, tangle())
	if again := encoded(t, tangle()); !bytes.Equal(first, again) {
		t.Fatal("the same files give other bytes the second time")
	}
	files, err := descriptor.Parse(first)
	if err != nil {
		t.Fatal(err)
	}
	if got := encoded(t, files); !bytes.Equal(got, first) {
		t.Errorf("got  %q\nwant %q", got, first)
	}
}

func TestParsedFilesSayWhatTheirOriginalsSaid(t *testing.T) {
	files, err := descriptor.Parse(encoded(t, tangle()))
	if err != nil {
		t.Fatal(err)
	}
	a, b := files[0], files[1]
	node := b.Struct("a.Node")
	if node == nil || node != a.Struct("Node") {
		t.Fatalf("b.Struct(a.Node) is %v, want that of a", node)
	}
	for _, c := range []struct{ what, got, want string }{
		{"a namespace", a.Namespace("go"), "demo.a"},
		{"a missing namespace", b.Namespace("go"), ""},
		{"a comment", node.Doc, "about Node"},
		{"a type", node.FieldByName("levels").Type.String(), "map<string, b.Level>"},
		{"a type behind a typedef", node.FieldByID(2).Type.Underlying().String(), "list<a.Node>"},
		{"the name of a typedef", node.FieldByID(2).Type.String(), "b.Nodes"},
		{"a default of containers", node.FieldByID(-3).Default.String(), `{"k": Level.HIGH}`},
		{"a default of structs", node.FieldByID(2).Default.String(), `[{"id": 1}]`},
		{"a default by constant", node.FieldByID(1).Default.Constant.Name, "MOST"},
		{"a double", node.FieldByID(400).Default.String(), "-0.5"},
		{"a senum on the wire", node.FieldByID(5).Type.Wire().String(), "string"},
		{"an inherited method", a.Service("Tree").Method("fire").Name, "fire"},
		{"an exception", a.Service("Tree").Method("grow").Throws()[0].Type.Struct.FullName(), "b.Failure"},
		{"the success value", a.Service("Tree").Method("grow").Success().Type.String(), "b.Nodes"},
		{"the default of an argument", a.Service("Tree").Method("grow").Arguments.FieldByName("by").Default.String(), "2"},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, c.got, c.want)
		}
	}
	for what, found := range map[string]bool{
		"a field of another id":       node.FieldByID(3) != nil,
		"a field of a negative id":    node.FieldByID(-4) != nil,
		"a struct of no include":      a.Struct("c.Failure") != nil,
		"a struct of another file":    a.Struct("Failure") != nil,
		"a method of nobody":          a.Service("Tree").Method("x") != nil,
		"the result of a oneway":      a.Service("Tree").Method("fire").Success() != nil,
		"an exception of a oneway":    len(a.Service("Tree").Method("fire").Throws()) > 0,
		"a name for a number":         b.Enum("Level").ByNumber(3) != nil,
		"a number for another name":   b.Enum("Level").ByName("low") != nil,
		"a constant that is none":     b.Constant("Level") != nil,
		"a typedef of another name":   b.Typedef("Node") != nil,
		"something in a missing file": (*descriptor.File)(nil).Enum("x") != nil,
	} {
		if found {
			t.Errorf("%s is found", what)
		}
	}
}

func TestReferencesOutOfTheFilesHaveNoEncoding(t *testing.T) {
	if _, err := descriptor.Append(nil, tangle()[:1]); err == nil {
		t.Error("a file is encoded without what it includes")
	}
}

func TestEmbeddedIsDecodedOnce(t *testing.T) {
	e := descriptor.Embedded{Data: string(encoded(t, tangle()))}
	if a, b := e.Files()[0], e.Files()[0]; a != b {
		t.Error("a second look finds another file")
	}
}

// FuzzParse parses anything: an error or files that survive a round trip.
func FuzzParse(f *testing.F) {
	good := encoded(f, tangle())
	f.Add(good)
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 0x15
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		files, err := descriptor.Parse(b)
		if err != nil {
			return
		}
		once := encoded(t, files)
		again, err := descriptor.Parse(once)
		if err != nil {
			t.Fatal(err)
		}
		if twice := encoded(t, again); !bytes.Equal(once, twice) {
			t.Fatalf("got  %q\nwant %q", twice, once)
		}
	})
}
