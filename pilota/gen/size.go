package gen

import (
	"fmt"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// A sizing is the size of something: a number, terms to add to it, and
// statements that add the rest to n.
type sizing struct {
	fixed      int
	terms      []string
	statements []string
}

func (s *sizing) add(o sizing) {
	s.fixed += o.fixed
	s.terms = append(s.terms, o.terms...)
	s.statements = append(s.statements, o.statements...)
}

// sum writes the part that needs no statements.
func (s *sizing) sum() string {
	parts := s.terms
	if s.fixed > 0 || len(parts) == 0 {
		parts = append([]string{fmt.Sprint(s.fixed)}, parts...)
	}
	return strings.Join(parts, " + ")
}

// added writes the whole as statements.
func (s *sizing) added() []string {
	var lines []string
	if s.fixed > 0 || len(s.terms) > 0 {
		lines = append(lines, "n += "+s.sum())
	}
	return append(lines, s.statements...)
}

func (r *record) binarySize() {
	r.method("BinarySize implements thrift.Struct.", "BinarySize() int")
	r.P("if p == nil { return 0 }")
	r.ownMask("p.MaskedSize(p.mask)")
	total := sizing{fixed: 1} // the stop
	for _, f := range r.s.Fields {
		expr := "p." + r.g.names[f]
		if !canBeUnset(f) {
			total.fixed += 3
			total.add(r.sizeOf(f.Type, expr))
			continue
		}
		if isPointer(f) && fixedSize(f.Type) == 0 {
			expr = "*" + expr
		}
		field := sizing{fixed: 3}
		field.add(r.sizeOf(f.Type, expr))
		total.statements = append(total.statements, "if p."+r.g.names[f]+" != nil {")
		total.statements = append(total.statements, field.added()...)
		total.statements = append(total.statements, "}")
	}
	if r.keep {
		total.terms = append(total.terms, "len(p.unknown)")
	}
	if len(total.statements) == 0 {
		r.P("return %s", total.sum())
	} else {
		r.P("n := %s", total.sum())
		r.P("%s", strings.Join(total.statements, "\n"))
		r.P("return n")
	}
	r.P("}")
}

// sizeOf returns the size of a value.
func (r *record) sizeOf(t *ir.Type, expr string) sizing {
	if n := fixedSize(t); n > 0 {
		return sizing{fixed: n}
	}
	switch u := under(t); u.Kind {
	case ir.String, ir.Binary:
		return sizing{fixed: 4, terms: []string{"len(" + expr + ")"}}
	case ir.StructKind:
		return sizing{terms: []string{expr + ".BinarySize()"}}
	case ir.Map:
		return r.sizeOfMap(u, expr)
	default:
		return r.sizeOfList(u, expr)
	}
}

func (r *record) sizeOfList(t *ir.Type, expr string) sizing {
	if n := fixedSize(t.Elem); n > 0 {
		return sizing{fixed: 5, terms: []string{times(n, expr)}}
	}
	if bulk(t.Elem) != "" {
		return sizing{fixed: 5, terms: []string{fmt.Sprintf("%s.StringsSize(%s)", r.runtime(), expr)}}
	}
	e := r.local("e")
	elem := r.sizeOf(t.Elem, e)
	return loop(5, expr, fmt.Sprintf("for _, %s := range %s {", e, expr), elem)
}

func (r *record) sizeOfMap(t *ir.Type, expr string) sizing {
	k, v := r.local("k"), r.local("v")
	head := "for %[1]s, %[2]s := range %[3]s {"
	key, value := k, v
	if keyIsEntry(t.Key) {
		head, key, value = "for _, %[1]s := range %[3]s {", k+".Key", k+".Value"
	}
	entry := r.sizeOf(t.Key, key)
	entry.add(r.sizeOf(t.Elem, value))
	if !entry.mentions(key) {
		head = strings.Replace(head, "for %[1]s,", "for _,", 1)
	}
	if !entry.mentions(value) {
		head = strings.Replace(head, ", %[2]s :=", " :=", 1)
	}
	if len(entry.terms)+len(entry.statements) == 0 {
		return sizing{fixed: 6, terms: []string{times(entry.fixed, expr)}}
	}
	return loop(6, expr, unescaped(head, k, v, expr), entry)
}

// unescaped formats a loop head that may not use all of its arguments.
func unescaped(head, k, v, expr string) string {
	return strings.NewReplacer("%[1]s", k, "%[2]s", v, "%[3]s", expr).Replace(head)
}

// mentions tells whether a variable occurs in the terms or statements.
func (s *sizing) mentions(expr string) bool {
	in := func(list []string) bool {
		for _, line := range list {
			if containsWord(line, expr) {
				return true
			}
		}
		return false
	}
	return in(s.terms) || in(s.statements)
}

// containsWord tells whether word occurs in line and does not go on there.
func containsWord(line, word string) bool {
	for {
		i := strings.Index(line, word)
		if i < 0 {
			return false
		}
		line = line[i+len(word):]
		if line == "" || !isDigit(line[0]) && !isLower(line[0]) && !isUpper(line[0]) {
			return true
		}
	}
}

// loop is a container of entries: fixed parts by multiplication, the others
// one by one.
func loop(header int, expr, head string, entry sizing) sizing {
	s := sizing{fixed: header}
	if entry.fixed > 0 {
		s.terms = []string{times(entry.fixed, expr)}
		entry.fixed = 0
	}
	s.statements = append(s.statements, head)
	s.statements = append(s.statements, entry.added()...)
	s.statements = append(s.statements, "}")
	return s
}

func times(n int, expr string) string {
	if n == 1 {
		return "len(" + expr + ")"
	}
	return fmt.Sprintf("%d*len(%s)", n, expr)
}
