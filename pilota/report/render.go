package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/volo-go/volo/pilota/source"
)

// A Style says how to render.
type Style struct {
	Color bool // ANSI colours; the caller knows whether this is a terminal
}

// Render writes every diagnostic of the list, an empty line after each, and
// returns the first error of w.
func (l List) Render(w io.Writer, style Style) error {
	for _, d := range l {
		if _, err := io.WriteString(w, d.Render(style)+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// Render returns the diagnostic as rustc would show it: the message, where,
// the lines concerned with carets under the spans, and help. The result ends
// with a newline.
func (d *Diagnostic) Render(style Style) string {
	r := renderer{color: style.Color}
	word := red
	if d.Severity == Warning {
		word = yellow
	}
	r.paint(word, d.Severity.String())
	r.paint(bold, ": "+d.Message)
	if d.Code != "" {
		r.text(" [" + d.Code + "]")
	}
	r.text("\n")

	places := d.places()
	r.gutter = gutterWidth(places)
	var file *source.File
	for _, p := range places {
		if p.span.File != file {
			if p.primaryFile {
				r.heading("--> ", d.Primary.Span.Pos())
			} else {
				r.bar("")
				r.heading("::: ", p.span.Pos())
			}
			file, r.last = p.span.File, 0
		}
		r.place(p, word)
	}
	if len(places) > 0 && len(d.Help) > 0 {
		r.bar("")
	}
	for _, h := range d.Help {
		r.help(h)
	}
	return r.b.String()
}

// A place is a label with its lines worked out.
type place struct {
	label       string
	span        source.Span
	from, to    int // lines, counted from 1
	mark        byte
	primaryFile bool
}

// places returns the spans of d in the order to show them: the primary's file
// first, each file from top to bottom.
func (d *Diagnostic) places() []place {
	var places []place
	add := func(l Label, mark byte) {
		if l.Span.IsZero() {
			return
		}
		end := l.Span.End
		if end > l.Span.Start {
			end-- // a span that ends with a newline ends on that line
		}
		places = append(places, place{
			label: l.Text, span: l.Span, mark: mark,
			from: l.Span.Pos().Line, to: l.Span.File.Pos(end).Line,
			primaryFile: l.Span.File == d.Primary.Span.File,
		})
	}
	add(d.Primary, '^')
	for _, l := range d.Related {
		add(l, '-')
	}
	slices.SortStableFunc(places, func(a, b place) int {
		switch {
		case a.primaryFile != b.primaryFile:
			if a.primaryFile {
				return -1
			}
			return 1
		case a.span.File != b.span.File:
			return strings.Compare(a.span.File.Name, b.span.File.Name)
		default:
			return a.span.Start - b.span.Start
		}
	})
	return places
}

// gutterWidth returns how many columns the largest line number takes.
func gutterWidth(places []place) int {
	if len(places) == 0 {
		return 0
	}
	line := 0
	for _, p := range places {
		line = max(line, p.to)
	}
	return len(strconv.Itoa(line))
}

// The escape sequences in use.
const (
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[1;34m"
	bold   = "\x1b[1m"
	plain  = "\x1b[0m"
)

type renderer struct {
	b      strings.Builder
	color  bool
	gutter int
	last   int // the line shown last in the current file, 0 for none
}

func (r *renderer) text(s string) { r.b.WriteString(s) }

func (r *renderer) paint(color, s string) {
	if !r.color {
		r.text(s)
		return
	}
	r.text(color + s + plain)
}

// heading writes where the places that follow are.
func (r *renderer) heading(arrow string, pos source.Pos) {
	r.text(strings.Repeat(" ", r.gutter))
	r.paint(blue, arrow)
	r.text(pos.String() + "\n")
	r.bar("")
}

// bar writes a line without a number.
func (r *renderer) bar(s string) {
	r.text(strings.Repeat(" ", r.gutter+1))
	r.paint(blue, "|")
	r.text(strings.TrimRight(" "+s, " ") + "\n")
}

// line writes line n of f, unless it was the last one written.
func (r *renderer) line(f *source.File, n int) {
	if n == r.last {
		return
	}
	if r.last != 0 && n != r.last+1 {
		r.paint(blue, "...")
		r.text("\n")
	}
	r.last = n
	text, _ := expand(f.Line(n), 0)
	r.paint(blue, fmt.Sprintf("%*d |", r.gutter, n))
	r.text(strings.TrimRight(" "+text, " ") + "\n")
}

// place writes the lines of a span and the marks below. Of a span over
// several lines, the first line is marked from the start to its end, and the
// last up to the end.
func (r *renderer) place(p place, word string) {
	color := word
	if p.mark == '-' {
		color = blue
	}
	f := p.span.File
	start, from := lineStart(f, p.span.Start), p.from
	if p.from != p.to {
		r.line(f, p.from)
		text := f.Line(p.from)
		r.marks(text, p.span.Start-start, len(text), p.mark, "", color)
		start, from = lineStart(f, p.span.End-1), p.to
		r.line(f, from)
		text = f.Line(from)
		indent := len(text) - len(strings.TrimLeft(text, " \t"))
		r.marks(text, min(indent, p.span.End-start-1), p.span.End-start, p.mark, p.label, color)
		return
	}
	r.line(f, from)
	r.marks(f.Line(from), p.span.Start-start, p.span.End-start, p.mark, p.label, color)
}

func lineStart(f *source.File, offset int) int {
	return strings.LastIndexByte(f.Text[:offset], '\n') + 1
}

// marks writes a line of marks under text[from:to], at least one, and the
// label behind them.
func (r *renderer) marks(text string, from, to int, mark byte, label, color string) {
	from = min(from, len(text))
	to = min(max(to, from), len(text))
	_, left := expand(text[:from], 0)
	_, right := expand(text[from:to], left)
	s := strings.Repeat(string(mark), max(right-left, 1))
	if label != "" {
		s += " " + label
	}
	r.text(strings.Repeat(" ", r.gutter+1))
	r.paint(blue, "|")
	r.text(strings.Repeat(" ", left+1))
	r.paint(color, s)
	r.text("\n")
}

// help writes a hint; its further lines are aligned under the first.
func (r *renderer) help(s string) {
	first, rest, more := strings.Cut(s, "\n")
	r.text(strings.Repeat(" ", r.gutter+1))
	r.paint(blue, "=")
	r.paint(bold, " help: ")
	r.text(first + "\n")
	for more {
		first, rest, more = strings.Cut(rest, "\n")
		r.text(strings.TrimRight(strings.Repeat(" ", r.gutter+len(" = help: "))+first, " ") + "\n")
	}
}

// tabWidth is how far apart tab stops are shown.
const tabWidth = 4

// expand replaces the tabs of s, which begins at column col, and what would
// disturb a terminal. It returns the column after s.
func expand(s string, col int) (string, int) {
	var b strings.Builder
	for i, w := 0, 0; i < len(s); i += w {
		var c rune
		c, w = utf8.DecodeRuneInString(s[i:])
		switch {
		case c == '\t':
			n := tabWidth - col%tabWidth
			b.WriteString(strings.Repeat(" ", n))
			col += n
		case c == utf8.RuneError && w == 1, c < ' ', c >= 0x7f && c < 0xa0:
			b.WriteRune(utf8.RuneError)
			col++
		default:
			b.WriteRune(c)
			col += runeWidth(c)
		}
	}
	return b.String(), col
}
