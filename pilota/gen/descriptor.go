package gen

import (
	"path"
	"strconv"

	"github.com/volo-go/volo/pilota/describe"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// Descriptors of all files are one package of the output, in one piece of
// bytes: files may include each other where packages must not import each
// other. Types and services refer to theirs by position.

const (
	descriptorPath = runtimePath + "/descriptor"
	descriptorName = "descriptor"
)

// describe writes the package of descriptors.
func (g *generator) describe(p *ir.Program) error {
	if !g.opts.WithDescriptor {
		return nil
	}
	data, err := descriptor.Append(nil, describe.Program(p, describe.Options{Embedded: true, NoDocs: g.opts.NoComments}))
	if err != nil {
		return err
	}
	pkg := g.descriptors
	return g.emit(g.newWriter(pkg, false), path.Join(pkg.dir, pkg.name+".go"), func(w *Writer) error {
		d := w.std(descriptorPath, descriptorName)
		w.P("var files = %s.Embedded{Data: %s}", d, literalLines(string(data)))
		for i, f := range p.Files {
			w.P("\n// %s describes %s.thrift.", g.names[fileKey{f}], f.Name)
			w.P("func %s() *%s.File { return files.Files()[%d] }", g.names[fileKey{f}], d, i)
		}
		return nil
	})
}

// literalLines returns a Go expression for a long string, in lines of readable
// length.
func literalLines(s string) string {
	const width = 96
	text := "\"\""
	for len(s) > 0 {
		n := min(width, len(s))
		text += " +\n" + strconv.QuoteToASCII(s[:n])
		s = s[n:]
	}
	return text
}

// fileKey is the key of the name of a file's descriptor.
type fileKey struct{ f *ir.File }

// nameDescriptors decides what the package of descriptors is called, and the
// functions in it.
func (g *generator) nameDescriptors(p *ir.Program) {
	if !g.opts.WithDescriptor {
		return
	}
	dir := "descriptors"
	for free := false; !free; {
		free = true
		for _, pkg := range g.packages {
			if pkg.dir == dir {
				dir, free = dir+"_", false
			}
		}
	}
	g.descriptors = &goPackage{dir: dir, name: packageName(dir), path: path.Join(g.opts.PackagePrefix, dir), scope: newScope("files"), stubScope: newScope()}
	g.byPath[g.descriptors.path] = g.descriptors
	for _, f := range p.Files {
		g.names[fileKey{f}] = g.descriptors.scope.take(g.exported(f.Name))
	}
}

// fileDescriptor returns an expression for the descriptor of a file.
func (w *Writer) fileDescriptor(f *ir.File) string {
	return w.importAs(w.g.descriptors.path, w.g.descriptors.name) + "." + w.g.names[fileKey{f}] + "()"
}

// position returns the index of a declaration among those of its kind.
func position[T comparable](list []T, d T) int {
	for i, e := range list {
		if e == d {
			return i
		}
	}
	return -1
}

// describeStruct writes the method that returns the descriptor.
func (r *record) describeStruct() {
	if !r.g.opts.WithDescriptor {
		return
	}
	r.P("\n// Descriptor returns what the IDL says about the %s.", classNames[r.s.Class])
	r.P("func (*%s) Descriptor() *%s.Struct {", r.name, r.std(descriptorPath, descriptorName))
	r.P("return %s.Structs[%d]", r.fileDescriptor(r.s.File), position(r.s.File.Structs, r.s))
	r.P("}")
}

func describeEnum(w *Writer, name string, e *ir.Enum) {
	if !w.g.opts.WithDescriptor {
		return
	}
	w.P("\n// Descriptor returns what the IDL says about the enum.")
	w.P("func (%s) Descriptor() *%s.Enum {", name, w.std(descriptorPath, descriptorName))
	w.P("return %s.Enums[%d]", w.fileDescriptor(e.File), position(e.File.Enums, e))
	w.P("}")
}

// describe writes the function that returns the descriptor of the service.
func (st *stub) describe() {
	if !st.g.opts.WithDescriptor {
		return
	}
	name := serviceDescriptor(st.name)
	st.P("\n// %s returns what the IDL says about the service.", name)
	st.P("func %s() *%s.Service {", name, st.std(descriptorPath, descriptorName))
	st.P("return %s.Services[%d]", st.fileDescriptor(st.s.File), position(st.s.File.Services, st.s))
	st.P("}")
}

func serviceDescriptor(stem string) string { return stem + "Descriptor" }
