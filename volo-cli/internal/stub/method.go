package stub

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
)

// method reads one method of an interface that p declares in f.
func (r *reader) method(p *pkg, f *ast.File, field *ast.Field, t *ast.FuncType) Method {
	m := Method{Name: field.Names[0].Name, Doc: text(field.Doc)}
	for _, imp := range r.imports(f, t) {
		if imp.Path != "context" && !slices.Contains(m.Imports, imp) {
			m.Imports = append(m.Imports, imp)
		}
	}
	// What empty values need beyond that comes last, under names that are
	// still free.
	z := &zeroes{reader: r, imports: &m.Imports}
	n := 0
	for _, param := range t.Params.List {
		names := param.Names
		if len(names) == 0 {
			names = []*ast.Ident{nil}
		}
		for _, name := range names {
			if n++; n == 1 { // the context
				continue
			}
			a := Param{Name: fmt.Sprintf("arg%d", n-1), Type: types.ExprString(param.Type), Zero: z.value(place{p, f}, param.Type, 0)}
			if name != nil {
				a.Name = name.Name
			}
			m.Params = append(m.Params, a)
		}
	}
	if res := t.Results; res != nil && len(res.List) == 2 {
		m.Result = types.ExprString(res.List[0].Type)
		m.Zero = z.value(place{p, f}, res.List[0].Type, 0)
	}
	for i, a := range m.Params {
		// In the body the package must be within reach.
		if slices.ContainsFunc(m.Imports, func(imp Import) bool { return imp.Local() == a.Name }) {
			m.Params[i].Name += "Arg"
		}
	}
	return m
}

// imports returns what the packages in n are imported as.
func (r *reader) imports(f *ast.File, n ast.Node) []Import {
	var found []Import
	ast.Inspect(n, func(n ast.Node) bool {
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
