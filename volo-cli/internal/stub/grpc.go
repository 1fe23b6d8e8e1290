package stub

import (
	"go/ast"
	"slices"
)

// framework is what stubs of gRPC import the framework as. Stubs of Thrift do
// not import it.
const framework = "vologrpc"

// grpcMethod is method for a stub of gRPC. The names of packages are the same
// in all services, and those of the packages themselves where possible.
func (r *reader) grpcMethod(p *pkg, f *ast.File, field *ast.Field, t *ast.FuncType) Method {
	if r.shared == nil {
		imp, _ := lookup(f, framework)
		r.reserve(imp, Import{Path: p.path, Name: p.name})
	}
	z := &zeroes{reader: r, imports: &r.shared}
	at := place{p, f}
	m := Method{Name: field.Names[0].Name, Doc: text(field.Doc)}
	for _, param := range t.Params.List[1:] {
		a := Param{Name: param.Names[0].Name, Type: z.typ(at, param.Type)}
		kind, args := streamOf(param.Type)
		switch m.Stream = kind; kind {
		case "":
			a.Zero = z.empty(at, param.Type)
		case "Sender":
			m.Answer = z.empty(at, &ast.StarExpr{X: args[0]})
		default:
			a.Zero = z.empty(at, &ast.StarExpr{X: args[0]})
			if kind == "Duplex" {
				m.Answer = z.empty(at, &ast.StarExpr{X: args[1]})
			}
		}
		m.Params = append(m.Params, a)
	}
	if res := t.Results; len(res.List) == 2 {
		m.Result = z.typ(at, res.List[0].Type)
		m.Zero = z.empty(at, res.List[0].Type)
	}
	// Those of methods that came before are among them; who writes code takes
	// what it names.
	for _, imp := range r.shared {
		if imp.Path != "" && imp.Path != p.path {
			m.Imports = append(m.Imports, imp)
		}
	}
	return m
}

// empty returns an empty message of the type *T. Those of others' packages
// have no constructors.
func (z *zeroes) empty(at place, e ast.Expr) string {
	if v := z.value(at, e, 0); v != "nil" {
		return v
	}
	return "new(" + z.typ(at, e.(*ast.StarExpr).X) + ")"
}

// streamOf returns which of the framework's streams a type is, and of which
// messages.
func streamOf(e ast.Expr) (kind string, args []ast.Expr) {
	star, ok := e.(*ast.StarExpr)
	if !ok {
		return "", nil
	}
	var generic ast.Expr
	switch t := star.X.(type) {
	case *ast.IndexExpr:
		generic, args = t.X, []ast.Expr{t.Index}
	case *ast.IndexListExpr:
		generic, args = t.X, t.Indices
	default:
		return "", nil
	}
	sel, ok := generic.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Sender", "Receiver", "Duplex"}, sel.Sel.Name) {
		return "", nil
	}
	return sel.Sel.Name, args
}
