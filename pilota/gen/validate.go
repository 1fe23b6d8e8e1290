package gen

import (
	"fmt"

	"github.com/volo-go/volo/pilota/ir"
)

// Validate checks what the annotations vt.* demand, in straight-line code: a
// struct has the method if it, or something that it can hold, has such
// annotations.

// validates tells whether a struct has the method.
func (g *generator) validates(s *ir.Struct) bool {
	if known, ok := g.validated[s]; ok {
		return known
	}
	seen, found := map[*ir.Struct]bool{}, false
	var visit func(*ir.Struct)
	visit = func(s *ir.Struct) {
		if found || seen[s] {
			return
		}
		if known, ok := g.validated[s]; ok {
			found = known
			return
		}
		seen[s] = true
		found = found || len(s.Assertions) > 0
		for _, f := range s.Fields {
			found = found || demands(f.Rules)
			heldStructs(f.Type, f.Rules, visit)
		}
	}
	visit(s)
	g.validated[s] = found
	if !found { // nor is there anything within reach of those that s holds
		for s := range seen {
			g.validated[s] = false
		}
	}
	return found
}

// demands tells whether rules check anything themselves.
func demands(rules *ir.Rules) bool {
	return rules != nil && (len(rules.List) > 0 || demands(rules.Elem) || demands(rules.Key))
}

// heldStructs calls f for the structs that a value holds and whose rules count.
func heldStructs(t *ir.Type, rules *ir.Rules, f func(*ir.Struct)) {
	if t == nil || rules != nil && rules.Skip {
		return
	}
	u := under(t)
	if u.Kind == ir.StructKind {
		f(u.Struct)
	}
	elem, key := inner(rules)
	heldStructs(u.Elem, elem, f)
	heldStructs(u.Key, key, f)
}

func inner(rules *ir.Rules) (elem, key *ir.Rules) {
	if rules == nil {
		return nil, nil
	}
	return rules.Elem, rules.Key
}

// checks tells whether there is anything to check in a value.
func (g *generator) checks(t *ir.Type, rules *ir.Rules) bool {
	found := demands(rules)
	heldStructs(t, rules, func(s *ir.Struct) { found = found || g.validates(s) })
	return found
}

// validation writes the method and what it needs.
func (r *record) validation() {
	if !r.g.validates(r.s) {
		return
	}
	r.validate()
	for _, declaration := range r.behind {
		r.P("%s", declaration)
	}
}

func (r *record) validate() {
	r.method("Validate checks what the IDL demands in annotations vt.*, here and in all that is\n"+
		"// within. The error, if any, is a [*thrift.ValidationError].", "Validate() error")
	r.P("if p == nil { return nil }")
	for _, f := range r.s.Fields {
		if !r.g.checks(f.Type, f.Rules) {
			continue
		}
		r.validateField(f)
	}
	for _, a := range r.s.Assertions {
		r.assert(a)
	}
	r.P("return nil")
	r.P("}")
}

func (r *record) validateField(f *ir.Field) {
	expr, in := "p."+r.g.names[f], r.inField(f)
	if f.Rules != nil {
		for _, rule := range f.Rules.List {
			if rule.Name == "not_nil" {
				r.P("if %s == nil { return %s }", expr, in(r.runtime()+`.Invalid("not_nil", nil)`))
			}
		}
	}
	if !isPointer(f) && f.Requiredness != ir.Optional {
		r.validateValue(f.Type, f.Rules, expr, in)
		return
	}
	before := r.body.Len()
	r.P("if %s != nil {", expr)
	start := r.body.Len()
	if isPointer(f) {
		v := r.local("v")
		r.P("%s := *%s", v, expr)
		expr = v
		start = r.body.Len()
	}
	r.validateValue(f.Type, f.Rules, expr, in)
	if r.body.Len() == start {
		r.body.Truncate(before) // there was not_nil only
		return
	}
	r.P("}")
}

// validateValue checks a value, which in tells errors the place of.
func (r *record) validateValue(t *ir.Type, rules *ir.Rules, expr string, in func(string) string) {
	if !r.g.checks(t, rules) {
		return
	}
	u := under(t)
	if rules != nil {
		for _, rule := range rules.List {
			if rule.Name != "not_nil" {
				r.demand(t, rule, expr, in)
			}
		}
	}
	elem, key := inner(rules)
	switch u.Kind {
	case ir.StructKind:
		if rules == nil || !rules.Skip {
			r.P("if err := %s.Validate(); err != nil { return %s }", expr, in("err"))
		}
	case ir.List, ir.Set:
		if !r.g.checks(u.Elem, elem) {
			return
		}
		i, e := r.local("i"), r.local("e")
		r.P("for %s, %s := range %s {", i, e, expr)
		r.validateValue(u.Elem, elem, e, func(err string) string {
			return in(fmt.Sprintf("%s.InElement(%s, %s)", r.runtime(), err, i))
		})
		r.P("}")
	case ir.Map:
		r.validateEntries(u, elem, key, expr, in)
	}
}

func (r *record) validateEntries(u *ir.Type, elem, key *ir.Rules, expr string, in func(string) string) {
	checksKey, checksElem := r.g.checks(u.Key, key), r.g.checks(u.Elem, elem)
	if !checksKey && !checksElem {
		return
	}
	k, v := "_", "_"
	if keyIsEntry(u.Key) {
		e := r.local("e")
		r.P("for _, %s := range %s {", e, expr)
		k, v = e+".Key", e+".Value"
	} else {
		if checksKey {
			k = r.local("k")
		}
		if checksElem {
			v = r.local("v")
		}
		r.P("for %s, %s := range %s {", k, v, expr)
	}
	keyType := u.Key
	if under(keyType).Kind == ir.Binary {
		keyType = &ir.Type{Kind: ir.String} // as Go has it
	}
	if checksKey {
		r.validateValue(keyType, key, k, in)
	}
	if checksElem {
		r.validateValue(u.Elem, elem, v, in)
	}
	r.P("}")
}
