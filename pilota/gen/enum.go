package gen

import (
	"strconv"

	"github.com/volo-go/volo/pilota/ir"
)

// enumDecl writes an enum: an int32 that may hold any number, with names for
// some. A senum is a string.
func (g *generator) enumDecl(w *Writer, e *ir.Enum) {
	name := g.names[e]
	w.P("")
	w.Doc(&e.Decl, name+" is an enum of "+e.File.Name+".thrift. Other values than the named ones may occur.")
	if e.Strings {
		w.P("type %s = string", name)
		g.stringEnum(w, e)
		return
	}
	w.P("type %s int32", name)
	if len(e.Values) > 0 {
		w.P("\n// The named values of %s.", name)
		w.P("const (")
		for _, v := range e.Values {
			w.Doc(&v.Decl, "")
			w.P("%s %s = %d", g.names[v], name, v.Number)
		}
		w.P(")")
	}
	enumString(w, name, e)
	enumMarshal(w, name)
	enumUnmarshal(w, name, e)
	describeEnum(w, name, e)
}

func (g *generator) stringEnum(w *Writer, e *ir.Enum) {
	if len(e.Names) == 0 {
		return
	}
	w.P("\n// The values of %s.", g.names[e])
	w.P("const (")
	for _, text := range e.Names {
		w.P("%s = %q", w.pkg.scope.take(g.names[e]+g.constant(text)), text)
	}
	w.P(")")
}

// distinct returns the values without later names for the same number.
func distinct(e *ir.Enum) []*ir.EnumValue {
	var list []*ir.EnumValue
	seen := map[int32]bool{}
	for _, v := range e.Values {
		if !seen[v.Number] {
			seen[v.Number] = true
			list = append(list, v)
		}
	}
	return list
}

func enumString(w *Writer, name string, e *ir.Enum) {
	w.P("\n// String returns the name in the IDL, or %s(n) for a number that has none.", name)
	w.P("func (p %s) String() string {", name)
	if len(e.Values) > 0 {
		w.P("switch p {")
		for _, v := range distinct(e) {
			w.P("case %s: return %q", w.g.names[v], v.Name)
		}
		w.P("}")
	}
	w.P("return %q + %s.Itoa(int(p)) + \")\"", name+"(", w.std("strconv", "strconv"))
	w.P("}")
}

func enumMarshal(w *Writer, name string) {
	w.P("\n// MarshalText returns the name in the IDL, or the number if it has none.")
	w.P("func (p %s) MarshalText() ([]byte, error) {", name)
	w.P("if text := p.String(); text[len(text)-1] != ')' { return []byte(text), nil }")
	w.P("return %s.AppendInt(nil, int64(p), 10), nil", w.std("strconv", "strconv"))
	w.P("}")
}

func enumUnmarshal(w *Writer, name string, e *ir.Enum) {
	w.P("\n// UnmarshalText takes a name in the IDL or a number.")
	w.P("func (p *%s) UnmarshalText(text []byte) error {", name)
	w.P("switch string(text) {")
	for _, v := range e.Values {
		w.P("case %s: *p = %s", strconv.Quote(v.Name), w.g.names[v])
	}
	w.P("default:")
	w.P("n, err := %s.ParseInt(string(text), 10, 32)", w.std("strconv", "strconv"))
	w.P("if err != nil { return %s.Errorf(\"%%q is neither a name nor a number of %s\", text) }", w.std("fmt", "fmt"), name)
	w.P("*p = %s(n)", name)
	w.P("}")
	w.P("return nil")
	w.P("}")
}
