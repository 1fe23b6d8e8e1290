package gen

import (
	"slices"

	"github.com/volo-go/volo/pilota/ir"
)

// keepUnknown finds out which structs keep fields that they do not know: all,
// or those that some files declare and what these are made of.
func (g *generator) keepUnknown(p *ir.Program) {
	var visit func(t *ir.Type)
	visitStruct := func(s *ir.Struct) {
		if s == nil || g.keeps[s] {
			return
		}
		g.keeps[s] = true
		if twin, ok := g.twin[s].(*ir.Struct); ok {
			g.keeps[twin] = true // is written for both
		}
		for _, f := range s.Fields {
			visit(f.Type)
		}
	}
	visit = func(t *ir.Type) {
		if t == nil {
			return
		}
		u := under(t)
		visitStruct(u.Struct)
		visit(u.Key)
		visit(u.Elem)
	}
	for _, f := range p.Files {
		if !g.opts.KeepUnknownFields && !slices.Contains(g.opts.KeepUnknownOf, f.Source.Name) {
			continue
		}
		for _, s := range f.Structs {
			visitStruct(s)
		}
		for _, s := range f.Services {
			for _, m := range s.AllMethods() {
				visitStruct(m.Arguments)
				visitStruct(m.Result)
			}
		}
	}
}
