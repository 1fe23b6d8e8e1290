package thriftidl

// fieldType parses a type. That it exists, and that it is not void, is
// checked later.
func (p *parser) fieldType() (*Type, bool) {
	start := p.pos
	t := p.cur()
	if t.kind != ident || keywords[t.text()] && !typeWords[t.text()] || p.atDefinition() {
		return nil, p.unexpected("a type")
	}
	if !p.enter("a type") {
		return nil, false
	}
	defer p.leave()
	p.next()
	n := &Type{Name: Ident{t.text(), t.span}}
	ok := true
	switch n.Name.Name {
	case "list", "set", "map":
		ok = p.container(n)
	}
	if !ok {
		return nil, false
	}
	if n.Annotations, ok = p.annotations(); !ok {
		return nil, false
	}
	n.Span = p.span(start)
	return n, true
}

// typeWords are the keywords that name types.
var typeWords = words("void", "bool", "byte", "i8", "i16", "i32", "i64", "double", "string", "binary", "uuid", "map", "list", "set")

// container parses what follows list, set or map.
func (p *parser) container(n *Type) (ok bool) {
	if ok = p.cppType(n); !ok {
		return false
	}
	if !p.expect('<', "`"+n.Name.Name+"`") {
		return false
	}
	if n.Name.Name == "map" {
		if n.Key, ok = p.fieldType(); !ok {
			return false
		}
		if !p.expect(',', "the key type of a map") {
			return false
		}
	}
	if n.Elem, ok = p.fieldType(); !ok {
		return false
	}
	if !p.expect('>', "the type of the elements") {
		return false
	}
	if n.Name.Name == "list" && n.CPPType == nil {
		return p.cppType(n) // where it once stood
	}
	return true
}

func (p *parser) cppType(n *Type) bool {
	if !p.acceptWord("cpp_type") {
		return true
	}
	if !p.at(literal) {
		return p.unexpected("a string after `cpp_type`")
	}
	n.CPPType = p.literal()
	return true
}
