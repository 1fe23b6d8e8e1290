package lower

import (
	"slices"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
)

// A reach is what the program needs.
type reach struct {
	typedefs  map[*ir.Typedef]bool
	enums     map[*ir.Enum]bool
	structs   map[*ir.Struct]bool
	services  map[*ir.Service]bool
	constants map[*ir.Constant]bool
}

// prune drops the definitions that nothing needs: neither a service or
// constant of an input, nor an input without services, nor the touch list.
func (r *run) prune() {
	n := reach{
		make(map[*ir.Typedef]bool), make(map[*ir.Enum]bool), make(map[*ir.Struct]bool),
		make(map[*ir.Service]bool), make(map[*ir.Constant]bool),
	}
	for _, u := range r.units {
		if f := u.ir; f.Root {
			n.root(f)
		}
	}
	for _, name := range r.Touch {
		r.touch(&n, name)
	}
	if r.KeepAll {
		return
	}
	for _, u := range r.units {
		f := u.ir
		f.Typedefs = keep(f.Typedefs, n.typedefs)
		f.Enums = keep(f.Enums, n.enums)
		f.Structs = keep(f.Structs, n.structs)
		f.Services = keep(f.Services, n.services)
		f.Constants = keep(f.Constants, n.constants)
	}
}

func keep[T comparable](list []T, needed map[T]bool) []T {
	return slices.DeleteFunc(list, func(v T) bool { return !needed[v] })
}

// root needs what an input asks for.
func (n *reach) root(f *ir.File) {
	for _, s := range f.Services {
		n.service(s)
	}
	for _, c := range f.Constants {
		n.constant(c)
	}
	if len(f.Services) > 0 {
		return
	}
	for _, t := range f.Typedefs {
		n.typ(&ir.Type{Kind: ir.TypedefKind, Typedef: t})
	}
	for _, e := range f.Enums {
		n.enums[e] = true
	}
	for _, s := range f.Structs {
		n.structure(s)
	}
}

// touch needs what a name stands for: "Name" in any input, or "file.Name".
func (r *run) touch(n *reach, name string) {
	prefix, last, dotted := cutLast(name)
	found := false
	var candidates []string
	for _, u := range r.units {
		if dotted && u.ir.Name != prefix || !dotted && !u.ir.Root {
			continue
		}
		for _, scope := range []map[string]*symbol{u.types, u.consts} {
			if s := scope[last]; s != nil {
				n.symbol(s)
				found = true
			}
			for c := range scope {
				candidates = append(candidates, strings.TrimPrefix(prefix+"."+c, "."))
			}
		}
	}
	if found {
		return
	}
	d := r.list.Errorf("touch-not-found", r.TouchAt[name], "nothing to touch is called `%s`", name)
	if best := report.Nearest(name, candidates); best != "" {
		d.Hint("did you mean `%s`?", best)
	}
}

func (n *reach) symbol(s *symbol) {
	switch {
	case s.typedef != nil:
		n.typ(&ir.Type{Kind: ir.TypedefKind, Typedef: s.typedef})
	case s.enum != nil:
		n.enums[s.enum] = true
	case s.strct != nil:
		n.structure(s.strct)
	case s.service != nil:
		n.service(s.service)
	default:
		n.constant(s.value)
	}
}

func (n *reach) typ(t *ir.Type) {
	if t == nil {
		return
	}
	n.typ(t.Key)
	n.typ(t.Elem)
	if t.Enum != nil {
		n.enums[t.Enum] = true
	}
	if t.Struct != nil {
		n.structure(t.Struct)
	}
	if td := t.Typedef; td != nil && !n.typedefs[td] {
		n.typedefs[td] = true
		n.typ(td.Type)
	}
}

func (n *reach) structure(s *ir.Struct) {
	if s == nil || n.structs[s] {
		return
	}
	n.structs[s] = true
	for _, f := range s.Fields {
		n.typ(f.Type)
		n.value(f.Value)
		f.Rules.Values(n.value)
	}
}

func (n *reach) service(s *ir.Service) {
	if s == nil || n.services[s] {
		return
	}
	n.services[s] = true
	n.service(s.Extends)
	for _, m := range s.Methods {
		n.structure(m.Arguments)
		n.structure(m.Result)
	}
}

func (n *reach) constant(c *ir.Constant) {
	if c == nil || n.constants[c] {
		return
	}
	n.constants[c] = true
	n.typ(c.Type)
	n.value(c.Value)
}

// value needs the constants and enums that a value refers to.
func (n *reach) value(v *ir.Value) {
	if v == nil {
		return
	}
	n.typ(v.Type)
	if v.Constant != nil {
		n.constant(v.Constant) // which refers to all that v refers to
		return
	}
	if v.Enum != nil {
		n.enums[v.Enum.Enum] = true
	}
	for _, e := range v.List {
		n.value(e)
	}
	for _, e := range v.Map {
		n.value(e.Key)
		n.value(e.Value)
	}
	for _, f := range v.Fields {
		n.value(f.Value)
	}
}
