package lower

import (
	"github.com/volo-go/volo/pilota/ir"
)

// typedefs complains about typedefs that lead to themselves, directly or
// through containers, and cuts the cycle.
func (r *run) typedefs() {
	const (
		active = iota + 1
		done
	)
	state := make(map[*ir.Typedef]int)
	var stack []*ir.Typedef
	var visit func(*ir.Typedef)
	var walk func(*ir.Type) bool // whether the type leads into the stack
	walk = func(t *ir.Type) bool {
		if t == nil {
			return false
		}
		if t.Kind == ir.TypedefKind {
			if state[t.Typedef] == active {
				r.typedefCycle(stack, t.Typedef)
				return true
			}
			visit(t.Typedef)
			return t.Typedef.Type == nil
		}
		key, elem := walk(t.Key), walk(t.Elem)
		return key || elem
	}
	visit = func(t *ir.Typedef) {
		if state[t] == done {
			return
		}
		state[t] = active
		stack = append(stack, t)
		if walk(t.Type) {
			t.Type = nil
		}
		stack = stack[:len(stack)-1]
		state[t] = done
	}
	for _, u := range r.units {
		for _, t := range u.ir.Typedefs {
			visit(t)
		}
	}
}

// typedefCycle complains about the part of the stack from first on.
func (r *run) typedefCycle(stack []*ir.Typedef, first *ir.Typedef) {
	for stack[0] != first {
		stack = stack[1:]
	}
	d := r.list.Errorf("typedef-cycle", first.Span, "typedef `%s` stands for itself", first.Name)
	for _, t := range stack[1:] {
		d.Relate(t.Span, "through `%s`", t.Name)
	}
}

// inheritance complains about services that extend themselves, and cuts the
// cycle.
func (r *run) inheritance() {
	for _, u := range r.units {
		for _, s := range u.ir.Services {
			seen := map[*ir.Service]bool{s: true}
			for at := s; at.Extends != nil; at = at.Extends {
				if at.Extends == s {
					r.inheritanceCycle(s)
					at.Extends = nil
					break
				}
				if seen[at.Extends] {
					break // a cycle that s only leads to
				}
				seen[at.Extends] = true
			}
		}
	}
}

func (r *run) inheritanceCycle(s *ir.Service) {
	d := r.list.Errorf("service-cycle", s.Span, "service `%s` extends itself", s.Name)
	for at := s.Extends; at != s; at = at.Extends {
		d.Relate(at.Span, "through `%s`", at.Name)
	}
}

// recursion marks the structs that can hold themselves, and complains about
// those that must: no finite value exists.
func (r *run) recursion() {
	holds := graph{edges: fieldStructs}
	requires := graph{edges: requiredStructs}
	defaults := graph{edges: defaultStructs}
	for _, u := range r.units {
		for _, s := range u.ir.Structs {
			holds.add(s)
			requires.add(s)
			defaults.add(s)
		}
	}
	for _, component := range holds.components() {
		for _, s := range component {
			s.Recursive = true
		}
	}
	for _, component := range requires.components() {
		r.endless("endless-struct", component, "`%[1]s` requires another `%[1]s`, so that no value of it can end", "make one of the fields optional")
	}
	for _, component := range defaults.components() {
		r.endless("endless-default", component, "the default value of `%[1]s` holds another `%[1]s`, and so on without end", "leave out one of the default values")
	}
}

func (r *run) endless(code string, component []*ir.Struct, format, hint string) {
	s := component[0]
	d := r.list.Errorf(code, s.Span, format, s.Name)
	for _, other := range component[1:] {
		d.Relate(other.Span, "through `%s`", other.Name)
	}
	d.Hint("%s", hint)
}

// fieldStructs calls yield for every struct that a field of s can hold.
func fieldStructs(s *ir.Struct, yield func(*ir.Struct)) {
	seen := make(map[*ir.Typedef]bool)
	for _, f := range s.Fields {
		typeStructs(f.Type, seen, yield)
	}
}

// typeStructs calls yield for the structs in t. It enters each typedef once:
// typedefs of maps of typedefs grow exponentially.
func typeStructs(t *ir.Type, seen map[*ir.Typedef]bool, yield func(*ir.Struct)) {
	switch {
	case t == nil:
	case t.Kind == ir.TypedefKind:
		if !seen[t.Typedef] {
			seen[t.Typedef] = true
			typeStructs(t.Typedef.Type, seen, yield)
		}
	case t.Kind == ir.StructKind:
		yield(t.Struct)
	default:
		typeStructs(t.Key, seen, yield)
		typeStructs(t.Elem, seen, yield)
	}
}

// requiredStructs calls yield for every struct that a value of s always
// holds.
func requiredStructs(s *ir.Struct, yield func(*ir.Struct)) {
	for _, f := range s.Fields {
		if t := f.Type.Underlying(); f.Requiredness == ir.Required && t != nil && t.Kind == ir.StructKind {
			yield(t.Struct)
		}
	}
}

// defaultStructs calls yield for every struct that the default value of a
// field of s holds.
func defaultStructs(s *ir.Struct, yield func(*ir.Struct)) {
	for _, f := range s.Fields {
		valueStructs(f.Value, yield)
	}
}

func valueStructs(v *ir.Value, yield func(*ir.Struct)) {
	if v == nil {
		return
	}
	if v.Kind == ir.StructValue {
		yield(v.Type.Underlying().Struct)
	}
	for _, e := range v.List {
		valueStructs(e, yield)
	}
	for _, e := range v.Map {
		valueStructs(e.Key, yield)
		valueStructs(e.Value, yield)
	}
	for _, f := range v.Fields {
		valueStructs(f.Value, yield)
	}
}

// A graph of structs, in the order of the source.
type graph struct {
	edges func(s *ir.Struct, yield func(*ir.Struct))
	nodes []*ir.Struct

	index, low map[*ir.Struct]int
	stack      []*ir.Struct
	found      [][]*ir.Struct
}

func (g *graph) add(s *ir.Struct) { g.nodes = append(g.nodes, s) }

// components returns the sets of structs that reach each other, and the
// single ones that reach themselves, by Tarjan's algorithm. Each set begins
// with the struct that comes first in the source.
func (g *graph) components() [][]*ir.Struct {
	g.index, g.low = make(map[*ir.Struct]int), make(map[*ir.Struct]int)
	for _, s := range g.nodes {
		if g.index[s] == 0 {
			g.visit(s)
		}
	}
	return g.found
}

const left = 1 << 30 // the index of structs whose component is known

func (g *graph) visit(s *ir.Struct) {
	n := len(g.index) + 1
	g.index[s], g.low[s] = n, n
	bottom := len(g.stack)
	g.stack = append(g.stack, s)
	self := false
	g.edges(s, func(to *ir.Struct) {
		self = self || to == s
		if g.index[to] == 0 {
			g.visit(to)
		}
		g.low[s] = min(g.low[s], g.low[to])
	})
	if g.low[s] != n {
		return
	}
	component := append([]*ir.Struct(nil), g.stack[bottom:]...)
	g.stack = g.stack[:bottom]
	for _, member := range component {
		g.low[member] = left
	}
	if len(component) > 1 || self {
		g.found = append(g.found, component)
	}
}
