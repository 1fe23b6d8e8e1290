// Package thriftidl reads and prints the Thrift interface language: the whole
// grammar of Apache Thrift 0.25, what remains in use of older ones, and the
// liberties that other compilers take.
//
// [Parse] cuts the text into tokens (scanner.go), each with the comments
// around it, and builds the syntax tree (ast.go) by recursive descent, one
// file per part of the grammar (parse_*.go). It reports every error it finds,
// recovers at the next member or definition, and always returns a tree.
// [Print] writes a tree in canonical form.
//
// The package knows nothing about meaning: names are not resolved, values are
// not compared with types. A tree is immutable once parsed.
package thriftidl

import (
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// maxDepth is how deep types and values may nest. Real ones stay below ten.
const maxDepth = 64

// Parse returns the syntax of f and what is wrong with it. Where there are
// errors, the tree lacks the parts that could not be understood.
func Parse(f *source.File) (*File, report.List) {
	var list report.List
	p := &parser{file: f, list: &list, tokens: scan(f, &list), failed: -1}
	tree := p.tree()
	for _, d := range list {
		p.lost = p.lost || d.Code == "unterminated-comment"
	}
	tree.Incomplete = p.lost
	list.Sort()
	return tree, list
}

// A parser walks over the tokens. Methods that parse something return false
// if they could not; then the error is already in the list, and whoever
// parses a list of such things skips to the next.
type parser struct {
	file   *source.File
	list   *report.List
	tokens []token
	pos    int
	member int // the token at which the current member or definition begins
	depth  int
	failed int  // the token that the last syntax error was about
	lost   bool // a definition could not be understood
}

func (p *parser) cur() *token { return &p.tokens[p.pos] }

func (p *parser) at(k kind) bool { return p.cur().kind == k }

func (p *parser) atWord(s string) bool { return p.cur().is(s) }

// next returns the current token and moves on; it stays at the end.
func (p *parser) next() *token {
	t := p.cur()
	if t.kind != eof {
		p.pos++
	}
	return t
}

func (p *parser) accept(k kind) bool {
	if p.at(k) {
		p.next()
		return true
	}
	return false
}

func (p *parser) acceptWord(s string) bool {
	if p.atWord(s) {
		p.next()
		return true
	}
	return false
}

// separator skips one comma or semicolon.
func (p *parser) separator() { _ = p.accept(',') || p.accept(';') }

// expect moves past a token of kind k, or complains.
func (p *parser) expect(k kind, after string) bool {
	if p.accept(k) {
		return true
	}
	return p.unexpected("`" + string(rune(k)) + "` after " + after)
}

// unexpected complains that the current token is not what was wanted, once
// per token, and returns false. About tokens that the scanner complained
// about, it is silent.
func (p *parser) unexpected(want string) bool {
	t := p.cur()
	if p.failed == p.pos || t.kind == bad {
		p.failed = p.pos
		return false
	}
	p.failed = p.pos
	switch {
	case t.kind == eof:
		p.list.Errorf("syntax", p.end(), "expected %s, found %s", want, t)
	case p.pos > p.member && p.first(p.pos):
		// What is missing is missing where the last line ends.
		p.list.Errorf("syntax", p.end(), "expected %s, found the end of the line", want)
	default:
		p.list.Errorf("syntax", t.span, "expected %s, found %s", want, t)
	}
	return false
}

// end returns the place behind the last token.
func (p *parser) end() source.Span {
	if p.pos == 0 {
		return p.cur().span
	}
	end := p.tokens[p.pos-1].span.End
	return source.Span{File: p.file, Start: end, End: end}
}

// first reports whether token i is the first on its line.
func (p *parser) first(i int) bool {
	return i == 0 || p.tokens[i-1].end < p.tokens[i].line
}

// atDefinition reports whether a header or definition begins here, as far as
// one can tell in the midst of another: a line begins with its keyword, and
// something that can follow follows.
func (p *parser) atDefinition() bool {
	t := p.cur()
	if t.kind != ident || !p.first(p.pos) {
		return false
	}
	word, next := t.text(), p.tokens[p.pos+1]
	if next.line != t.line || next.kind != ident && next.kind != literal && next.kind != '*' {
		return false
	}
	// The words of old grammars are names elsewhere, so more must fit.
	switch behind := min(p.pos+2, len(p.tokens)-1); {
	case word == "senum":
		return p.tokens[behind].kind == '{'
	case legacyNamespaces[word] != "":
		return p.tokens[behind].kind == eof || p.first(behind)
	}
	return definitionWords[word]
}

// span returns the span of the tokens from the one at start to the last one.
func (p *parser) span(start int) source.Span {
	s := p.tokens[start].span
	if p.pos > start {
		return s.To(p.tokens[p.pos-1].span)
	}
	return s
}

// enter notes that the grammar recurses; if it returns nil, leave must follow.
func (p *parser) enter(what string) bool {
	if p.depth == maxDepth {
		if p.failed != p.pos {
			p.list.Errorf("nesting-too-deep", p.cur().span, "%s nests deeper than %d levels", what, maxDepth)
		}
		p.failed = p.pos
		return false
	}
	p.depth++
	return true
}

func (p *parser) leave() { p.depth-- }

// name parses an identifier without dots; what says whose name it is.
func (p *parser) name(what string) (Ident, bool) {
	t := p.cur()
	if t.kind != ident || p.atDefinition() {
		return Ident{}, p.unexpected("the name of " + what)
	}
	if keywords[t.text()] {
		if p.first(p.pos) && p.pos > p.member {
			return Ident{}, p.unexpected("the name of " + what)
		}
		p.keyword(t, what)
	}
	return p.simple(), true
}

// keyword complains about a keyword as a name. Where no type can stand, other
// compilers accept it.
func (p *parser) keyword(t *token, what string) {
	switch what {
	case "a constant", "an enum value", "a function", "a service":
		p.list.Warnf("keyword-as-name", t.span, "`%s` is a keyword", t.text()).
			Hint("Apache Thrift does not accept it as the name of %s", what)
	default:
		p.list.Errorf("keyword-as-name", t.span, "`%s` is a keyword and cannot name %s", t.text(), what)
	}
}

// simple returns the current word as a name, and complains if it has dots.
func (p *parser) simple() Ident {
	t := p.next()
	id := Ident{t.text(), t.span}
	for i := 0; i < len(id.Name); i++ {
		if id.Name[i] == '.' {
			p.list.Errorf("dotted-name", t.span, "the name `%s` must not contain a dot", id.Name)
			break
		}
	}
	return id
}

// literal returns the current token, a string.
func (p *parser) literal() *Literal {
	t := p.next()
	return &Literal{Raw: t.text(), Value: t.value, Span: t.span}
}
