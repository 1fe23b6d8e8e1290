package gen

import (
	"math"

	"github.com/volo-go/volo/pilota/ir"
)

// isConst tells whether Go has constants of a type.
func isConst(t *ir.Type) bool {
	switch under(t).Kind {
	case ir.Bool, ir.I8, ir.I16, ir.I32, ir.I64, ir.Double, ir.String, ir.EnumKind:
		return true
	}
	return false
}

// constantDecl writes a constant, or a function that returns a new value each
// time where a constant could be changed.
func (g *generator) constantDecl(w *Writer, c *ir.Constant) {
	name := g.names[c]
	w.P("")
	if isConst(c.Type) && isConstant(c.Value) {
		w.Doc(&c.Decl, name+" is a constant of "+c.File.Name+".thrift.")
		w.P("const %s %s = %s", name, w.goType(c.Type), w.literal(c.Type, c.Value))
		return
	}
	w.Doc(&c.Decl, name+" is a constant of "+c.File.Name+".thrift. Each call returns a new value.")
	w.P("func %s() %s { return %s }", name, w.goType(c.Type), w.literal(c.Type, c.Value))
}

// isConstant tells whether Go can write the value of a const.
func isConstant(v *ir.Value) bool {
	return v.Kind != ir.DoubleValue || !math.IsInf(v.Double, 0) && !math.IsNaN(v.Double) && !(v.Double == 0 && math.Signbit(v.Double))
}
