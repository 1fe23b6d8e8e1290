// Package stub reads what generated code offers: the services of a stub
// package and the Go signatures of their methods. Scaffolding writes handlers
// and clients from that, so it never has to know how the generator names
// things.
//
// It works on the text of generated files, before they are written, and looks
// for what generated stubs are made of:
//
//	type Echo interface { Say(ctx context.Context, req *echo.Request) (*echo.Response, error) }
//	func NewEchoService(h Echo) *volothrift.Service
//	func NewEchoClient(target string, …) (*EchoClient, error)
package stub

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A Service is one service of a stub package.
type Service struct {
	Name    string // of the Go interface
	Import  string // path of the stub package
	Package string // its name
	File    string // that declares the interface, as in Read
	Source  string // the IDL that File says it was made from, empty if it does not say
	Doc     string // of the interface, lines joined by \n, no markers
	Methods []Method
}

// A Method is one method of a service, types as the stub package writes them.
type Method struct {
	Name   string
	Doc    string
	Params []Param // the context left out
	Result string  // type, empty for void
	// Zero is an expression for a success that says nothing: an empty
	// message, an empty list, 0. Empty for void.
	Zero    string
	Imports []Import // what the types and Zero need

	// Stream is how a handler of gRPC takes part in a call with a stream:
	// Sender, Receiver or Duplex. Empty for a unary method. The stream is the
	// last of Params then, and its Zero an empty message for the client to
	// send, empty for a Sender.
	Stream string
	// Answer is an empty message for the handler to send into the stream.
	Answer string
}

// A Param is one parameter.
type Param struct {
	Name, Type string
	Zero       string // as in Method
}

// An Import is one line of an import declaration. Name is empty if the last
// element of Path does for it.
type Import struct{ Name, Path string }

// Local returns the name of the package in the file that imports it.
func (i Import) Local() string {
	if i.Name != "" {
		return i.Name
	}
	return path.Base(i.Path)
}

// Read returns the services of the generated files of one module. files maps
// slash-separated names below the folder that has the import path prefix to
// contents. Services come in the order of their files' names and, within one,
// of the text.
func Read(prefix string, files map[string][]byte) ([]*Service, error) {
	r := &reader{prefix: prefix, packages: make(map[string]*pkg)}
	var names []string
	for name := range files {
		if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		if err := r.parse(name, files[name]); err != nil {
			return nil, err
		}
	}
	var services []*Service
	for _, p := range r.order {
		for _, d := range p.interfaces {
			if p.funcs["New"+d.name+"Service"] && p.funcs["New"+d.name+"Client"] {
				services = append(services, r.service(p, d))
			}
		}
	}
	return services, nil
}

// A reader holds the packages of a module.
type reader struct {
	prefix   string
	packages map[string]*pkg // by import path
	order    []*pkg
	shared   []Import // what the methods of all services need, and names that are taken
}

// A pkg is what matters of a package.
type pkg struct {
	path, name string
	interfaces []*decl
	funcs      map[string]bool
	types      map[string]*typeDecl
	unions     map[string]bool   // types of which exactly one member must be set
	values     map[string]string // the first constant of a type
}

// A typeDecl is what a type is declared as, and where.
type typeDecl struct {
	expr ast.Expr
	file *ast.File
}

// A decl is an interface and the file that declares it.
type decl struct {
	name string
	doc  string
	typ  *ast.InterfaceType
	file *ast.File
	in   string // name of the file
	from string // its IDL
}

// parse adds one file.
func (r *reader) parse(name string, text []byte) error {
	f, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("stub: generated code does not parse: %w", err)
	}
	at := path.Join(r.prefix, path.Dir(name))
	p := r.packages[at]
	if p == nil {
		p = &pkg{path: at, name: f.Name.Name, funcs: make(map[string]bool), types: make(map[string]*typeDecl), unions: make(map[string]bool), values: make(map[string]string)}
		r.packages[at] = p
		r.order = append(r.order, p)
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				p.funcs[d.Name.Name] = true
			} else if checksUnion(d) {
				p.unions[Receiver(d)] = true
			}
		case *ast.GenDecl:
			p.addTypes(name, f, d)
			p.addValue(d)
		}
	}
	return nil
}

