package gen

import "github.com/volo-go/volo/pilota/ir"

// getters writes a getter per field. Each works on a nil struct, and returns
// the default value for what is unset.
func (r *record) getters() {
	for _, f := range r.s.Fields {
		r.getter(f)
	}
}

func (r *record) getter(f *ir.Field) {
	name, field := r.g.names[getterKey{f}], "p."+r.g.names[f]
	doc := name + " returns " + r.g.names[f] + "."
	unset, value := "p == nil", field
	switch {
	case isPointer(f):
		doc = name + " returns what " + r.g.names[f] + " points to, " + zeroWord(f) + " if it is unset."
		unset, value = "p == nil || "+field+" == nil", "*"+field
	case f.Requiredness == ir.Optional && f.Value != nil:
		doc = name + " returns " + r.g.names[f] + ", the default value if it is unset."
		unset = "p == nil || " + field + " == nil"
	}
	r.method(doc, name+"() (v "+r.goType(f.Type)+")")
	r.P("if %s { return %s }", unset, r.defaultOrZero(f))
	r.P("return %s", value)
	r.P("}")
}

func zeroWord(f *ir.Field) string {
	if f.Value != nil {
		return "the default value"
	}
	return "the zero value"
}

// defaultOrZero is the result of a getter of an unset field.
func (r *record) defaultOrZero(f *ir.Field) string {
	if f.Value == nil {
		return "v"
	}
	return r.literal(f.Type, f.Value)
}
