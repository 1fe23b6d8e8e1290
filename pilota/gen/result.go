package gen

import "github.com/volo-go/volo/pilota/ir"

// result makes the result of a method a volothrift.Result. At most one of its
// fields is set.
func (st *stub) result(m *ir.Method) {
	name := st.local(m, resultType)
	st.resultErr(m, name)
	st.resultSetErr(m, name)
	st.resultSuccess(m, name)
	st.resultSetSuccess(m, name)
}

func (st *stub) resultErr(m *ir.Method, name string) {
	st.P("\n// Err implements volothrift.Result.")
	st.P("func (p *%s) Err() error {", name)
	for _, f := range m.Throws {
		field := "p." + st.g.names[f]
		st.P("if %s != nil { return %s }", field, field)
	}
	if m.Type != nil {
		t := st.runtime()
		st.P("if p.Value == nil {")
		st.P("return &%s.ApplicationException{Type: %s.MissingResult, Message: %q}", t, t, m.Name+" returned nothing")
		st.P("}")
	}
	st.P("return nil")
	st.P("}")
}

func (st *stub) resultSetErr(m *ir.Method, name string) {
	st.P("\n// SetErr implements volothrift.Result.")
	st.P("func (p *%s) SetErr(err error) bool {", name)
	for _, f := range m.Throws {
		st.P("if e, ok := %s.AsType[%s](err); ok && e != nil {", st.std("errors", "errors"), st.fieldType(f))
		st.P("*p = %s{%s: e}", name, st.g.names[f])
		st.P("return true")
		st.P("}")
	}
	st.P("return false")
	st.P("}")
}

func (st *stub) resultSuccess(m *ir.Method, name string) {
	st.P("\n// Success implements volothrift.Result.")
	st.P("func (p *%s) Success() any {", name)
	if m.Type != nil {
		value := "p.Value"
		if isPointer(success(m)) {
			value = "*" + value
		}
		st.P("if p.Value != nil { return %s }", value)
	}
	st.P("return nil")
	st.P("}")
}

func (st *stub) resultSetSuccess(m *ir.Method, name string) {
	st.P("\n// SetSuccess implements volothrift.Result.")
	st.P("func (p *%s) SetSuccess(v any) error {", name)
	if m.Type == nil {
		st.P("if v != nil { return %s.Errorf(%q, v) }", st.std("fmt", "fmt"), m.Name+" returns nothing, not %T")
		st.P("*p = %s{}", name)
		st.P("return nil")
		st.P("}")
		return
	}
	f := success(m)
	goType := st.goType(f.Type)
	st.P("value, ok := v.(%s)", goType)
	st.P("if !ok { return %s.Errorf(%q, v) }", st.std("fmt", "fmt"), m.Name+" returns "+goType+", not %T")
	switch {
	case isPointer(f):
		st.P("*p = %s{Value: &value}", name)
	case under(f.Type).Kind == ir.StructKind:
		st.P("*p = %s{Value: value}", name)
	default:
		st.P("if value == nil { value = %s{} }", st.plainType(f.Type))
		st.P("*p = %s{Value: value}", name)
	}
	st.P("return nil")
	st.P("}")
}
