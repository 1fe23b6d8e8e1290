package thriftidl

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func (s *scanner) digits() {
	for isDigit(s.peek(0)) {
		s.pos++
	}
}

// number reads an integer or a double.
func (s *scanner) number() kind {
	start, kind := s.pos, integer
	if c := s.peek(0); c == '+' || c == '-' {
		s.pos++
	}
	if s.peek(0) == '0' && s.peek(1)|0x20 == 'x' && isHex(s.peek(2)) {
		s.pos += 2
		for isHex(s.peek(0)) {
			s.pos++
		}
	} else {
		kind = s.decimal()
	}
	if c := s.peek(0); !isLetter(c) && c != '.' {
		return kind
	}
	for c := s.peek(0); isLetter(c) || isDigit(c) || c == '.'; c = s.peek(0) {
		s.pos++
	}
	s.list.Errorf("malformed-number", s.span(start), "`%s` is not a number", s.span(start).Text())
	return bad
}

// decimal reads digits with an optional fraction and exponent.
func (s *scanner) decimal() kind {
	kind := integer
	s.digits()
	if s.peek(0) == '.' && isDigit(s.peek(1)) {
		kind = double
		s.pos++
		s.digits()
	}
	if s.peek(0)|0x20 != 'e' {
		return kind
	}
	n := 1
	if c := s.peek(1); c == '+' || c == '-' {
		n = 2
	}
	if isDigit(s.peek(n)) {
		kind = double
		s.pos += n
		s.digits()
	}
	return kind
}

// quoted reads a string, up to its closing quote or the end of the line, and
// returns its value.
func (s *scanner) quoted(quote byte) (kind, string) {
	start := s.pos
	s.pos++
	var b strings.Builder
	for s.pos < len(s.src) && s.src[s.pos] != '\n' {
		switch c := s.src[s.pos]; c {
		case quote:
			s.pos++
			return literal, b.String()
		case '\\':
			s.escape(&b)
		default:
			s.pos++
			b.WriteByte(c)
		}
	}
	s.unterminated(start, quote)
	return bad, ""
}

func (s *scanner) unterminated(start int, quote byte) {
	if strings.HasSuffix(s.src[start:s.pos], "\r") {
		s.pos--
	}
	s.list.Errorf("unterminated-string", s.span(start), "this string is not closed on its line").
		Hint("close it with %c; write \\n for a new line", quote)
}

// simpleEscapes are those of Apache Thrift, and those that Volo's Rust
// compiler adds.
var simpleEscapes = map[byte]byte{
	'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\'': '\'', '\\': '\\',
	'0': 0, 'a': '\a', 'b': '\b', 'f': '\f', 'v': '\v',
}

// escape reads a backslash and what belongs to it. An escape that nobody
// knows stands for itself, as regular expressions in annotations need it.
func (s *scanner) escape(b *strings.Builder) {
	start := s.pos
	c := s.peek(1)
	if s.pos+1 >= len(s.src) || c == '\n' || c == '\r' && s.peek(2) == '\n' {
		s.pos++ // the string is not closed, says the caller
		return
	}
	if v, ok := simpleEscapes[c]; ok {
		s.pos += 2
		b.WriteByte(v)
		return
	}
	if n := map[byte]int{'x': 2, 'u': 4}[c]; n > 0 && s.pos+2+n <= len(s.src) {
		if v, err := strconv.ParseUint(s.src[s.pos+2:s.pos+2+n], 16, 32); err == nil {
			s.pos += 2 + n
			if c == 'x' {
				b.WriteByte(byte(v))
			} else {
				b.WriteRune(rune(v))
			}
			return
		}
	}
	_, w := utf8.DecodeRuneInString(s.src[s.pos+1:])
	s.pos += 1 + w
	b.WriteString(s.src[start:s.pos])
	s.list.Warnf("unknown-escape", s.span(start), "unknown escape `%s`", s.span(start).Text()).
		Hint("write `\\\\` for a backslash; here the backslash is kept")
}
