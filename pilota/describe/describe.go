// Package describe makes descriptors of a program: what a compiler knows, in
// the form that programs carry (package descriptor of the runtime).
package describe

import (
	"maps"
	"path"
	"slices"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// Options say what goes into descriptors.
type Options struct {
	// Embedded leaves out what only the machine of the compiler knows: a file's
	// path is its base name.
	Embedded bool
	// NoDocs leaves out the comments.
	NoDocs bool
}

// Program describes the files of p, in their order. p is not kept.
func Program(p *ir.Program, o Options) []*descriptor.File {
	d := describer{
		Options:   o,
		files:     map[*ir.File]*descriptor.File{},
		typedefs:  map[*ir.Typedef]*descriptor.Typedef{},
		constants: map[*ir.Constant]*descriptor.Constant{},
		enums:     map[*ir.Enum]*descriptor.Enum{},
		structs:   map[*ir.Struct]*descriptor.Struct{},
		fields:    map[*ir.Field]*descriptor.Field{},
		services:  map[*ir.Service]*descriptor.Service{},
	}
	var files []*descriptor.File
	for _, f := range p.Files {
		files = append(files, d.declare(f))
	}
	for _, f := range p.Files {
		d.fill(f)
	}
	for _, f := range p.Files {
		d.values(f)
	}
	return files
}

// A describer knows the descriptor of everything that is declared. Bodies come
// after all declarations, values after all bodies.
type describer struct {
	Options
	files     map[*ir.File]*descriptor.File
	typedefs  map[*ir.Typedef]*descriptor.Typedef
	constants map[*ir.Constant]*descriptor.Constant
	enums     map[*ir.Enum]*descriptor.Enum
	structs   map[*ir.Struct]*descriptor.Struct
	fields    map[*ir.Field]*descriptor.Field
	services  map[*ir.Service]*descriptor.Service
}

// made returns a new descriptor for each declaration and notes it.
func made[From comparable, To any](known map[From]*To, list []From) []*To {
	var out []*To
	for _, from := range list {
		to := new(To)
		known[from] = to
		out = append(out, to)
	}
	return out
}

func (d *describer) declare(f *ir.File) *descriptor.File {
	out := &descriptor.File{
		Name:      f.Name,
		Path:      f.Source.Name,
		Typedefs:  made(d.typedefs, f.Typedefs),
		Constants: made(d.constants, f.Constants),
		Enums:     made(d.enums, f.Enums),
		Structs:   made(d.structs, f.Structs),
		Services:  made(d.services, f.Services),
	}
	if d.Embedded {
		out.Path = path.Base(out.Path)
	}
	if !d.NoDocs {
		out.Doc = f.Doc
	}
	for _, scope := range slices.Sorted(maps.Keys(f.Namespaces)) {
		out.Namespaces = append(out.Namespaces, descriptor.Namespace{Scope: scope, Path: f.Namespaces[scope]})
	}
	d.files[f] = out
	return out
}

func (d *describer) fill(f *ir.File) {
	out := d.files[f]
	for _, inc := range f.Includes {
		out.Includes = append(out.Includes, d.files[inc])
	}
	for _, t := range f.Typedefs {
		*d.typedefs[t] = descriptor.Typedef{Decl: d.decl(&t.Decl), Type: d.typ(t.Type)}
	}
	for _, c := range f.Constants {
		*d.constants[c] = descriptor.Constant{Decl: d.decl(&c.Decl), Type: d.typ(c.Type)}
	}
	for _, e := range f.Enums {
		d.enum(e)
	}
	for _, s := range f.Structs {
		d.structure(d.structs[s], s)
	}
	for _, s := range f.Services {
		d.service(s)
	}
}

func (d *describer) values(f *ir.File) {
	for _, c := range f.Constants {
		to := d.constants[c]
		to.Value = d.value(c.Value, to.Type)
	}
	for _, s := range f.Structs {
		d.defaults(s)
	}
	for _, s := range f.Services {
		for _, m := range s.Methods {
			d.defaults(m.Arguments)
		}
	}
}

func (d *describer) defaults(s *ir.Struct) {
	for _, f := range s.Fields {
		to := d.fields[f]
		to.Default = d.value(f.Value, to.Type)
	}
}

func (d *describer) decl(from *ir.Decl) descriptor.Decl {
	to := descriptor.Decl{Name: from.Name, File: d.files[from.File], Annotations: annotations(from.Annotations)}
	if !d.NoDocs {
		to.Doc = from.Doc
	}
	return to
}

func annotations(from ir.Annotations) descriptor.Annotations {
	var to descriptor.Annotations
	for _, an := range from {
		to = append(to, descriptor.Annotation{Key: an.Key, Value: an.Value})
	}
	return to
}

func (d *describer) enum(e *ir.Enum) {
	to := d.enums[e]
	*to = descriptor.Enum{Decl: d.decl(&e.Decl), Strings: e.Strings, Names: slices.Clone(e.Names)}
	for _, v := range e.Values {
		to.Values = append(to.Values, &descriptor.EnumValue{Decl: d.decl(&v.Decl), Number: v.Number})
	}
}

var classes = map[ir.StructClass]descriptor.Class{
	ir.Plain: descriptor.Plain, ir.Union: descriptor.Union, ir.Exception: descriptor.Exception,
	ir.Arguments: descriptor.Arguments, ir.Result: descriptor.Result,
}

var requirednesses = map[ir.Requiredness]descriptor.Requiredness{
	ir.Default: descriptor.Default, ir.Required: descriptor.Required, ir.Optional: descriptor.Optional,
}

func (d *describer) structure(to *descriptor.Struct, s *ir.Struct) {
	to.Decl, to.Class = d.decl(&s.Decl), classes[s.Class]
	for _, f := range s.Fields {
		field := &descriptor.Field{
			Decl:         d.decl(&f.Decl),
			ID:           f.ID,
			Requiredness: requirednesses[f.Requiredness],
			Type:         d.typ(f.Type),
		}
		d.fields[f] = field
		to.Fields = append(to.Fields, field)
	}
}

func (d *describer) service(s *ir.Service) {
	to := d.services[s]
	*to = descriptor.Service{Decl: d.decl(&s.Decl)}
	if s.Extends != nil {
		to.Extends = d.services[s.Extends]
	}
	for _, m := range s.Methods {
		method := &descriptor.Method{Decl: d.decl(&m.Decl), Oneway: m.Oneway, Arguments: new(descriptor.Struct)}
		d.structure(method.Arguments, m.Arguments)
		if m.Result != nil {
			method.Result = new(descriptor.Struct)
			d.structure(method.Result, m.Result)
		}
		to.Methods = append(to.Methods, method)
	}
}

var kinds = map[ir.Kind]descriptor.Kind{
	ir.Bool: descriptor.Bool, ir.I8: descriptor.I8, ir.I16: descriptor.I16, ir.I32: descriptor.I32, ir.I64: descriptor.I64,
	ir.Double: descriptor.Double, ir.String: descriptor.String, ir.Binary: descriptor.Binary, ir.UUID: descriptor.UUID,
	ir.List: descriptor.List, ir.Set: descriptor.Set, ir.Map: descriptor.Map,
	ir.EnumKind: descriptor.EnumKind, ir.StructKind: descriptor.StructKind, ir.TypedefKind: descriptor.TypedefKind,
}

func (d *describer) typ(t *ir.Type) *descriptor.Type {
	if t == nil {
		return nil
	}
	to := &descriptor.Type{Kind: kinds[t.Kind], Key: d.typ(t.Key), Elem: d.typ(t.Elem), Annotations: annotations(t.Annotations)}
	if t.Enum != nil { // a senum has the kind of a string
		to.Kind, to.Enum = descriptor.EnumKind, d.enums[t.Enum]
	}
	switch t.Kind {
	case ir.StructKind:
		to.Struct = d.structs[t.Struct]
	case ir.TypedefKind:
		to.Typedef = d.typedefs[t.Typedef]
	}
	return to
}

// value describes a value as one of type t.
func (d *describer) value(v *ir.Value, t *descriptor.Type) *descriptor.Value {
	if v == nil {
		return nil
	}
	to := &descriptor.Value{Type: t, Bool: v.Bool, Int: v.Int, Double: v.Double, Text: v.String}
	if v.Constant != nil {
		to.Constant = d.constants[v.Constant]
	}
	under := t.Underlying()
	for _, e := range v.List {
		to.List = append(to.List, d.value(e, under.Elem))
	}
	for _, e := range v.Map {
		to.Map = append(to.Map, descriptor.MapEntry{Key: d.value(e.Key, under.Key), Value: d.value(e.Value, under.Elem)})
	}
	for _, e := range v.Fields {
		field := d.fields[e.Field]
		to.Fields = append(to.Fields, descriptor.FieldValue{Field: field, Value: d.value(e.Value, field.Type)})
	}
	return to
}
