package thriftidl

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// A scanner cuts a file into tokens: scan is the loop, gap and token take
// turns in it (numbers and strings in scan_literal.go), and deal gives the
// comments of a gap to the tokens on both sides.
type scanner struct {
	file  *source.File
	src   string
	pos   int
	line  int // of pos, from 1
	begin int // of the line, an offset
	list  *report.List
}

// scan returns the tokens of f; the last one is eof.
func scan(f *source.File, list *report.List) []token {
	s := &scanner{file: f, src: f.Text, line: 1, list: list}
	if strings.HasPrefix(s.src, "\ufeff") {
		s.pos = len("\ufeff")
	}
	var tokens []token
	for {
		gap := s.gap()
		t := s.token()
		var prev *token
		if len(tokens) > 0 {
			prev = &tokens[len(tokens)-1]
		}
		gap.deal(prev, &t)
		tokens = append(tokens, t)
		if t.kind == eof {
			return tokens
		}
	}
}

func (s *scanner) span(start int) source.Span {
	return source.Span{File: s.file, Start: start, End: s.pos}
}

func (s *scanner) peek(n int) byte {
	if s.pos+n < len(s.src) {
		return s.src[s.pos+n]
	}
	return 0
}

// A gap is what stands between two tokens.
type gap struct {
	comments []gapComment
	blank    bool // an empty line stands between the last comment and the token
}

type gapComment struct {
	Comment
	line, end int
}

// gap skips white space and comments.
func (s *scanner) gap() gap {
	var g gap
	newlines := 0
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '\n':
			s.pos++
			s.line++
			s.begin = s.pos
			newlines++
		case c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f':
			s.pos++
		case c == '#', c == '/' && (s.peek(1) == '/' || s.peek(1) == '*'):
			comment := s.comment()
			comment.Blank = newlines > 1
			g.comments = append(g.comments, comment)
			newlines = 0
		default:
			g.blank = newlines > 1
			return g
		}
	}
	g.blank = newlines > 1
	return g
}

// comment reads the comment that begins here, up to and without the end of
// its line, or with its closing mark.
func (s *scanner) comment() gapComment {
	start, line := s.pos, s.line
	raw := s.src[start:]
	if !strings.HasPrefix(raw, "/*") {
		if i := strings.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[:i]
		}
		s.pos += len(raw)
		return gapComment{Comment{Text: trimRight(raw), Span: s.span(start)}, line, line}
	}
	if i := strings.Index(raw[2:], "*/"); i >= 0 {
		raw = raw[:i+4]
		s.pos += len(raw)
	} else {
		opening := source.Span{File: s.file, Start: start, End: start + 2}
		s.list.Errorf("unterminated-comment", opening, "this comment is never closed").
			Hint("close it with `*/`")
		s.pos = len(s.src)
		raw = "/*" + strings.TrimRight(raw[2:], "*/ \t\r\n") + " */"
	}
	c := gapComment{Comment{Text: s.relative(raw, start), Span: s.span(start)}, line, line}
	if last := strings.LastIndexByte(s.src[start:s.pos], '\n'); last >= 0 {
		s.line += strings.Count(s.src[start:s.pos], "\n")
		s.begin = start + last + 1
		c.end = s.line
	}
	return c
}

// relative returns the text of a block comment with the indentation of the
// line on which it begins taken from its other lines.
func (s *scanner) relative(raw string, start int) string {
	lines := strings.Split(raw, "\n")
	indent := 0
	for s.begin+indent < start && isBlank(s.src[s.begin+indent]) {
		indent++
	}
	lines[0] = trimRight(lines[0])
	for i, l := range lines[1:] {
		n := 0
		for n < indent && n < len(l) && isBlank(l[n]) {
			n++
		}
		lines[i+1] = trimRight(l[n:])
	}
	return strings.Join(lines, "\n")
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

func trimRight(s string) string { return strings.TrimRight(s, " \t\r\v\f") }

// deal gives the comments of a gap to the tokens around it. Those that begin
// on the line where prev ends are its trailing ones, unless next follows them
// on that line; the rest are the leading ones of next.
func (g gap) deal(prev, next *token) {
	next.blank = g.blank
	if prev == nil {
		next.leading = plain(g.comments)
		return
	}
	n, line := 0, prev.end
	for n < len(g.comments) && g.comments[n].line == line {
		line = g.comments[n].end
		n++
	}
	// A closing bracket has no use for comments right before it.
	if n == len(g.comments) && next.kind != eof && next.line == line && !strings.ContainsRune("})]>,;", rune(next.kind)) {
		n = 0
	}
	prev.trailing = plain(g.comments[:n])
	next.leading = plain(g.comments[n:])
}

func plain(comments []gapComment) []Comment {
	var list []Comment
	for _, c := range comments {
		list = append(list, c.Comment)
	}
	return list
}

// token reads the token that begins here.
func (s *scanner) token() token {
	start, line := s.pos, s.line
	t := token{line: line}
	c := s.peek(0)
	switch {
	case s.pos >= len(s.src):
		t.kind = eof
	case isLetter(c):
		t.kind = s.word()
	case isDigit(c), c == '.' && isDigit(s.peek(1)),
		(c == '+' || c == '-') && (isDigit(s.peek(1)) || s.peek(1) == '.' && isDigit(s.peek(2))):
		t.kind = s.number()
	case c == '"' || c == '\'':
		t.kind, t.value = s.quoted(c)
	case strings.IndexByte(":;,{}()=<>[]*&-", c) >= 0 && c != 0:
		s.pos++
		t.kind = kind(c)
	default:
		t.kind = s.invalid()
	}
	t.span, t.end = s.span(start), s.line
	return t
}

// invalid skips a run of bytes that begin no token, and complains once.
func (s *scanner) invalid() kind {
	start := s.pos
	for s.pos < len(s.src) {
		c, w := utf8.DecodeRuneInString(s.src[s.pos:])
		if c < utf8.RuneSelf && (s.pos > start || unicode.IsSpace(c)) {
			break
		}
		s.pos += w
		if c < utf8.RuneSelf {
			break
		}
	}
	text := s.src[start:s.pos]
	d := s.list.Errorf("invalid-character", s.span(start), "unexpected character %s", strconv.Quote(text))
	if c, _ := utf8.DecodeRuneInString(text); c == utf8.RuneError {
		d.Hint("the file must be UTF-8")
	} else if unicode.IsLetter(c) {
		d.Hint("names consist of ASCII letters, digits and underscores")
	}
	return bad
}

func isLetter(c byte) bool { return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

// word reads a name or a keyword. A dot belongs to it if something that can
// stand in a name follows.
func (s *scanner) word() kind {
	for c := s.peek(0); isLetter(c) || isDigit(c) || c == '.' && (isLetter(s.peek(1)) || isDigit(s.peek(1))); c = s.peek(0) {
		s.pos++
	}
	return ident
}
