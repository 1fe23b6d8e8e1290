package lower

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
)

// Assertions are annotations vt.assert of structs:
//
//	expr = number | "true" | "false" | 'text' | $field | @function(expr, …)

// assertions lowers those of a struct.
func (r *run) assertions(s *ir.Struct) {
	for _, an := range s.Annotations {
		name, ok := strings.CutPrefix(an.Key, rulePrefix)
		if !ok {
			continue
		}
		if name != "assert" {
			r.list.Errorf("validation-rule", an.Span, "there is no rule `%s` for a whole struct", an.Key).Hint("only vt.assert")
			continue
		}
		p := &assertion{text: an.Value, strct: s}
		e, err := p.expr(0)
		if p.space(); err == nil && p.at < len(p.text) {
			err = fmt.Errorf("nothing may follow `%s`", p.text[:p.at])
		}
		if err == nil && e.Type != ir.BoolValue {
			err = fmt.Errorf("`%s` is neither true nor false", an.Value)
		}
		if err != nil {
			d := r.list.Errorf("validation-value", an.Span, "%v", err)
			if p.hint != "" {
				d.Hint("did you mean `%s`?", p.hint)
			}
			continue
		}
		s.Assertions = append(s.Assertions, &ir.Assertion{Text: an.Value, Span: an.Span, Expr: e})
	}
}

// An assertion is a text on its way to an expression.
type assertion struct {
	text  string
	at    int
	strct *ir.Struct
	hint  string
}

// maxAssertion bounds how deep functions nest.
const maxAssertion = 50

func (p *assertion) space() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
}

func (p *assertion) accept(c byte) bool {
	if p.space(); p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

// word reads letters, digits and what numbers have.
func (p *assertion) word() string {
	start := p.at
	for p.at < len(p.text) && !strings.ContainsRune(" ,()'$@", rune(p.text[p.at])) {
		p.at++
	}
	return p.text[start:p.at]
}

func (p *assertion) expr(depth int) (*ir.Expr, error) {
	switch {
	case depth > maxAssertion:
		return nil, fmt.Errorf("functions nest deeper than %d", maxAssertion)
	case p.accept('$'):
		return p.field(p.word())
	case p.accept('@'):
		return p.function(p.word(), depth)
	case p.accept('\''):
		text, rest, ok := strings.Cut(p.text[p.at:], "'")
		if !ok {
			return nil, fmt.Errorf("the text `%s` has no end", p.text[p.at:])
		}
		p.at = len(p.text) - len(rest)
		return &ir.Expr{Type: ir.StringValue, String: text}, nil
	}
	word := p.word()
	if n, err := strconv.ParseInt(word, 0, 64); err == nil {
		return &ir.Expr{Type: ir.IntValue, Int: n}, nil
	}
	if d, err := strconv.ParseFloat(word, 64); err == nil {
		return &ir.Expr{Type: ir.DoubleValue, Double: d}, nil
	}
	if word == "true" || word == "false" {
		return &ir.Expr{Type: ir.BoolValue, Bool: word == "true"}, nil
	}
	return nil, fmt.Errorf("want a number, 'text', true, false, $field or @function, found `%s`", p.text[p.at-len(word):])
}

var exprTypes = map[ir.Kind]ir.ValueKind{
	ir.Bool: ir.BoolValue, ir.I8: ir.IntValue, ir.I16: ir.IntValue, ir.I32: ir.IntValue, ir.I64: ir.IntValue, ir.EnumKind: ir.IntValue,
	ir.Double: ir.DoubleValue, ir.String: ir.StringValue, ir.Binary: ir.StringValue,
	ir.List: ir.ListValue, ir.Set: ir.ListValue, ir.Map: ir.MapValue,
}

func (p *assertion) field(name string) (*ir.Expr, error) {
	var names []string
	for _, f := range p.strct.Fields {
		if f.Name != name {
			names = append(names, "$"+f.Name)
			continue
		}
		if under := f.Type.Underlying(); under != nil && exprTypes[under.Kind] != 0 {
			return &ir.Expr{Type: exprTypes[under.Kind], Field: f}, nil
		}
		return nil, fmt.Errorf("field `%s` of type `%s` cannot be part of an assertion", name, describe(f.Type))
	}
	p.hint = report.Nearest("$"+name, names)
	return nil, fmt.Errorf("`%s` has no field `%s`", p.strct.Name, name)
}

func (p *assertion) function(name string, depth int) (*ir.Expr, error) {
	e := &ir.Expr{Func: name}
	if !p.accept('(') {
		return nil, fmt.Errorf("want ( after `@%s`", name)
	}
	for {
		arg, err := p.expr(depth + 1)
		if err != nil {
			return nil, err
		}
		e.Args = append(e.Args, arg)
		if p.accept(')') {
			break
		}
		if !p.accept(',') {
			return nil, fmt.Errorf("want , or ) in `@%s(`", name)
		}
	}
	return e, p.signature(e)
}

// signature checks the arguments of a function, and sets its type.
func (p *assertion) signature(e *ir.Expr) error {
	want := map[string]int{"len": 1, "add": 2, "mod": 2, "equal": 2}[e.Func]
	if want == 0 {
		p.hint = report.Nearest("@"+e.Func, []string{"@len", "@add", "@mod", "@equal"})
		return fmt.Errorf("there is no function `@%s`", e.Func)
	}
	if len(e.Args) != want {
		return fmt.Errorf("`@%s` takes %d arguments, not %d", e.Func, want, len(e.Args))
	}
	a := e.Args[0].Type
	ok := true
	switch e.Func {
	case "len":
		ok, e.Type = a == ir.StringValue || a == ir.ListValue || a == ir.MapValue, ir.IntValue
	case "mod":
		ok, e.Type = a == ir.IntValue, ir.IntValue
	case "add":
		ok, e.Type = a == ir.IntValue || a == ir.DoubleValue || a == ir.StringValue, a
	default:
		ok, e.Type = a != ir.ListValue && a != ir.MapValue, ir.BoolValue
	}
	if !ok {
		return fmt.Errorf("`@%s` does not take a first argument of this type", e.Func)
	}
	if want == 2 && e.Args[1].Type != a {
		return fmt.Errorf("the arguments of `@%s` are of different types", e.Func)
	}
	return nil
}
