package stub

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// method reads one method of an interface.
func (r *reader) method(f *ast.File, field *ast.Field, t *ast.FuncType) Method {
	m := Method{Name: field.Names[0].Name, Doc: text(field.Doc)}
	expr := func(e ast.Expr) (typ, zero string) {
		for _, imp := range r.imports(f, e) {
			if !slices.Contains(m.Imports, imp) {
				m.Imports = append(m.Imports, imp)
			}
		}
		return types.ExprString(e), r.zero(f, e)
	}
	n := 0
	for _, p := range t.Params.List {
		names := p.Names
		if len(names) == 0 {
			names = []*ast.Ident{nil}
		}
		for _, name := range names {
			if n++; n == 1 { // the context
				continue
			}
			param := Param{Name: fmt.Sprintf("arg%d", n-1)}
			if name != nil {
				param.Name = name.Name
			}
			param.Type, param.Zero = expr(p.Type)
			m.Params = append(m.Params, param)
		}
	}
	if res := t.Results; res != nil && len(res.List) == 2 {
		m.Result, m.Zero = expr(res.List[0].Type)
	}
	for i, p := range m.Params {
		// In the body the package must be within reach.
		if slices.ContainsFunc(m.Imports, func(imp Import) bool { return imp.Local() == p.Name }) {
			m.Params[i].Name += "Arg"
		}
	}
	return m
}

// imports returns what the packages in e are imported as.
func (r *reader) imports(f *ast.File, e ast.Expr) []Import {
	var found []Import
	ast.Inspect(e, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				if imp, ok := lookup(f, id.Name); ok {
					found = append(found, imp)
				}
			}
		}
		return true
	})
	return found
}

// zero returns an expression for an empty value of a type. Messages come from
// their constructors, which fill in the defaults of the IDL; lists and maps
// are empty rather than nil, because nil says that there is none.
func (r *reader) zero(f *ast.File, e ast.Expr) string {
	typ := types.ExprString(e)
	switch e := e.(type) {
	case *ast.StarExpr:
		sel, ok := e.X.(*ast.SelectorExpr)
		if !ok {
			return "nil" // optional
		}
		if call := r.constructor(f, sel); call != "" {
			return call
		}
		if _, ok := r.declared(f, sel).(*ast.StructType); ok {
			return "&" + types.ExprString(sel) + "{}"
		}
		return "nil"
	case *ast.ArrayType, *ast.MapType:
		return typ + "{}"
	case *ast.Ident:
		if lit := literal(e.Name); lit != "" {
			return lit
		}
	case *ast.SelectorExpr:
		switch t := r.declared(f, e).(type) {
		case *ast.ArrayType, *ast.MapType:
			return typ + "{}"
		case *ast.Ident:
			if lit := literal(t.Name); lit != "" {
				return lit
			}
		}
	}
	return "*new(" + typ + ")"
}

// constructor returns the call of the constructor of a message type, empty if
// its package has none.
func (r *reader) constructor(f *ast.File, sel *ast.SelectorExpr) string {
	if p := r.packageOf(f, sel); p != nil && p.funcs["New"+sel.Sel.Name] {
		return types.ExprString(sel.X) + ".New" + sel.Sel.Name + "()"
	}
	return ""
}

// declared returns what the type that sel names is declared as, through other
// names of the same package; nil if it is not of these packages.
func (r *reader) declared(f *ast.File, sel *ast.SelectorExpr) ast.Expr {
	p := r.packageOf(f, sel)
	if p == nil {
		return nil
	}
	t := p.types[sel.Sel.Name]
	for range len(p.types) {
		id, ok := t.(*ast.Ident)
		if !ok || p.types[id.Name] == nil {
			break
		}
		t = p.types[id.Name]
	}
	return t
}

// packageOf returns the package of a qualified name, nil if it is not one of
// these.
func (r *reader) packageOf(f *ast.File, sel *ast.SelectorExpr) *pkg {
	id, ok := sel.X.(*ast.Ident)
	if !ok {
		return nil
	}
	imp, _ := lookup(f, id.Name)
	return r.packages[imp.Path]
}

// literal returns the zero of a predeclared type, empty for other names.
func literal(name string) string {
	switch {
	case name == "string":
		return `""`
	case name == "bool":
		return "false"
	case name == "byte", strings.HasPrefix(name, "int"), strings.HasPrefix(name, "uint"), strings.HasPrefix(name, "float"):
		return "0"
	}
	return ""
}
