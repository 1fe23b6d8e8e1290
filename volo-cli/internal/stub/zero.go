package stub

import (
	"fmt"
	"go/ast"
	"go/types"
	"path"
	"slices"
	"strconv"
	"strings"
)

// zeroes writes expressions for empty values that can be sent. Messages come
// from their constructors, which fill in the defaults of the IDL; where a
// member must be set (required ones, one of a union), the message is written
// out. Lists and maps are empty rather than nil, because nil says that there
// is none.
type zeroes struct {
	*reader
	imports *[]Import // of the file that the expressions are for; grows
	used    []Import  // those that the expressions name
}

// A place is where a type expression stands.
type place struct {
	pkg  *pkg
	file *ast.File
}

// A named type is a declaration that a type expression leads to.
type named struct {
	place
	name string
	typ  ast.Expr // what it is declared as; nil if it is not of these packages
	from string   // import path
}

// deepest is how deep messages that must hold messages are written out.
const deepest = 8

// value returns an empty value of the type e. depth counts messages within
// messages.
func (z *zeroes) value(at place, e ast.Expr, depth int) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		if n, ok := z.named(at, e.X); ok {
			if _, ok := n.typ.(*ast.StructType); ok && depth < deepest {
				return z.message(n, depth)
			}
		}
		return "nil"
	case *ast.ArrayType, *ast.MapType:
		return z.typ(at, e) + "{}"
	case *ast.Ident, *ast.SelectorExpr:
		n, ok := z.named(at, e)
		if !ok {
			return literal(e.(*ast.Ident).Name)
		}
		switch t := n.typ.(type) {
		case *ast.ArrayType, *ast.MapType:
			return z.typ(at, e) + "{}"
		case *ast.Ident:
			return literal(t.Name)
		}
	}
	return "*new(" + z.typ(at, e) + ")"
}

// message returns an empty message, as a pointer.
func (z *zeroes) message(n named, depth int) string {
	qualified := z.local(n.from) + "." + n.name
	var members []string
	union := n.pkg.unions[n.name]
	for _, f := range n.typ.(*ast.StructType).Fields.List {
		if len(f.Names) != 1 || !f.Names[0].IsExported() || f.Tag == nil {
			continue
		}
		switch {
		case union:
			members = append(members, f.Names[0].Name+": "+z.set(n.place, f.Type, depth+1))
		case strings.Contains(f.Tag.Value, ",required"):
			if _, ok := f.Type.(*ast.StarExpr); ok {
				members = append(members, f.Names[0].Name+": "+z.set(n.place, f.Type, depth+1))
			}
		case strings.Contains(f.Tag.Value, ",req,"): // of Protobuf; bytes are no pointer
			members = append(members, f.Names[0].Name+": "+z.required(n.place, f.Type, depth+1))
		}
		if union && len(members) == 1 {
			break
		}
	}
	switch {
	case len(members) > 0:
		return "&" + qualified + "{" + strings.Join(members, ", ") + "}"
	case n.pkg.funcs["New"+n.name]:
		return z.local(n.from) + ".New" + n.name + "()"
	}
	return "&" + qualified + "{}"
}

// set is value for a member that must not be nil.
func (z *zeroes) set(at place, e ast.Expr, depth int) string {
	v := z.value(at, e, depth)
	if star, ok := e.(*ast.StarExpr); ok && v == "nil" {
		return "new(" + z.typ(at, star.X) + ")"
	}
	return v
}

// required is set for a required member of Protobuf, where zero need not be
// among the values of an enum.
func (z *zeroes) required(at place, e ast.Expr, depth int) string {
	if star, ok := e.(*ast.StarExpr); ok {
		if n, ok := z.named(at, star.X); ok && n.pkg != nil && n.pkg.values[n.name] != "" {
			return z.local(n.from) + "." + n.pkg.values[n.name] + ".Enum()"
		}
	}
	return z.set(at, e, depth)
}

// named follows a name to what is not another name. It reports false for
// predeclared types and for other expressions.
func (z *zeroes) named(at place, e ast.Expr) (named, bool) {
	n := named{place: at}
	switch e := e.(type) {
	case *ast.Ident:
		if at.pkg.types[e.Name] == nil {
			return n, false
		}
		n.name, n.from = e.Name, at.pkg.path
	case *ast.SelectorExpr:
		imp, _ := lookup(at.file, e.X.(*ast.Ident).Name)
		n.name, n.from = e.Sel.Name, imp.Path
		if n.pkg = z.packages[imp.Path]; n.pkg == nil {
			return n, true
		}
	default:
		return n, false
	}
	t := n.pkg.types[n.name]
	if t == nil {
		return n, true
	}
	n.typ, n.file = t.expr, t.file
	switch n.typ.(type) {
	case *ast.Ident, *ast.SelectorExpr:
		if next, ok := z.named(n.place, n.typ); ok && next.typ != nil {
			return next, true
		}
	}
	return n, true
}

// typ writes a type as the file that the expressions are for must.
func (z *zeroes) typ(at place, e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return "*" + z.typ(at, e.X)
	case *ast.ArrayType:
		length := ""
		if lit, ok := e.Len.(*ast.BasicLit); ok {
			length = lit.Value
		}
		return "[" + length + "]" + z.typ(at, e.Elt)
	case *ast.MapType:
		return "map[" + z.typ(at, e.Key) + "]" + z.typ(at, e.Value)
	case *ast.IndexListExpr: // thrift.Entry[K, V]
		var args []string
		for _, arg := range e.Indices {
			args = append(args, z.typ(at, arg))
		}
		return z.typ(at, e.X) + "[" + strings.Join(args, ", ") + "]"
	case *ast.IndexExpr: // vologrpc.Sender[T]
		return z.typ(at, e.X) + "[" + z.typ(at, e.Index) + "]"
	case *ast.SelectorExpr:
		imp, _ := lookup(at.file, e.X.(*ast.Ident).Name)
		return z.local(imp.Path) + "." + e.Sel.Name
	case *ast.Ident:
		if at.pkg.types[e.Name] != nil {
			return z.local(at.pkg.path) + "." + e.Name
		}
		return e.Name
	}
	return fmt.Sprintf("%T", e) // generated code has no other types; this does not compile
}

// local returns the name of a package in the file that the expressions are
// for, and makes it import the package.
func (z *zeroes) local(from string) string {
	imp := z.importOf(from)
	if !slices.Contains(z.used, imp) {
		z.used = append(z.used, imp)
	}
	return imp.Local()
}

func (z *zeroes) importOf(from string) Import {
	taken := make(map[string]bool)
	for _, imp := range *z.imports {
		if imp.Path == from {
			return imp
		}
		taken[imp.Local()] = true
	}
	imp := Import{Path: from}
	if p := z.packages[from]; p != nil && p.name != path.Base(from) {
		imp.Name = p.name
	}
	if types.Universe.Lookup(imp.Local()) != nil { // the code has nil, string and such itself
		imp.Name = imp.Local() + "pkg"
	}
	for base, n := imp.Local(), 2; taken[imp.Local()]; n++ {
		imp.Name = base + strconv.Itoa(n)
	}
	*z.imports = append(*z.imports, imp)
	return imp
}

// literal returns the zero of a predeclared type.
func literal(name string) string {
	switch name {
	case "string":
		return `""`
	case "bool":
		return "false"
	case "error", "any":
		return "nil"
	}
	return "0"
}
