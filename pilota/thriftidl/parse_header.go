package thriftidl

import (
	"strings"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// tree parses a file.
func (p *parser) tree() *File {
	f := &File{Source: p.file}
	definitions := false
	for !p.at(eof) {
		start := p.pos
		p.member = start
		node, ok := p.node()
		if !ok {
			p.lost = true
			p.skipToDefinition(start)
		}
		if node == nil {
			continue // not even a name
		}
		if p.isHeader(start) {
			if definitions {
				p.list.Errorf("header-order", p.tokens[start].span, "`%s` must stand before all definitions", p.tokens[start].text())
			}
		} else {
			definitions = true
		}
		p.separator()
		*node.comments() = p.claim(start)
		f.Nodes = append(f.Nodes, node)
	}
	f.Tail = take(&p.cur().leading)
	return f
}

func (p *parser) isHeader(i int) bool {
	switch word := p.tokens[i].text(); word {
	case "include", "cpp_include", "namespace":
		return true
	default:
		return legacyNamespaces[word] != ""
	}
}

// skipToDefinition moves to where a header or definition seems to begin,
// behind start.
func (p *parser) skipToDefinition(start int) {
	if p.pos == start {
		p.next()
	}
	for depth := p.depthSince(start); !p.at(eof); p.next() {
		if p.atDefinition() || p.first(p.pos) && p.at(ident) && (definitionWords[p.cur().text()] || depth <= 0 && p.atMisspelt()) {
			return
		}
		switch p.cur().kind {
		case '{':
			depth++
		case '}':
			depth--
		}
	}
}

// depthSince returns how many braces are open here that were not at start.
func (p *parser) depthSince(start int) (depth int) {
	for _, t := range p.tokens[start:p.pos] {
		switch t.kind {
		case '{':
			depth++
		case '}':
			depth--
		}
	}
	return depth
}

// atMisspelt reports whether what stands here looks like a definition but for
// its keyword: a name and a body follow.
func (p *parser) atMisspelt() bool {
	behind := min(p.pos+2, len(p.tokens)-1)
	return p.tokens[p.pos+1].kind == ident && p.tokens[behind].kind == '{'
}

// node parses a header or a definition. If it returns false, the node may be
// nil or incomplete.
func (p *parser) node() (Node, bool) {
	t := p.cur()
	if t.kind != ident {
		return nil, p.unexpected("a definition")
	}
	switch word := t.text(); word {
	case "include", "cpp_include":
		return nodeOf(p.include())
	case "namespace":
		return nodeOf(p.namespace())
	case "const":
		return nodeOf(p.constant())
	case "typedef":
		return nodeOf(p.typedef())
	case "enum":
		return nodeOf(p.enum())
	case "senum":
		return nodeOf(p.senum())
	case "struct", "union", "exception":
		return nodeOf(p.structure())
	case "service":
		return nodeOf(p.service())
	default:
		if legacyNamespaces[word] != "" {
			return nodeOf(p.legacyNamespace())
		}
		return nil, p.unexpectedWord(word)
	}
}

// unexpectedWord complains about a word that begins no definition, and
// suggests one.
func (p *parser) unexpectedWord(word string) bool {
	if p.failed == p.pos {
		return false
	}
	p.unexpected("a definition")
	d := (*p.list)[len(*p.list)-1]
	begins := []string{"include", "namespace", "const", "typedef", "enum", "struct", "union", "exception", "service"}
	meant := report.Nearest(word, begins)
	for _, w := range begins {
		if strings.HasPrefix(word, w) {
			meant = w // a blank is missing
		}
	}
	if meant != "" {
		d.Hint("did you mean `%s`?", meant)
		return false
	}
	d.Hint("a definition begins with const, typedef, enum, struct, union, exception or service")
	return false
}

// nodeOf turns a typed nil into a nil Node.
func nodeOf[T any, N interface {
	*T
	Node
}](n N, ok bool) (Node, bool) {
	if n == nil {
		return nil, ok
	}
	return n, ok
}

func (p *parser) include() (*Include, bool) {
	start := p.pos
	n := &Include{CPP: p.next().is("cpp_include")}
	if !p.at(literal) {
		return nil, p.unexpected("the path of a file in quotes")
	}
	n.Path = *p.literal()
	n.Span = p.span(start)
	return n, true
}

func (p *parser) namespace() (*Namespace, bool) {
	start := p.pos
	p.next()
	n := new(Namespace)
	switch {
	case p.at('*'):
		n.Scope = Ident{"*", p.next().span}
	case p.at(ident) && !p.atDefinition():
		n.Scope = p.path()
	default:
		return nil, p.unexpected("a language or `*`")
	}
	ok := p.namespacePath(n, start)
	return n, ok
}

func (p *parser) legacyNamespace() (*Namespace, bool) {
	start := p.pos
	t := p.next()
	n := &Namespace{Legacy: t.text(), Scope: Ident{legacyNamespaces[t.text()], t.span}}
	ok := p.namespacePath(n, start)
	return n, ok
}

func (p *parser) namespacePath(n *Namespace, start int) (ok bool) {
	switch {
	case p.at(literal):
		n.Quoted = p.literal()
		n.Path = Ident{n.Quoted.Value, n.Quoted.Span}
	case p.at(ident) && !p.atDefinition():
		n.Path = p.path()
	default:
		n.Span = p.span(start)
		return p.unexpected("a namespace")
	}
	n.Annotations, ok = p.annotations()
	n.Span = p.span(start)
	return ok
}

// path parses a dotted name that may have dashes. The scanner knows no
// dashes within names, so pieces that touch are put together again.
func (p *parser) path() Ident {
	span := p.next().span
	for t := p.cur(); t.span.Start == span.End && (t.kind == '-' || t.kind == ident || t.kind == integer); t = p.cur() {
		span = span.To(p.next().span)
	}
	return Ident{source.Span.Text(span), span}
}
