package lower

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// The annotations vt.* as thrift-gen-validator and Apache's compiler have them.

// rulePrefix begins the annotations that are rules.
const rulePrefix = "vt."

// ruleSets are the rules that kinds of values can have.
var ruleSets = map[ir.Kind]string{
	ir.Bool: "const", ir.EnumKind: "const in not_in defined_only", ir.UUID: "const in not_in",
	ir.I8: numberRules, ir.I16: numberRules, ir.I32: numberRules, ir.I64: numberRules, ir.Double: numberRules,
	ir.String: textRules, ir.Binary: textRules,
	ir.List: "min_size max_size elem", ir.Set: "min_size max_size elem", ir.Map: "min_size max_size key value no_sparse",
	ir.StructKind: "skip",
}

const (
	numberRules = "const lt le gt ge in not_in"
	textRules   = "const min_size max_size pattern prefix suffix contains not_contains in not_in"
)

// rules lowers the annotations vt.* of all fields, arguments and structs.
func (r *run) rules() {
	for _, u := range r.units {
		for _, s := range u.ir.Structs {
			r.fieldRules(u, s)
			r.assertions(s)
		}
		for _, s := range u.ir.Services {
			for _, m := range s.Methods {
				r.fieldRules(u, m.Arguments)
			}
		}
	}
}

func (r *run) fieldRules(u *unit, s *ir.Struct) {
	for _, f := range s.Fields {
		for _, an := range f.Annotations {
			name, ok := strings.CutPrefix(an.Key, rulePrefix)
			if !ok || f.Type.Underlying() == nil {
				continue
			}
			if f.Rules == nil {
				f.Rules = new(ir.Rules)
			}
			l := ruler{run: r, unit: u, field: f, strct: s, annotation: an}
			l.rule(f.Rules, f.Type, name, true)
		}
	}
}

// A ruler lowers one annotation.
type ruler struct {
	*run
	unit       *unit
	strct      *ir.Struct
	field      *ir.Field
	annotation ir.Annotation
}

// rule adds the rule called name to those of a value of type t. whole says
// that the value is the field's, not part of it.
func (l *ruler) rule(rules *ir.Rules, t *ir.Type, name string, whole bool) {
	under := t.Underlying()
	if under == nil {
		return
	}
	first, rest, nested := strings.Cut(name, ".")
	known := strings.Fields(ruleSets[under.Kind])
	if whole && (l.field.Requiredness == ir.Optional || mayBeNil(under.Kind)) {
		known = append(known, "not_nil")
	}
	if !slices.Contains(known, first) || nested != (first == "elem" || first == "key" || first == "value") {
		l.unknown(first, t, known)
		return
	}
	switch {
	case first == "key":
		l.rule(within(&rules.Key), under.Key, rest, false)
	case nested:
		l.rule(within(&rules.Elem), under.Elem, rest, false)
	case first == "skip":
		rules.Skip = l.flag()
	default:
		l.add(rules, t, first)
	}
}

func within(p **ir.Rules) *ir.Rules {
	if *p == nil {
		*p = new(ir.Rules)
	}
	return *p
}

func mayBeNil(k ir.Kind) bool {
	return k == ir.Binary || k == ir.List || k == ir.Set || k == ir.Map || k == ir.StructKind
}

func (l *ruler) unknown(name string, t *ir.Type, known []string) {
	all := map[string]bool{"not_nil": true, "elem": true, "key": true, "value": true}
	for _, set := range ruleSets {
		for _, rule := range strings.Fields(set) {
			all[rule] = true
		}
	}
	if all[name] {
		d := l.list.Errorf("validation-rule", l.annotation.Span, "rule `%s` does not suit a value of type `%s`", l.annotation.Key, describe(t))
		if len(known) > 0 {
			d.Hint("such values can have %s", strings.Join(known, ", "))
		}
		return
	}
	d := l.list.Errorf("validation-rule", l.annotation.Span, "there is no rule `%s`", l.annotation.Key)
	if best := report.Nearest(name, slices.Sorted(maps.Keys(all))); best != "" {
		d.Hint("did you mean `%s`?", best)
	}
}

// bad complains about the value of the annotation.
func (l *ruler) bad(format string, args ...any) {
	l.list.Errorf("validation-value", l.annotation.Span, format, args...)
}

// flag reads true or false.
func (l *ruler) flag() bool {
	switch l.annotation.Value {
	case "true", "1":
		return true
	case "false", "0":
	default:
		l.bad("`%s` is true or false, not `%s`", l.annotation.Key, l.annotation.Value)
	}
	return false
}

