package protofmt

import (
	"strings"

	"github.com/bufbuild/protocompile/ast"
)

// A token is a piece of the source with the comments around it.
type token struct {
	text   string
	before []comment // between the line of the token before it and this one
	behind []comment // on its line, with nothing but comments behind them
	blank  bool      // an empty line stands above it
	first  bool      // it began a line
	end    bool      // it is behind everything

	// What the syntax tree knows of it.
	glued bool // no space comes before it
	fill  bool // the line may be broken before it
	force bool // the line is broken before it
	drop  bool // a stray semicolon
}

func (t *token) bare() bool { return len(t.before)+len(t.behind) == 0 }

// A comment has its markers; further lines of a block are indented relative
// to the line on which it begins.
type comment struct {
	text  string
	own   bool // nothing but comments stands before it on its line
	blank bool // an empty line stands above it
}

func (c comment) line() bool { return strings.HasPrefix(c.text, "//") }

// scan returns the tokens of a file, the end of which is the last one. The
// index of a token is its number among the items, comments included.
func scan(tree *ast.FileNode, text string) map[ast.Token]*token {
	tokens := map[ast.Token]*token{}
	var last *token
	var waiting []comment // on the line of last, so far
	var own []comment
	end, lines := 0, 0 // where the last item ends, line breaks since the last token
	items := tree.Items()
	for item, ok := items.First(); ok; item, ok = items.Next(item) {
		info := tree.ItemInfo(item)
		start := info.Start().Offset
		raw := strings.TrimRight(info.RawText(), " \t\r\n")
		gap := strings.Count(text[end:start], "\n")
		lines += gap
		end = start + len(raw)
		t, c := tree.GetItem(item)
		if c.IsValid() {
			found := comment{relative(raw, indentation(text, start)), lines > 0 || last == nil, gap > 1}
			if found.own {
				own = append(own, found)
			} else {
				waiting = append(waiting, found)
			}
			continue
		}
		tok := &token{text: raw, blank: gap > 1, first: lines > 0 || last == nil, end: raw == ""}
		switch {
		case last != nil && (lines > 0 || tok.end):
			last.behind = waiting
		default:
			own = append(waiting, own...)
		}
		tok.before = own
		waiting, own, lines = nil, nil, 0
		tokens[t] = tok
		last = tok
	}
	return tokens
}

// indentation returns how much white space begins the line of an offset.
func indentation(text string, offset int) int {
	line := text[strings.LastIndexByte(text[:offset], '\n')+1 : offset]
	return len(line) - len(strings.TrimLeft(line, " \t"))
}

// relative removes up to indent bytes of white space from the further lines
// of a comment.
func relative(text string, indent int) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		l = strings.TrimRight(l, " \t\r")
		if i > 0 {
			blank := len(l) - len(strings.TrimLeft(l, " \t"))
			l = l[min(indent, blank):]
			if i == len(lines)-1 && l == "*/" || strings.HasPrefix(l, "*") {
				l = " " + l // the stars of a block stand below each other
			}
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}
