package thriftidl

import "github.com/volo-go/volo/pilota/report"

// service parses service name extends name { functions }.
func (p *parser) service() (*Service, bool) {
	start := p.pos
	p.next()
	n := new(Service)
	extends := func() bool {
		if !p.acceptWord("extends") {
			return true
		}
		if !p.at(ident) || p.atDefinition() {
			p.unexpected("the name of a service after `extends`")
			return p.at('{')
		}
		t := p.next()
		n.Extends = &Ident{t.text(), t.span}
		return true
	}
	var ok bool
	n.Name, n.Functions, n.Annotations, ok = body(p, "a service", &n.Body, extends, p.function)
	n.Span = p.span(start)
	if n.Name.Name == "" {
		return nil, ok
	}
	return n, ok
}

// function parses oneway type name (arguments) throws (exceptions), with its
// separator.
func (p *parser) function() (*Function, bool) {
	start := p.pos
	n := new(Function)
	if t := p.cur(); t.is("oneway") || t.is("async") {
		n.Oneway = Ident{t.text(), p.next().span}
	}
	if n.Oneway.Name == "" && !p.at(ident) {
		return nil, p.unexpected("a function")
	}
	var ok bool
	switch t := p.cur(); {
	case typeWords[t.text()] && p.argumentsBehind():
		p.next()
		return nil, p.unexpected("the name of a function")
	case p.argumentsBehind() && !keywords[t.text()] && !p.atDefinition():
		p.list.Errorf("syntax", t.span, "function `%s` has no result type", t.text()).Hint("write `void %s`, for example", t.text())
		n.Type = &Type{Name: Ident{"void", t.span}, Span: t.span}
	default:
		if n.Type, ok = p.fieldType(); !ok {
			return nil, false
		}
	}
	if n.Name, ok = p.name("a function"); !ok {
		return nil, false
	}
	if !p.at('(') {
		return nil, p.unexpected("`(` after the name of a function")
	}
	args, ok := p.fields()
	if n.Args = *args; !ok {
		return nil, false
	}
	if n.Throws, ok = p.throws(); !ok {
		return nil, false
	}
	if n.Annotations, ok = p.annotations(); !ok {
		return nil, false
	}
	n.Span = p.span(start)
	p.separator()
	n.Comments = p.claim(start)
	return n, true
}

// argumentsBehind reports whether the list behind the current word can only be
// one of arguments or exceptions, or is empty and the last thing there. If the
// word stands for a type, its list would be one of annotations.
func (p *parser) argumentsBehind() bool {
	if !p.at(ident) || p.pos+4 >= len(p.tokens) {
		return false
	}
	t := p.tokens[p.pos+1 : p.pos+5]
	switch {
	case t[0].kind != '(':
		return false
	case t[1].kind == integer:
		return t[2].kind == ':'
	case t[1].kind == ')':
		return t[2].kind != ident || t[2].is("throws") || p.first(p.pos+3)
	default:
		return t[1].kind == ident && t[2].kind == ident
	}
}

func (p *parser) throws() (*FieldList, bool) {
	if t := p.cur(); t.kind == ident && !t.is("throws") && !p.first(p.pos) && p.argumentsBehind() {
		p.unexpected("`throws` or the next function")
		if t.is("raises") || report.Nearest(t.text(), []string{"throws"}) != "" {
			(*p.list)[len(*p.list)-1].Hint("did you mean `throws`?")
		}
		p.next()
		return p.fields()
	}
	if !p.acceptWord("throws") {
		return nil, true
	}
	if !p.at('(') {
		return nil, p.unexpected("`(` after `throws`")
	}
	return p.fields()
}
