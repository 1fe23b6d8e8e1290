package thriftidl

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
	if n.Type, ok = p.fieldType(); !ok {
		return nil, false
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

func (p *parser) throws() (*FieldList, bool) {
	if !p.acceptWord("throws") {
		return nil, true
	}
	if !p.at('(') {
		return nil, p.unexpected("`(` after `throws`")
	}
	return p.fields()
}
