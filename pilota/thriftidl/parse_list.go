package thriftidl

import "strings"

// members parses a bracketed list, from the opening bracket, which is the
// current token, to the one that closes it. member parses one element with
// its separator. The list is false if it is not closed.
func members[M any](p *parser, b *Brackets, member func() (M, bool)) ([]M, bool) {
	start := p.pos
	opening := p.next()
	closing := map[kind]kind{'(': ')', '{': '}', '[': ']'}[opening.kind]
	b.Open = take(&opening.trailing)
	var list []M
	for !p.at(closing) {
		if p.at(eof) || p.atDefinition() || closing != '}' && p.at('}') || closing == ')' && p.atFunction() {
			b.Span = p.span(start)
			return list, p.unclosed(opening, closing)
		}
		at := p.pos
		p.member = at
		m, ok := member()
		if ok {
			list = append(list, m)
			continue
		}
		if p.pos == at && strings.IndexByte("([{", byte(p.cur().kind)) < 0 {
			p.next() // unless it opens a list, which is skipped as a whole
		}
		p.skip(closing)
	}
	b.Tail = take(&p.cur().leading)
	p.next()
	b.Span = p.span(start)
	return list, true
}

// atFunction reports whether a line begins here that can only be a function:
// two names and an argument list.
func (p *parser) atFunction() bool {
	if !p.first(p.pos) || p.pos+4 >= len(p.tokens) {
		return false
	}
	t := p.tokens[p.pos : p.pos+5]
	return t[0].kind == ident && t[1].kind == ident && t[2].kind == '(' &&
		(t[3].kind == ')' || t[3].kind == integer && t[4].kind == ':')
}

func (p *parser) unclosed(opening *token, closing kind) bool {
	if p.failed != p.pos || p.at(eof) {
		at := p.cur().span
		if p.at(eof) {
			at = p.end()
		}
		p.list.Errorf("unclosed-bracket", at, "expected `%c`, found %s", rune(closing), p.cur()).
			Relate(opening.span, "to close this")
	}
	p.failed = p.pos
	return false
}

// skip moves to where the next member can begin: past a separator, to the
// first word or number of a line, or to the closing bracket of the list.
func (p *parser) skip(closing kind) {
	for nested := 0; ; p.next() {
		t := p.cur()
		switch t.kind {
		case eof:
			return
		case '(', '[', '{':
			nested++
		case ')', ']', '}':
			if nested == 0 && (t.kind == closing || t.kind == '}') {
				return
			}
			nested = max(nested-1, 0)
		case ',', ';':
			if nested == 0 {
				p.next()
				return
			}
		case ident, integer:
			if p.atDefinition() || nested == 0 && p.first(p.pos) {
				return
			}
		}
	}
}

// annotations parses (key = "value", ...) if a parenthesis is there.
func (p *parser) annotations() (*Annotations, bool) {
	if !p.at('(') {
		return nil, true
	}
	a := new(Annotations)
	var ok bool
	a.List, ok = members(p, &a.Brackets, p.annotation)
	return a, ok
}

func (p *parser) annotation() (*Annotation, bool) {
	start := p.pos
	if !p.at(ident) {
		return nil, p.unexpected("the key of an annotation")
	}
	t := p.next()
	a := &Annotation{Key: Ident{t.text(), t.span}}
	if p.accept('=') {
		if !p.at(literal) {
			return nil, p.unexpected("a string as the value of annotation `" + a.Key.Name + "`")
		}
		a.Value = p.literal()
	}
	a.Span = p.span(start)
	p.separator()
	a.Comments = p.claim(start)
	return a, true
}
