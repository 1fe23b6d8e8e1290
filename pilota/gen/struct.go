package gen

import (
	"fmt"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// A record is a struct on its way into Go: the receiver of all the methods
// that the neighbouring files emit.
type record struct {
	*Writer
	s    *ir.Struct
	name string // in Go
	keep bool   // unknown fields

	masked bool // sends what a mask lets through, if it has one

	behind []string // declarations to be written behind the methods
}

// structDecl writes a struct, a union or an exception with its methods.
func (g *generator) structDecl(w *Writer, s *ir.Struct) error {
	r := &record{Writer: w, s: s, name: g.names[s], keep: g.keeps[s], masked: g.opts.WithFieldMask}
	if err := r.declaration(); err != nil {
		return err
	}
	r.constructor()
	r.setDefaults()
	r.getters()
	r.codec()
	r.masks()
	if r.keep {
		r.unknownFields()
	}
	r.text()
	r.validation()
	r.describeStruct()
	return r.pluggedIn()
}

// codec writes the three methods of thrift.Struct.
func (r *record) codec() {
	r.binarySize()
	r.appendBinary()
	r.consumeBinary()
}

// method starts a method and its own count of locals.
func (r *record) method(doc, signature string) {
	r.locals = 0
	r.P("")
	r.P("// %s", doc)
	r.P("func (p *%s) %s {", r.name, signature)
}

func (r *record) declaration() error {
	r.P("")
	r.Doc(&r.s.Decl, r.fallbackDoc())
	r.P("type %s struct {", r.name)
	for i, f := range r.s.Fields {
		tag, err := r.tag(f)
		if err != nil {
			return err
		}
		if i > 0 && f.Doc != "" && !r.g.opts.NoComments {
			r.P("")
		}
		r.Doc(&f.Decl, "")
		r.P("%s %s %s", r.g.names[f], r.fieldType(f), tag)
	}
	if r.masked {
		r.P("\nmask %s // of what is sent and received, nil for all of it", r.mask())
	}
	if r.keep {
		r.P("\nunknown []byte // encoded fields that this version of the IDL does not have")
	}
	r.P("}")
	return nil
}

func (r *record) fallbackDoc() string {
	switch r.s.Class {
	case ir.Union:
		return fmt.Sprintf("%s is a union: exactly one of its fields is set.", r.name)
	case ir.Exception:
		return fmt.Sprintf("%s is an exception of %s.thrift; *%s is an error.", r.name, r.s.File.Name, r.name)
	}
	return fmt.Sprintf("%s is a struct of %s.thrift.", r.name, r.s.File.Name)
}

func (r *record) constructor() {
	r.locals = 0
	r.P("")
	if !hasDefaults(r.s) {
		r.P("// New%s returns an empty %s.", r.name, r.name)
		r.P("func New%s() *%s { return new(%s) }", r.name, r.name, r.name)
		return
	}
	r.P("// New%s returns a %s with the default values of the IDL.", r.name, r.name)
	r.P("func New%s() *%s {", r.name, r.name)
	r.P("p := new(%s)", r.name)
	r.P("p.SetDefaults()")
	r.P("return p")
	r.P("}")
}

// unknownFields writes the accessor of what was kept.
func (r *record) unknownFields() {
	r.method("UnknownFields returns the encoded fields that were received and are not known,\n"+
		"// headers included. They are sent again; the caller must not change them.", "UnknownFields() []byte")
	r.P("if p == nil { return nil }")
	r.P("return p.unknown")
	r.P("}")
}

// text writes String and, for exceptions, Error.
func (r *record) text() {
	r.method("String returns the "+classNames[r.s.Class]+" for human eyes.", "String() string")
	r.P("return %s.Format(p)", r.runtime())
	r.P("}")
	if r.s.Class == ir.Exception {
		r.errorMethod()
	}
}

var classNames = map[ir.StructClass]string{
	ir.Plain: "struct", ir.Union: "union", ir.Exception: "exception",
	ir.Arguments: "arguments", ir.Result: "result",
}

// idl is the name of the struct in error messages.
func (r *record) idl() string { return fmt.Sprintf("%q", r.s.Name) }

// inField returns an expression that adds a field to the path of an error.
func (r *record) inField(f *ir.Field) func(string) string {
	return func(err string) string {
		return fmt.Sprintf("%s.InField(%s, %s, %q)", r.runtime(), err, r.idl(), f.Name)
	}
}

// hex writes a field key as it looks on the wire.
func hex(key uint32) string { return fmt.Sprintf("0x%06X", key) }

// fieldWords is the comment on a field in the codec.
func fieldWords(f *ir.Field) string {
	words := []string{fmt.Sprintf("%d:", f.ID)}
	switch f.Requiredness {
	case ir.Required:
		words = append(words, "required")
	case ir.Optional:
		words = append(words, "optional")
	}
	return strings.Join(append(words, f.Name), " ")
}