func (l *ruler) add(rules *ir.Rules, t *ir.Type, name string) {
	text := l.annotation.Value
	rule := &ir.Rule{Name: name, Text: text, Span: l.annotation.Span}
	switch name {
	case "not_nil", "no_sparse", "defined_only":
		if !l.flag() {
			return
		}
	case "min_size", "max_size":
		if l.other(rule, t) {
			break
		}
		n, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			l.bad("`%s` is a number of elements or bytes, not `%s`", l.annotation.Key, text)
			return
		}
		rule.Size = int(n)
	case "pattern":
		if _, err := regexp.Compile(text); err != nil {
			l.bad("`%s` is no regular expression: %v", text, err)
			return
		}
	case "in", "not_in":
		v := l.value(t, text)
		if v == nil {
			return
		}
		if i := slices.IndexFunc(rules.List, func(r *ir.Rule) bool { return r.Name == name }); i >= 0 {
			rules.List[i].Values = append(rules.List[i].Values, v)
			rules.List[i].Text += ", " + text
			return
		}
		rule.Values = []*ir.Value{v}
	case "prefix", "suffix", "contains", "not_contains":
	default:
		if l.other(rule, t) {
			break
		}
		v := l.value(t, text)
		if v == nil {
			return
		}
		rule.Values = []*ir.Value{v}
	}
	rules.List = append(rules.List, rule)
}

// other reads $field or @len($field), and reports whether it is one.
func (l *ruler) other(rule *ir.Rule, t *ir.Type) bool {
	name := strings.TrimSpace(rule.Text)
	if inner, ok := strings.CutPrefix(name, "@len("); ok && strings.HasSuffix(inner, ")") {
		rule.Len, name = true, strings.TrimSpace(strings.TrimSuffix(inner, ")"))
	}
	name, ok := strings.CutPrefix(name, "$")
	if !ok {
		return false
	}
	var names []string
	for _, f := range l.strct.Fields {
		names = append(names, f.Name)
		if f.Name == name {
			rule.Field = f
		}
	}
	switch {
	case rule.Field == nil:
		d := l.list.Errorf("validation-value", l.annotation.Span, "`%s` has no field `%s`", l.strct.Name, name)
		if best := report.Nearest(name, names); best != "" {
			d.Hint("did you mean `$%s`?", best)
		}
		rule.Field = l.field // for the checks that follow
	case rule.Field.Type.Underlying() == nil: // somebody else has complained
	case rule.Len:
		if k := rule.Field.Type.Underlying().Kind; k != ir.String && (k == ir.StructKind || !mayBeNil(k)) {
			l.bad("field `%s` has no length", name)
		}
	case !isSize(rule.Name) && !identical(rule.Field.Type, t), isSize(rule.Name) && intBits[rule.Field.Type.Underlying().Kind] == 0:
		l.bad("field `%s` is of type `%s`, which cannot be compared with this one", name, describe(rule.Field.Type))
	}
	if rule.Len && !isSize(rule.Name) && intBits[t.Underlying().Kind] == 0 {
		l.bad("a length cannot be compared with a value of type `%s`", describe(t))
	}
	return true
}

func isSize(rule string) bool { return rule == "min_size" || rule == "max_size" }

// value reads the text of the annotation as a value of type t.
func (l *ruler) value(t *ir.Type, text string) *ir.Value {
	v := &thriftidl.Value{Span: l.annotation.Span, Text: strings.TrimSpace(text)}
	switch k := t.Underlying().Kind; k {
	case ir.String, ir.Binary, ir.UUID:
		v.Kind, v.String = thriftidl.StringValue, text
	default:
		v.Kind = thriftidl.NameValue
		if _, err := strconv.ParseFloat(v.Text, 64); err == nil && v.Text != "" && v.Text[0] < 'A' {
			v.Kind = thriftidl.IntValue
			if k == ir.Double || strings.ContainsAny(v.Text, ".eE") && !strings.ContainsAny(v.Text, "xX") {
				v.Kind = thriftidl.DoubleValue
			}
		} else if _, ok := (&thriftidl.Value{Text: v.Text}).Int(); ok {
			v.Kind = thriftidl.IntValue
		}
	}
	if v.Text == "" && v.Kind == thriftidl.NameValue {
		l.bad("`%s` has no value", l.annotation.Key)
		return nil
	}
	c := coercer{run: l.run, unit: l.unit, list: &l.run.list}
	return c.value(v, t)
}
