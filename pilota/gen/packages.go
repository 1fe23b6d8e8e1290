package gen

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"github.com/volo-go/volo/pilota/ir"
)

// A goPackage is one Go package of types, with the package of stubs inside.
type goPackage struct {
	dir   string // relative to the output, with slashes
	name  string
	path  string // import path
	files []*ir.File
	base  []string // of the Go files, one per IDL file, without .go

	scope     scope // names at package level
	stubScope scope
}

func (p *goPackage) stubName() string { return strings.TrimRight(p.name, "_") + "thrift" }

// arrange sorts the files of a program into packages.
func (g *generator) arrange(p *ir.Program) {
	byDir := map[string]*goPackage{}
	for _, f := range p.Files {
		dir := directory(f)
		pkg := byDir[dir]
		if pkg == nil {
			pkg = &goPackage{
				dir: dir, name: packageName(dir), path: path.Join(g.opts.PackagePrefix, dir),
				scope: newScope(), stubScope: newScope(),
			}
			byDir[dir] = pkg
			g.byPath[pkg.path] = pkg
			g.packages = append(g.packages, pkg)
		}
		pkg.files = append(pkg.files, f)
		pkg.base = append(pkg.base, fileName(f.Name, pkg.base))
		g.byFile[f] = pkg
	}
}

// Location returns the folder of a file's Go code, in the output, and the name of
// its Go files, without .go and what may follow an underscore.
func Location(f *ir.File) (dir, name string) { return directory(f), fileName(f.Name, nil) }

// directory is the namespace with slashes, for lack of one the file's name: a
// path that any package of the module can import.
func directory(f *ir.File) string {
	for _, language := range []string{"go", "*"} {
		if ns := f.Namespaces[language]; ns != "" {
			elements := strings.Split(ns, ".")
			for i, e := range elements {
				elements[i] = folder(e)
			}
			return path.Join(elements...)
		}
	}
	return folder(plain(f.Name, inPath))
}

// folder is the name of a folder without a meaning for the go command.
func folder(name string) string {
	if name == "internal" || name == "vendor" {
		return name + "_"
	}
	return name
}

// plain puts underscores in the place of what is not ok.
func plain(name string, ok func(rune) bool) string {
	return strings.Map(func(r rune) rune {
		if ok(r) {
			return r
		}
		return '_'
	}, name)
}

// inPath reports whether r may be part of import paths and identifiers alike.
func inPath(r rune) bool {
	return r == '_' || r < 128 && (isUpper(byte(r)) || isLower(byte(r)) || isDigit(byte(r)))
}

// inFile reports whether r may be part of the name of a Go file.
func inFile(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_.-", r)
}

// packageName makes an identifier of the last element of dir.
func packageName(dir string) string {
	name := plain(path.Base(dir), inPath)
	if keywords[name] || name == "main" || name == "init" || name == "_" {
		return name + "_"
	}
	if isDigit(name[0]) {
		return "x" + name
	}
	return name
}

// constrained are the endings of file names to which go build gives a meaning.
var constrained = wordSet(`test aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd
	openbsd plan9 solaris wasip1 windows zos 386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle
	mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`)

// fileName is the name of an IDL file as a Go file that go build takes as it
// is, and that is not taken, also where case does not count.
func fileName(name string, taken []string) string {
	name = plain(name, inFile)
	if i := strings.LastIndexByte(name, '_'); i >= 0 && constrained[name[i+1:]] {
		name += "_idl"
	}
	if name == "" || strings.ContainsRune("_.-", rune(name[0])) {
		name = "idl" + name
	}
	free := name
	for n := 2; slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, free) }); n++ {
		free = fmt.Sprintf("%s_%d", name, n)
	}
	return free
}

// A CycleError says that namespaces need each other, which Go forbids.
type CycleError struct {
	// Uses is one use per arrow, the last one back to where the first came
	// from.
	Uses []Use
}

// A Use is a declaration of one namespace that needs one of another.
type Use struct {
	From, To string   // folders of the packages
	Decl     *ir.Decl // of From, which uses the name
	Name     string   // of To
}

