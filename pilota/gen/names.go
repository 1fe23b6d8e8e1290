package gen

import (
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// Keys of names that belong to more than one declaration, or to a second
// thing beside the declaration itself.
type (
	getterKey struct{ f *ir.Field }
	methodKey struct {
		s *ir.Service // that offers the method; inherited ones come again
		m *ir.Method
	}
	localKey methodKey // the stem of the unexported names of a method
)

// nameAll decides every exported name. Types come first, so that adding a
// constant never renames one; within a kind the order of the source decides.
func (g *generator) nameAll() {
	for _, pkg := range g.packages {
		for _, f := range pkg.files {
			g.nameTypes(pkg.scope, f)
		}
		for _, f := range pkg.files {
			g.nameValues(pkg.scope, f)
		}
		for _, f := range pkg.files {
			for _, s := range f.Services {
				g.nameService(pkg.stubScope, s)
			}
		}
	}
}

func (g *generator) nameTypes(sc scope, f *ir.File) {
	for _, s := range f.Structs {
		if twin := g.twin[s]; twin != nil {
			g.names[s] = g.names[twin]
			g.nameFields(s)
			continue
		}
		g.names[s] = sc.takeAll(g.declared(&s.Decl, g.exported), itself, constructor)
		g.nameFields(s)
	}
	for _, e := range f.Enums {
		if twin := g.twin[e]; twin != nil {
			g.names[e] = g.names[twin]
			continue
		}
		g.names[e] = sc.take(g.declared(&e.Decl, g.exported))
	}
	for _, t := range f.Typedefs {
		if twin := g.twin[t]; twin != nil {
			g.names[t] = g.names[twin]
			continue
		}
		g.names[t] = sc.take(g.declared(&t.Decl, g.exported))
	}
}

func (g *generator) nameValues(sc scope, f *ir.File) {
	for _, e := range f.Enums {
		if twin, ok := g.twin[e].(*ir.Enum); ok {
			for i, v := range e.Values {
				g.names[v] = g.names[twin.Values[i]]
			}
			continue
		}
		prefix := g.names[e]
		for _, v := range e.Values {
			g.names[v] = sc.take(g.declared(&v.Decl, func(name string) string { return prefix + g.constant(name) }))
		}
	}
	for _, c := range f.Constants {
		if twin := g.twin[c]; twin != nil {
			g.names[c] = g.names[twin]
			continue
		}
		g.names[c] = sc.take(g.declared(&c.Decl, g.constant))
	}
}

// structMethods are what the generator itself declares on structs.
var structMethods = []string{"BinarySize", "AppendBinary", "ConsumeBinary", "SetDefaults", "String", "UnknownFields"}

func (g *generator) nameFields(s *ir.Struct) {
	sc := newScope(structMethods...)
	if g.opts.WithDescriptor {
		sc.take("Descriptor")
	}
	if g.opts.WithFieldMask {
		for _, name := range maskMethods {
			sc.take(name)
		}
	}
	if g.validates(s) {
		sc.take("Validate")
	}
	switch s.Class {
	case ir.Exception:
		sc.take("Error")
	case ir.Result:
		for _, name := range []string{"Err", "SetErr", "Success", "SetSuccess"} {
			sc.take(name)
		}
	}
	for _, f := range s.Fields {
		if s.Class == ir.Result && f.ID == 0 {
			g.names[f] = sc.take("Value") // Success is the method
			continue
		}
		g.names[f] = sc.take(g.declared(&f.Decl, g.exported))
	}
	for _, f := range s.Fields {
		g.names[getterKey{f}] = sc.take("Get" + g.names[f])
	}
}

func (g *generator) nameService(sc scope, s *ir.Service) {
	names := []func(string) string{itself, clientType, newClient, newService, ending("Over"), serviceName}
	if g.opts.WithDescriptor {
		names = append(names, serviceDescriptor)
	}
	name := sc.takeAll(g.declared(&s.Decl, g.exported), names...)
	g.names[s] = name
	// The client's own methods; the interface has to match it.
	methods := newScope("With", "Close")
	for _, m := range s.AllMethods() {
		g.names[methodKey{s, m}] = methods.take(g.declared(&m.Decl, g.exported))
		g.nameFields(m.Arguments)
		if m.Result != nil {
			g.nameFields(m.Result)
		}
		g.names[localKey{s, m}] = sc.takeAll(g.localStem(s, m), ending(methodVar), ending(callType), ending(argsType), ending(resultType))
	}
}

// What the stubs of a service are called, apart from the interface.
func itself(stem string) string      { return stem }
func constructor(stem string) string { return "New" + stem }
func clientType(stem string) string  { return stem + "Client" }
func newClient(stem string) string   { return "New" + stem + "Client" }
func newService(stem string) string  { return "New" + stem + "Service" }
func serviceName(stem string) string { return stem + "Name" }

// Endings of the unexported names of one method.
const (
	methodVar  = "Method"
	callType   = "Call"
	argsType   = "Args"
	resultType = "Result"
)

func ending(part string) func(string) string {
	return func(stem string) string { return stem + part }
}

// localStem returns how the unexported names of a method begin, like
// echoServiceEcho.
func (g *generator) localStem(s *ir.Service, m *ir.Method) string {
	name := g.names[s]
	first := splitWords(name)[0]
	return strings.ToLower(first) + name[len(first):] + g.names[methodKey{s, m}]
}

// declared is the name that a declaration asks for: by annotation, else what
// convert makes of its IDL name.
func (g *generator) declared(d *ir.Decl, convert func(string) string) string {
	if name, ok := d.Annotations.Get("pilota.name"); ok {
		if isIdentifier(name) {
			return name
		}
		return convert(name)
	}
	return convert(d.Name)
}
