package protofmt

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bufbuild/protocompile/ast"
)

// The layout of formatted files.
const (
	indentWidth = 2
	lineWidth   = 100 // lists that go further are written with one element on a line
)

// A printer writes tokens.
type printer struct {
	*layout
	out    []byte
	indent int
	began  ast.Token // the token whose leading comments are written already
	ready  bool      // nothing stands on the line yet but its indentation
	ended  bool      // the line cannot go on, because of a comment

	// A flat printer writes what must stay on one line; it gives up when the
	// line gets too long.
	flat   bool
	broken bool
}

func (p *printer) file() {
	p.began = -1
	for i, e := range p.elements {
		end := p.eof - 1
		if i+1 < len(p.elements) {
			end = p.elements[i+1].start - 1
		}
		if i > 0 {
			before := p.elements[i-1]
			if (e.body || before.body || e.group != before.group) && !p.detached(e.start) {
				p.blank()
			}
		}
		p.element(e.start, end, i == 0)
	}
	p.above(p.tokens[p.eof].before, len(p.elements) == 0)
}

// detached reports whether a comment stands apart from the token below it:
// then an empty line above the comment has a meaning.
func (p *printer) detached(start ast.Token) bool {
	t := p.tokens[start]
	for i, c := range t.before {
		if i > 0 && c.blank {
			return true
		}
	}
	return len(t.before) > 0 && t.blank
}

// element writes the tokens from start to end on lines of their own.
func (p *printer) element(start, end ast.Token, first bool) {
	t := p.tokens[start]
	p.above(t.before, first && !p.detached(start))
	if t.blank && !(first && len(t.before) == 0) {
		p.blank()
	}
	p.begin(start)
	p.run(start, end)
	p.newline()
}

// above writes comments on lines of their own.
func (p *printer) above(comments []comment, first bool) {
	for i, c := range comments {
		if c.blank && !(first && i == 0) {
			p.blank()
		}
		p.line(p.indent)
		p.comment(c)
		p.newline()
	}
}

// run writes tokens where the line stands.
func (p *printer) run(from, to ast.Token) {
	for t := from; t <= to && !p.broken; t++ {
		tok := p.tokens[t]
		if tok == nil || tok.drop {
			continue // a comment, for one
		}
		if l := p.lists[t]; l != nil {
			p.list(l)
			t = l.close
			continue
		}
		p.token(t, to)
	}
}

// token writes one with the comments around it.
func (p *printer) token(at, to ast.Token) {
	t := p.tokens[at]
	if p.began != at {
		p.within(t.before)
	}
	switch {
	case p.ended, t.force, t.fill && !p.ready && p.width()+p.ahead(at, to) > lineWidth:
		p.resume()
	case !t.glued && !p.ready:
		p.text(" ")
	}
	p.text(t.text)
	for _, c := range t.behind {
		if p.ended {
			p.resume()
		} else {
			p.text(" ")
		}
		p.comment(c)
		p.ended = c.line()
	}
}

// within writes comments in the midst of a line.
func (p *printer) within(comments []comment) {
	for _, c := range comments {
		switch {
		case c.own || p.ended:
			p.resume()
		case !p.ready:
			p.text(" ")
		}
		p.comment(c)
		p.ended = c.own || c.line()
	}
}

// ahead returns the width of what follows up to the next place for a break.
func (p *printer) ahead(at, to ast.Token) int {
	n := 0
	for t := at; t <= to; t++ {
		tok := p.tokens[t]
		if tok == nil {
			continue
		}
		if t > at && tok.fill || p.lists[t] != nil {
			break
		}
		n += 1 + utf8.RuneCountInString(tok.text)
		if tok.glued {
			n--
		}
	}
	return n
}

// list writes something in brackets: on the line if it can be and there is
// room, or else with every element on a line of its own.
func (p *printer) list(l *list) {
	if p.flat || !l.body && !l.apart && p.fits(l) {
		if p.flat {
			p.inline(l)
		}
		return
	}
	p.token(l.open, l.open)
	last := p.tokens[l.close]
	if len(l.starts) == 0 && !p.ended && !slices.ContainsFunc(last.before, func(c comment) bool { return c.own }) {
		p.ready = len(last.before)+len(p.tokens[l.open].behind) == 0 // no space between the brackets
		p.within(last.before)
		p.began = l.close
		p.token(l.close, l.close)
		return
	}
	p.newline()
	p.indent++
	for i, s := range l.starts {
		end := l.close - 1
		if i+1 < len(l.starts) {
			end = l.starts[i+1] - 1
		}
		p.element(s, end, i == 0)
	}
	p.above(last.before, len(l.starts) == 0 && !p.detached(l.close))
	if last.blank && len(last.before) > 0 {
		p.blank() // the comment may be about what is above it
	}
	p.indent--
	p.begin(l.close)
	p.token(l.close, l.close)
}

// inline writes a list on the line.
func (p *printer) inline(l *list) {
	p.token(l.open, l.open)
	if !l.spaced || len(l.starts) == 0 {
		p.ready = true
	}
	p.run(l.open+1, l.close-1)
	if !l.spaced || len(l.starts) == 0 {
		p.ready = true
	}
	p.token(l.close, l.close)
}

// fits writes a list on the line, if that is possible.
func (p *printer) fits(l *list) bool {
	saved := *p
	p.flat = true
	p.inline(l)
	// A semicolon or a comma follows.
	ok := !p.broken && p.width() < lineWidth
	if !ok {
		*p = saved
		return false
	}
	p.flat = false
	return true
}

func (p *printer) text(s string) {
	p.out = append(p.out, s...)
	p.ready = false
	if p.flat && p.width() >= lineWidth {
		p.broken = true
	}
}

// comment writes c where the line stands. Its further lines are indented like
// the line that it begins on.
func (p *printer) comment(c comment) {
	line := p.current()
	indent := string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
	for i, l := range strings.Split(c.text, "\n") {
		if i > 0 {
			p.newline()
			if l != "" {
				l = indent + l
			}
		}
		p.text(l)
	}
}

// current returns what stands on the line.
func (p *printer) current() []byte { return p.out[bytes.LastIndexByte(p.out, '\n')+1:] }

func (p *printer) width() int { return utf8.RuneCount(p.current()) }

// begin begins a line with a token whose leading comments are written.
func (p *printer) begin(t ast.Token) {
	p.line(p.indent)
	p.began = t
}

// line indents a line.
func (p *printer) line(indent int) {
	p.out = append(p.out, strings.Repeat(" ", indent*indentWidth)...)
	p.ready, p.ended = true, false
}

// resume goes on with a statement on the next line.
func (p *printer) resume() {
	if !p.ready {
		p.newline()
		p.line(p.indent + 2)
	}
	p.ended = false
}

func (p *printer) newline() {
	p.out = append(p.out, '\n')
	p.ended = false
}

// blank makes sure that an empty line stands above the current one.
func (p *printer) blank() {
	if len(p.out) > 0 && !bytes.HasSuffix(p.out, []byte("\n\n")) {
		p.out = append(p.out, '\n')
	}
}
