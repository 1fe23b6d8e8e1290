package thriftidl

import (
	"bytes"
	"strings"
)

// The layout of printed files.
const (
	indentWidth = 4
	lineWidth   = 100 // lists that go further are printed with one element on a line
)

// Print returns f in canonical form: one way to indent, to separate and to
// break lines; names, values, order and comments as they are, single empty
// lines where f has some. Parsing it gives the same tree, but for positions;
// printing that gives the same text. f must have been parsed without errors.
func Print(f *File) []byte {
	p := new(printer)
	for i, n := range f.Nodes {
		if i > 0 && (isBlock(n) || isBlock(f.Nodes[i-1]) || isHeader(n) != isHeader(f.Nodes[i-1])) {
			p.blank()
		}
		p.leading(*n.comments(), i == 0)
		p.node(n)
		p.trailing(n.comments().Trailing)
		p.newline()
	}
	p.comments(f.Tail, len(f.Nodes) == 0)
	return p.out
}

func isHeader(n Node) bool {
	switch n.(type) {
	case *Include, *Namespace:
		return true
	}
	return false
}

// isBlock reports whether n has a body.
func isBlock(n Node) bool {
	switch n.(type) {
	case *Enum, *Senum, *Struct, *Service:
		return true
	}
	return false
}

// A printer writes text; print_node.go knows the grammar.
type printer struct {
	out    []byte
	indent int

	// A flat printer writes what must stay on one line: it gives up, which
	// sets broken, if there are comments or the line gets too long.
	flat   bool
	room   int
	broken bool
}

func (p *printer) text(parts ...string) {
	for _, s := range parts {
		p.out = append(p.out, s...)
	}
	if p.flat && len(p.out) > p.room {
		p.broken = true
	}
}

// line returns what stands on the current line.
func (p *printer) line() []byte { return p.out[bytes.LastIndexByte(p.out, '\n')+1:] }

func (p *printer) newline() { p.out = append(p.out, '\n') }

// begin indents a line.
func (p *printer) begin() { p.text(strings.Repeat(" ", p.indent*indentWidth)) }

// blank makes sure that an empty line stands before the current one.
func (p *printer) blank() {
	if len(p.out) > 0 && !bytes.HasSuffix(p.out, []byte("\n\n")) {
		p.newline()
	}
}

// comment writes c where the line stands. Its further lines are indented like
// the line that it begins on, as the scanner expects.
func (p *printer) comment(c Comment) {
	line := p.line()
	indent := strings.Repeat(" ", len(line)-len(bytes.TrimLeft(line, " \t")))
	for i, l := range strings.Split(c.Text, "\n") {
		if i > 0 {
			p.newline()
			if l != "" {
				p.text(indent)
			}
		}
		p.text(l)
	}
}

// comments writes comments on lines of their own.
func (p *printer) comments(list []Comment, first bool) {
	for _, c := range list {
		if c.Blank && !first {
			p.blank()
		}
		first = false
		p.begin()
		p.comment(c)
		p.newline()
	}
}

// leading writes what stands above a node, which begins a line. No empty line
// comes before the first node of a list.
func (p *printer) leading(c Comments, first bool) {
	p.comments(c.Leading, first)
	if c.Blank && !(first && len(c.Leading) == 0) {
		p.blank()
	}
	p.begin()
}

func (p *printer) trailing(list []Comment) {
	for _, c := range list {
		p.text(" ")
		p.comment(c)
	}
}

// An item is an element of a list with its comments.
type item struct {
	comments Comments
	print    func()
}

// block writes a list with every element on a line of its own.
func (p *printer) block(opening, closing string, b Brackets, items []item) {
	if p.flat {
		p.broken = true
		return
	}
	p.text(opening)
	p.trailing(b.Open)
	if len(items)+len(b.Open)+len(b.Tail) > 0 {
		p.newline()
		p.indent++
		for i, it := range items {
			p.leading(it.comments, i == 0)
			it.print()
			p.text(",")
			p.trailing(it.comments.Trailing)
			p.newline()
		}
		p.comments(b.Tail, len(items) == 0)
		p.indent--
		p.begin()
	}
	p.text(closing)
}

// flow writes a list on the line if it has no comments and ends before width,
// and as a block if not.
func (p *printer) flow(opening, closing string, width int, b Brackets, items []item) {
	inline := func() {
		p.broken = p.broken || len(b.Open)+len(b.Tail) > 0
		p.text(opening)
		for i, it := range items {
			if c := it.comments; p.broken || len(c.Leading)+len(c.Trailing) > 0 {
				p.broken = true
				return
			}
			if i > 0 {
				p.text(", ")
			}
			it.print()
		}
		p.text(closing)
	}
	if p.flat {
		inline()
	} else if !p.fits(width, inline) {
		p.block(opening, closing, b, items)
	}
}

// fits writes on the line what print prints, if that is possible up to width.
func (p *printer) fits(width int, print func()) bool {
	saved := *p
	start := len(p.out) - len(p.line())
	p.flat, p.room = true, start+width
	print()
	ok := !p.broken
	out := p.out
	*p = saved
	if ok {
		p.out = out
	}
	return ok
}
