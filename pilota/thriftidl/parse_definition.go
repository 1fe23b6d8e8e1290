package thriftidl

// constant parses const type name = value.
func (p *parser) constant() (*Const, bool) {
	start := p.pos
	p.next()
	n := new(Const)
	var ok bool
	if n.Type, ok = p.fieldType(); !ok {
		return nil, false
	}
	if n.Name, ok = p.name("a constant"); !ok {
		return nil, false
	}
	if !p.expect('=', "the name of a constant") {
		return nil, false
	}
	if n.Value, ok = p.value(); !ok {
		return nil, false
	}
	n.Annotations, ok = p.annotations()
	n.Span = p.span(start)
	return n, ok
}

// typedef parses typedef type name.
func (p *parser) typedef() (*Typedef, bool) {
	start := p.pos
	p.next()
	n := new(Typedef)
	var ok bool
	if n.Type, ok = p.fieldType(); !ok {
		return nil, false
	}
	if n.Name, ok = p.name("a typedef"); !ok {
		return nil, false
	}
	n.Annotations, ok = p.annotations()
	n.Span = p.span(start)
	return n, ok
}

// body parses what enums, structs and services have in common, from the name
// to the annotations behind the body. It returns false at once if there is no
// body; without a name it goes on, to find more errors.
func body[M any](p *parser, what string, b *Brackets, between func() bool, member func() (M, bool)) (name Ident, list []M, a *Annotations, ok bool) {
	name, named := p.name(what)
	if !named && !p.at('{') {
		return
	}
	if !between() {
		return
	}
	if !p.at('{') {
		p.unexpected("`{` to begin " + what)
		for !p.at('{') {
			if p.next(); p.at(eof) || p.first(p.pos) {
				return
			}
		}
	}
	list, ok = members(p, b, member)
	if ok {
		a, ok = p.annotations()
	}
	return name, list, a, ok
}

func nothing() bool { return true }

// enum parses enum name { values }.
func (p *parser) enum() (*Enum, bool) {
	start := p.pos
	p.next()
	n := new(Enum)
	errors := len(*p.list)
	var ok bool
	n.Name, n.Values, n.Annotations, ok = body(p, "an enum", &n.Body, nothing, p.enumValue)
	p.lost = p.lost || len(*p.list) > errors
	n.Span = p.span(start)
	if n.Name.Name == "" {
		return nil, ok
	}
	return n, ok
}

func (p *parser) enumValue() (*EnumValue, bool) {
	start := p.pos
	n := new(EnumValue)
	var ok bool
	if n.Name, ok = p.name("an enum value"); !ok {
		return nil, false
	}
	if p.accept('=') {
		if !p.at(integer) {
			return nil, p.unexpected("an integer as the number of `" + n.Name.Name + "`")
		}
		n.Number = p.integer()
	}
	if n.Annotations, ok = p.annotations(); !ok {
		return nil, false
	}
	n.Span = p.span(start)
	p.separator()
	n.Comments = p.claim(start)
	return n, true
}

// senum parses senum name { strings }.
func (p *parser) senum() (*Senum, bool) {
	start := p.pos
	p.next()
	n := new(Senum)
	var ok bool
	n.Name, n.Values, n.Annotations, ok = body(p, "a senum", &n.Body, nothing, func() (*Element, bool) {
		if !p.at(literal) {
			return nil, p.unexpected("a string")
		}
		return p.element()
	})
	n.Span = p.span(start)
	if n.Name.Name == "" {
		return nil, ok
	}
	return n, ok
}

// structure parses a struct, a union or an exception.
func (p *parser) structure() (*Struct, bool) {
	start := p.pos
	n := &Struct{Keyword: p.next().text()}
	what := map[string]string{"struct": "a struct", "union": "a union", "exception": "an exception"}[n.Keyword]
	xsd := func() bool {
		n.XSDAll = p.acceptWord("xsd_all")
		return true
	}
	var ok bool
	n.Name, n.Fields.List, n.Annotations, ok = body(p, what, &n.Fields.Brackets, xsd, p.field)
	number(n.Fields.List)
	n.Span = p.span(start)
	if n.Name.Name == "" {
		return nil, ok
	}
	return n, ok
}
