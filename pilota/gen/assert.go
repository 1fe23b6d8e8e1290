package gen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// assert writes one condition on several fields.
func (r *record) assert(a *ir.Assertion) {
	var set []string
	optionalFields(a.Expr, func(f *ir.Field) { set = append(set, "p."+r.g.names[f]+" != nil && ") })
	r.P("if %s!(%s) {", strings.Join(set, ""), r.expression(a.Expr))
	r.P("return %s.InStruct(%s.Invalid(%s, nil), %s)", r.runtime(), r.runtime(), strconv.Quote("assert = "+a.Text), r.idl())
	r.P("}")
}

// optionalFields calls f once for each field of an expression that is a
// pointer.
func optionalFields(e *ir.Expr, f func(*ir.Field)) {
	seen := map[*ir.Field]bool{}
	var visit func(*ir.Expr)
	visit = func(e *ir.Expr) {
		if e.Field != nil && isPointer(e.Field) && !seen[e.Field] {
			seen[e.Field] = true
			f(e.Field)
		}
		for _, arg := range e.Args {
			visit(arg)
		}
	}
	visit(e)
}

// expression returns the Go form of an expression.
func (r *record) expression(e *ir.Expr) string {
	args := make([]string, len(e.Args))
	for i, arg := range e.Args {
		args[i] = r.expression(arg)
	}
	switch e.Func {
	case "len":
		return "int64(len(" + args[0] + "))"
	case "mod":
		return r.runtime() + ".Mod(" + args[0] + ", " + args[1] + ")"
	case "add":
		return "(" + args[0] + " + " + args[1] + ")"
	case "equal":
		return "(" + args[0] + " == " + args[1] + ")"
	}
	if e.Field != nil {
		return r.fieldExpression(e)
	}
	switch e.Type {
	case ir.BoolValue:
		return strconv.FormatBool(e.Bool)
	case ir.IntValue:
		return fmt.Sprintf("int64(%d)", e.Int)
	case ir.DoubleValue:
		return "float64(" + r.double(e.Double) + ")"
	}
	return strconv.Quote(e.String)
}

func (r *record) fieldExpression(e *ir.Expr) string {
	expr := "p." + r.g.names[e.Field]
	if isPointer(e.Field) {
		expr = "*" + expr
	}
	switch e.Type {
	case ir.BoolValue:
		return "bool(" + expr + ")"
	case ir.IntValue:
		return "int64(" + expr + ")"
	case ir.DoubleValue:
		return "float64(" + expr + ")"
	case ir.StringValue:
		return "string(" + expr + ")"
	}
	return expr
}