// addTypes adds the types of a declaration.
func (p *pkg) addTypes(name string, f *ast.File, d *ast.GenDecl) {
	for _, spec := range d.Specs {
		ts, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		p.types[ts.Name.Name] = &typeDecl{ts.Type, f}
		it, ok := ts.Type.(*ast.InterfaceType)
		if !ok {
			continue
		}
		doc := ts.Doc
		if doc == nil {
			doc = d.Doc
		}
		p.interfaces = append(p.interfaces, &decl{ts.Name.Name, text(doc), it, f, name, source(f)})
	}
}

// addValue notes the first constant of a declaration as the first of its type.
func (p *pkg) addValue(d *ast.GenDecl) {
	if len(d.Specs) == 0 || d.Tok != token.CONST {
		return
	}
	first := d.Specs[0].(*ast.ValueSpec)
	if id, ok := first.Type.(*ast.Ident); ok && p.values[id.Name] == "" {
		p.values[id.Name] = first.Names[0].Name
	}
}

// source returns what stands behind "source:" above the package clause.
func source(f *ast.File) string {
	for _, c := range f.Comments {
		for line := range strings.Lines(c.Text()) {
			if from, ok := strings.CutPrefix(line, "source: "); ok && c.Pos() < f.Package {
				return strings.TrimSpace(from)
			}
		}
	}
	return ""
}

// checksUnion reports whether a method is one of a union: nothing else can
// find that not exactly one member is set.
func checksUnion(d *ast.FuncDecl) bool {
	found := false
	ast.Inspect(d, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		found = found || ok && sel.Sel.Name == "ErrInvalidUnion"
		return !found
	})
	return found
}

// Receiver returns the name of the type that a method belongs to.
func Receiver(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// service turns an interface into a Service.
func (r *reader) service(p *pkg, d *decl) *Service {
	return &Service{Name: d.name, Import: p.path, Package: p.name, File: d.in, Source: d.from, Doc: d.doc, Methods: r.methods(p, d, 0)}
}

// methods returns the methods of an interface, those of embedded ones
// included, in the order of the text.
func (r *reader) methods(p *pkg, d *decl, depth int) []Method {
	var methods []Method
	for _, f := range d.typ.Methods.List {
		switch t := f.Type.(type) {
		case *ast.FuncType:
			if imp, ok := lookup(d.file, framework); ok && path.Base(imp.Path) == "volo-grpc" {
				methods = append(methods, r.grpcMethod(p, d.file, f, t))
				continue
			}
			methods = append(methods, r.method(p, d.file, f, t))
		default:
			// Go forbids cycles of embedding, but nobody has compiled this yet.
			if ep, ed := r.embedded(p, d.file, t); ed != nil && depth < 64 {
				methods = append(methods, r.methods(ep, ed, depth+1)...)
			}
		}
	}
	return methods
}

// embedded finds the interface that an embedding names.
func (r *reader) embedded(p *pkg, f *ast.File, t ast.Expr) (*pkg, *decl) {
	name := ""
	switch t := t.(type) {
	case *ast.Ident:
		name = t.Name
	case *ast.SelectorExpr:
		name = t.Sel.Name
		imp, _ := lookup(f, t.X.(*ast.Ident).Name)
		p = r.packages[imp.Path]
	}
	if p == nil {
		return nil, nil
	}
	for _, d := range p.interfaces {
		if d.name == name {
			return p, d
		}
	}
	return nil, nil
}

// lookup returns the import that a file calls name.
func lookup(f *ast.File, name string) (Import, bool) {
	for _, spec := range f.Imports {
		at, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if spec.Name != nil && spec.Name.Name == name {
			return Import{name, at}, true
		}
		if spec.Name == nil && path.Base(at) == name {
			return Import{"", at}, true
		}
	}
	return Import{}, false
}

// text returns a comment without its markers.
func text(c *ast.CommentGroup) string { return strings.TrimSuffix(c.Text(), "\n") }
