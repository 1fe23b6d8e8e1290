package lower_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/report"
)

// FuzzLower checks that any text becomes a whole program, or diagnostics that
// can be shown; the text includes itself and another file.
func FuzzLower(f *testing.F) {
	err := fs.WalkDir(os.DirFS("../testdata"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".thrift") {
			return err
		}
		text, err := os.ReadFile("../testdata/" + name)
		f.Add(string(text))
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	base, err := os.ReadFile("../testdata/thrift/include/base.thrift")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		read := func(name string) ([]byte, error) {
			switch name {
			case "main.thrift":
				return []byte(text), nil
			case "base.thrift", "include/base.thrift":
				return base, nil
			case "deep/leaf.thrift", "include/deep/leaf.thrift":
				return []byte("struct Leaf {}"), nil
			}
			return nil, fs.ErrNotExist
		}
		for _, keep := range []bool{true, false} {
			p, list := lower.Lower(lower.Options{Inputs: []string{"main.thrift"}, ReadFile: read, KeepAll: keep})
			if (p == nil) != list.HasErrors() {
				t.Fatalf("program %t with diagnostics\n%v", p != nil, list)
			}
			for _, d := range list {
				_ = d.Render(report.Style{})
			}
			if p != nil {
				whole(t, p)
			}
		}
	})
}

// whole fails if a program lacks what generators rely on: types and values
// everywhere, and nothing that is not in the program.
func whole(t *testing.T, p *ir.Program) {
	t.Helper()
	w := walker{t: t, known: make(map[any]bool)}
	for _, f := range p.Files {
		for _, d := range f.Typedefs {
			w.known[d] = true
		}
		for _, d := range f.Constants {
			w.known[d] = true
		}
		for _, d := range f.Enums {
			w.known[d] = true
		}
		for _, d := range f.Structs {
			w.known[d] = true
		}
		for _, d := range f.Services {
			w.known[d] = true
		}
	}
	for _, f := range p.Files {
		for _, d := range f.Typedefs {
			w.typ(d.Type)
		}
		for _, d := range f.Constants {
			w.typ(d.Type)
			w.value(d.Value, d.Type)
		}
		for _, d := range f.Structs {
			w.fields(d)
		}
		for _, d := range f.Services {
			w.is(d.Extends == nil || w.known[d.Extends], "service %s extends what is not in the program", d.Name)
			_ = d.AllMethods()
			for _, m := range d.Methods {
				w.is((m.Result == nil) == m.Oneway, "method %s: result of a oneway", m.Name)
				w.fields(m.Arguments)
				if m.Result != nil {
					w.fields(m.Result)
				}
			}
		}
	}
}

type walker struct {
	t     *testing.T
	known map[any]bool
}

func (w *walker) is(ok bool, format string, args ...any) {
	if !ok {
		w.t.Helper()
		w.t.Fatalf(format, args...)
	}
}

func (w *walker) fields(s *ir.Struct) {
	ids := make(map[int16]bool)
	for _, f := range s.Fields {
		w.is(!ids[f.ID], "struct %s has two fields %d", s.Name, f.ID)
		ids[f.ID] = true
		w.typ(f.Type)
		if f.Value != nil {
			w.value(f.Value, f.Type)
		}
	}
}

func (w *walker) typ(t *ir.Type) {
	w.is(t != nil && t.Underlying() != nil, "a type is missing")
	switch t.Kind {
	case ir.TypedefKind:
		w.is(w.known[t.Typedef], "typedef %s is not in the program", t.Typedef.Name)
	case ir.StructKind:
		w.is(w.known[t.Struct], "struct %s is not in the program", t.Struct.Name)
	case ir.EnumKind:
		w.is(w.known[t.Enum], "enum %s is not in the program", t.Enum.Name)
	case ir.Map:
		w.typ(t.Key)
		w.typ(t.Elem)
	case ir.List, ir.Set:
		w.typ(t.Elem)
	}
}

// kinds says which kind of value a type has.
var kinds = map[ir.Kind]ir.ValueKind{
	ir.Bool: ir.BoolValue, ir.I8: ir.IntValue, ir.I16: ir.IntValue, ir.I32: ir.IntValue, ir.I64: ir.IntValue,
	ir.Double: ir.DoubleValue, ir.String: ir.StringValue, ir.Binary: ir.StringValue, ir.UUID: ir.UUIDValue,
	ir.List: ir.ListValue, ir.Set: ir.ListValue, ir.Map: ir.MapValue, ir.EnumKind: ir.EnumKindValue, ir.StructKind: ir.StructValue,
}

func (w *walker) value(v *ir.Value, t *ir.Type) {
	w.is(v != nil && v.Type != nil, "a value of a %d is missing", t.Kind)
	under := t.Underlying()
	w.is(v.Kind == kinds[under.Kind], "a value of a %d is a %d", under.Kind, v.Kind)
	if v.Constant != nil {
		w.is(w.known[v.Constant], "constant %s is not in the program", v.Constant.Name)
		return
	}
	for _, e := range v.List {
		w.value(e, under.Elem)
	}
	for _, e := range v.Map {
		w.value(e.Key, under.Key)
		w.value(e.Value, under.Elem)
	}
	for _, f := range v.Fields {
		w.is(f.Field.Struct == under.Struct, "a value of struct %s has a field of %s", under.Struct.Name, f.Field.Struct.Name)
		w.value(f.Value, f.Field.Type)
	}
}
