package thriftidl

// value parses a constant.
func (p *parser) value() (*Value, bool) {
	t := p.cur()
	v := &Value{Text: t.text(), Span: t.span}
	switch {
	case t.kind == integer:
		return p.integer(), true
	case t.kind == double:
		v.Kind = DoubleValue
	case t.kind == literal:
		v.Kind = StringValue
		v.String = t.value
	case t.kind == ident && !p.atDefinition():
		v.Kind = NameValue
	case t.kind == '[' || t.kind == '{':
		return p.composite()
	default:
		return nil, p.unexpected("a value")
	}
	p.next()
	return v, true
}

// integer returns the current token, an integer.
func (p *parser) integer() *Value {
	t := p.next()
	return &Value{Kind: IntValue, Text: t.text(), Span: t.span}
}

// composite parses [elements] or {keys: values}.
func (p *parser) composite() (*Value, bool) {
	if !p.enter("a value") {
		return nil, false
	}
	defer p.leave()
	v := &Value{Kind: ListValue}
	var ok bool
	if p.at('[') {
		v.List, ok = members(p, &v.Body, p.element)
	} else {
		v.Kind = MapValue
		v.Entries, ok = members(p, &v.Body, p.entry)
	}
	v.Span = v.Body.Span
	return v, ok
}

// element parses one value of a list, with its separator.
func (p *parser) element() (*Element, bool) {
	start := p.pos
	e := new(Element)
	var ok bool
	if e.Value, ok = p.value(); !ok {
		return nil, false
	}
	p.separator()
	e.Comments = p.claim(start)
	return e, true
}

// entry parses one key and its value, with their separator.
func (p *parser) entry() (*Entry, bool) {
	start := p.pos
	e := new(Entry)
	var ok bool
	if e.Key, ok = p.value(); !ok {
		return nil, false
	}
	if !p.expect(':', "the key") {
		return nil, false
	}
	if e.Value, ok = p.value(); !ok {
		return nil, false
	}
	p.separator()
	e.Comments = p.claim(start)
	return e, true
}
