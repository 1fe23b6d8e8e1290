package gen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

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
