package thriftidl

// fields parses the fields between brackets of either kind, from the opening
// one, which is the current token.
func (p *parser) fields() (*FieldList, bool) {
	l := new(FieldList)
	var ok bool
	l.List, ok = members(p, &l.Brackets, p.field)
	number(l.List)
	return l, ok
}

// number gives ids to the fields: the written ones, and counting down from -1
// those that Apache assigns to the others.
func number(fields []*Field) {
	next := int64(-1)
	for _, f := range fields {
		if f.ID == nil {
			f.Number = next
			next--
			continue
		}
		f.Number, _ = f.ID.Int() // checked with its range, later
		if f.Number <= 0 && f.Number > -1<<31 {
			next = f.Number - 1
		}
	}
}

// field parses one field, with its separator.
func (p *parser) field() (*Field, bool) {
	start := p.pos
	f := new(Field)
	if p.at(integer) {
		f.ID = p.integer()
		if !p.expect(':', "the id of a field") {
			return nil, false
		}
	}
	if t := p.cur(); t.is("required") || t.is("optional") {
		f.Requiredness = Ident{t.text(), p.next().span}
	}
	if f.ID == nil && f.Requiredness.Name == "" && !p.at(ident) {
		return nil, p.unexpected("a field")
	}
	var ok bool
	if f.Type, ok = p.fieldType(); !ok {
		return nil, false
	}
	f.Reference = p.accept('&')
	if f.Name, ok = p.fieldName(); !ok {
		return nil, false
	}
	if p.accept('=') {
		if f.Default, ok = p.value(); !ok {
			return nil, false
		}
	}
	if !p.xsd(f) {
		return nil, false
	}
	if f.Annotations, ok = p.annotations(); !ok {
		return nil, false
	}
	f.Span = p.span(start)
	p.separator()
	f.Comments = p.claim(start)
	return f, true
}

// fieldName parses the name of a field, which may be a keyword if it stands
// on the line of its type.
func (p *parser) fieldName() (Ident, bool) {
	t := p.cur()
	if t.kind == ident && keywords[t.text()] && !t.is("true") && !t.is("false") && !p.first(p.pos) {
		return p.simple(), true
	}
	return p.name("a field")
}

// xsd parses what was once there for XML schemas.
func (p *parser) xsd(f *Field) bool {
	f.XSDOptional = p.acceptWord("xsd_optional")
	f.XSDNillable = p.acceptWord("xsd_nillable")
	if !p.atWord("xsd_attrs") {
		return true
	}
	p.next()
	if !p.at('{') {
		return p.unexpected("`{` after `xsd_attrs`")
	}
	if !p.enter("xsd_attrs") {
		return false
	}
	defer p.leave()
	var ok bool
	f.XSDAttrs, ok = p.fields()
	return ok
}
