package stub

import (
	"fmt"
	"go/ast"
	"slices"
)

// method reads one method of an interface that p declares in f.
func (r *reader) method(p *pkg, f *ast.File, field *ast.Field, t *ast.FuncType) Method {
	m := Method{Name: field.Names[0].Name, Doc: text(field.Doc)}
	if r.shared == nil {
		r.reserve()
	}
	z := &zeroes{reader: r, imports: &r.shared}
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
			a := Param{Name: fmt.Sprintf("arg%d", n-1), Type: z.typ(place{p, f}, param.Type), Zero: z.value(place{p, f}, param.Type, 0)}
			if name != nil {
				a.Name = name.Name
			}
			m.Params = append(m.Params, a)
		}
	}
	if res := t.Results; res != nil && len(res.List) == 2 {
		m.Result = z.typ(place{p, f}, res.List[0].Type)
		m.Zero = z.value(place{p, f}, res.List[0].Type, 0)
	}
	m.Imports = z.used
	for i, a := range m.Params {
		// In the body the package must be within reach.
		if slices.ContainsFunc(m.Imports, func(imp Import) bool { return imp.Local() == a.Name }) {
			m.Params[i].Name += "Arg"
		}
	}
	return m
}

// reserved are the names that scaffolded code uses itself; packages of messages
// get others.
var reserved = []string{
	"addr", "answer", "c", "cancel", "client", "context", "ctx", "err", "errors", "failed", "flag", "fmt", "handler", "init",
	"io", "main", "method", "os", "proto", "protojson", "req", "result", "rpc", "run", "s", "server", "service", "show",
	"signal", "stop", "stream", "stubs", "syscall", "text", "time",
}

// reserve begins the imports that all methods share, so that no package is
// called like another or like what the code around it uses.
func (r *reader) reserve(imports ...Import) {
	r.shared = imports
	for _, name := range reserved {
		r.shared = append(r.shared, Import{Name: name})
	}
}