func (e *CycleError) Error() string {
	var b strings.Builder
	b.WriteString("Go packages cannot import each other in a circle: ")
	for _, u := range e.Uses {
		b.WriteString(u.From + " → ")
	}
	b.WriteString(e.Uses[0].From)
	for _, u := range e.Uses {
		fmt.Fprintf(&b, "\n\t%s uses %s.%s in %s", u.From, u.To, u.Name, u.Decl.Name)
	}
	b.WriteString("\n\tgive these files one namespace, or move what they share to a third")
	return b.String()
}

// checkCycles looks for packages of types that import each other.
func (g *generator) checkCycles() error {
	uses := map[*goPackage][]Use{}
	for _, pkg := range g.packages {
		uses[pkg] = g.usesOf(pkg)
	}
	byDir := map[string]*goPackage{}
	for _, pkg := range g.packages {
		byDir[pkg.dir] = pkg
	}
	done := map[*goPackage]bool{}
	var trail []Use
	var visit func(*goPackage) error
	visit = func(pkg *goPackage) error {
		if i := slices.IndexFunc(trail, func(u Use) bool { return u.From == pkg.dir }); i >= 0 {
			return &CycleError{Uses: slices.Clone(trail[i:])}
		}
		if done[pkg] {
			return nil
		}
		done[pkg] = true
		for _, u := range uses[pkg] {
			trail = append(trail, u)
			if err := visit(byDir[u.To]); err != nil {
				return err
			}
			trail = trail[:len(trail)-1]
		}
		return nil
	}
	for _, pkg := range g.packages {
		if err := visit(pkg); err != nil {
			return err
		}
	}
	return nil
}

// usesOf returns the first use of each other package by the types of pkg.
func (g *generator) usesOf(pkg *goPackage) []Use {
	var uses []Use
	note := func(from, to *ir.Decl) {
		other := g.byFile[to.File]
		if other == nil || other == pkg || slices.ContainsFunc(uses, func(u Use) bool { return u.To == other.dir }) {
			return
		}
		uses = append(uses, Use{From: pkg.dir, To: other.dir, Decl: from, Name: to.Name})
	}
	for _, f := range pkg.files {
		for _, t := range f.Typedefs {
			namedTypes(t.Type, func(d *ir.Decl) { note(&t.Decl, d) })
		}
		for _, c := range f.Constants {
			namedTypes(c.Type, func(d *ir.Decl) { note(&c.Decl, d) })
			namedValues(c.Value, func(d *ir.Decl) { note(&c.Decl, d) })
		}
		for _, s := range f.Structs {
			for _, field := range s.Fields {
				namedTypes(field.Type, func(d *ir.Decl) { note(&s.Decl, d) })
				namedValues(field.Value, func(d *ir.Decl) { note(&s.Decl, d) })
				field.Rules.Values(func(v *ir.Value) { namedValues(v, func(d *ir.Decl) { note(&s.Decl, d) }) })
			}
		}
	}
	return uses
}

// namedTypes calls f for the declarations that a type mentions, and for what
// is behind its typedefs: constructors are called by the struct's name.
func namedTypes(t *ir.Type, f func(*ir.Decl)) {
	if t == nil {
		return
	}
	switch t.Kind {
	case ir.EnumKind:
		f(&t.Enum.Decl)
	case ir.StructKind:
		f(&t.Struct.Decl)
	case ir.TypedefKind:
		f(&t.Typedef.Decl)
		namedTypes(t.Typedef.Type, f)
	}
	namedTypes(t.Key, f)
	namedTypes(t.Elem, f)
}

// namedValues calls f for the declarations that a value mentions.
func namedValues(v *ir.Value, f func(*ir.Decl)) {
	if v == nil {
		return
	}
	if v.Constant != nil {
		f(&v.Constant.Decl)
	}
	if v.Enum != nil {
		f(&v.Enum.Enum.Decl)
	}
	namedTypes(v.Type, f)
	for _, e := range v.List {
		namedValues(e, f)
	}
	for _, e := range v.Map {
		namedValues(e.Key, f)
		namedValues(e.Value, f)
	}
	for _, e := range v.Fields {
		namedValues(e.Value, f)
	}
}
