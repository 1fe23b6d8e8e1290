package gen

import (
	"fmt"
	"strconv"
	"strings"

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
		if seen[s] {
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

var comparisons = map[string]string{"const": "==", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}

// demand writes one rule.
func (r *record) demand(t *ir.Type, rule *ir.Rule, expr string, in func(string) string) {
	got := expr
	if k := under(t).Kind; k == ir.Binary {
		got = "string(" + expr + ")"
	}
	fails := ""
	switch rule.Name {
	case "min_size", "max_size":
		got = "len(" + expr + ")"
		comparison := ">="
		if rule.Name == "max_size" {
			comparison = "<="
		}
		fails = fmt.Sprintf("!(%s %s %d)", got, comparison, rule.Size)
		if rule.Field != nil {
			fails = r.compareWith(rule, "int64("+got+")", comparison)
		}
	case "pattern":
		fails = fmt.Sprintf("!%s().MatchString(%s)", r.pattern(rule.Text), got)
	case "prefix", "suffix", "contains", "not_contains":
		function := map[string]string{"prefix": "!%s.HasPrefix", "suffix": "!%s.HasSuffix", "contains": "!%s.Contains", "not_contains": "%s.Contains"}[rule.Name]
		fails = fmt.Sprintf(function+"(%s, %s)", r.Import("strings"), got, strconv.Quote(rule.Text))
	case "defined_only":
		r.defined(under(t).Enum, rule, expr, in)
		return
	case "no_sparse":
		if isNillable(under(t).Elem) {
			v := r.local("v")
			r.P("for _, %s := range %s {", v, expr)
			r.P("if %s == nil { return %s }", v, in(r.invalid(rule, "nil")))
			r.P("}")
		}
		return
	case "in", "not_in":
		r.among(t, rule, got, in)
		return
	default:
		comparison := comparisons[rule.Name]
		if rule.Field != nil {
			fails = r.compareWith(rule, got, comparison)
		} else {
			fails = fmt.Sprintf("!(%s %s %s)", got, comparison, r.operand(t, rule.Values[0]))
		}
	}
	r.P("if %s { return %s }", fails, in(r.invalid(rule, got)))
}

// invalid is the error for a value.
func (r *record) invalid(rule *ir.Rule, got string) string {
	text := rule.Name
	if rule.Text != "" && rule.Name != "not_nil" && rule.Name != "no_sparse" && rule.Name != "defined_only" {
		text += " = " + rule.Text
	}
	return fmt.Sprintf("%s.Invalid(%s, %s)", r.runtime(), strconv.Quote(text), got)
}

// operand is a value to compare with.
func (r *record) operand(t *ir.Type, v *ir.Value) string {
	if under(t).Kind == ir.Binary {
		return strconv.Quote(v.String)
	}
	return r.literal(t, v)
}

// compareWith is the condition that a comparison with another field fails. An
// unset field is compared with nothing.
func (r *record) compareWith(rule *ir.Rule, got, comparison string) string {
	f := rule.Field
	other, set := "p."+r.g.names[f], ""
	if isPointer(f) {
		set, other = other+" != nil && ", "*"+other
	}
	k := under(f.Type).Kind
	switch {
	case rule.Len:
		other = "int64(len(" + other + "))"
		if !strings.HasPrefix(got, "int64(") {
			got = "int64(" + got + ")"
		}
	case rule.Name == "min_size" || rule.Name == "max_size":
		other = "int64(" + other + ")"
	case k == ir.Binary:
		other = "string(" + other + ")"
	}
	return fmt.Sprintf("%s!(%s %s %s)", set, got, comparison, other)
}

// among writes in or not_in.
func (r *record) among(t *ir.Type, rule *ir.Rule, got string, in func(string) string) {
	var values []string
	seen := map[string]bool{}
	for _, v := range rule.Values {
		if text := r.operand(t, v); !seen[text] {
			seen[text] = true
			values = append(values, text)
		}
	}
	comparison, join := "==", " || "
	if rule.Name == "not_in" {
		comparison, join = "!=", " && "
	}
	for i, v := range values {
		values[i] = fmt.Sprintf("%s %s %s", got, comparison, v)
	}
	r.P("if !(%s) { return %s }", strings.Join(values, join), in(r.invalid(rule, got)))
}

// defined writes that an enum has a name for the number.
func (r *record) defined(e *ir.Enum, rule *ir.Rule, expr string, in func(string) string) {
	r.P("switch %s {", expr)
	var names []string
	for _, v := range distinct(e) {
		names = append(names, r.qualify(&e.Decl, r.g.names[v]))
	}
	if len(names) > 0 {
		r.P("case %s:", strings.Join(names, ", "))
	}
	r.P("default: return %s", in(r.invalid(rule, expr)))
	r.P("}")
}

// pattern returns the name of the function that returns a regular expression,
// compiled when it is first needed. It is declared behind the method.
func (r *record) pattern(text string) string {
	sc := r.pkg.scope
	if r.stubs {
		sc = r.pkg.stubScope
	}
	name := sc.take(r.g.unexported(r.name) + "Pattern")
	r.behind = append(r.behind, fmt.Sprintf("\nvar %s = %s.OnceValue(func() *%s.Regexp { return %s.MustCompile(%s) })",
		name, r.Import("sync"), r.Import("regexp"), r.Import("regexp"), strconv.Quote(text)))
	return name
}
