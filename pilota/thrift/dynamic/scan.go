package dynamic

import (
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A scanner reads JSON text (RFC 8259) from front to back.
type scanner struct {
	text  []byte
	at    int    // what comes next
	buf   []byte // of the latest string that had escapes
	depth int    // levels that values which are skipped may still nest
}

func (s *scanner) fail(format string, args ...any) error {
	return &SyntaxError{Offset: s.at, Reason: fmt.Sprintf(format, args...)}
}

// unexpected is the error at a byte that cannot be there.
func (s *scanner) unexpected(want string) error {
	if s.at >= len(s.text) {
		return s.fail("the text ends, want %s", want)
	}
	return s.fail("%s, want %s", strconv.QuoteRune(rune(s.text[s.at])), want)
}

// peek skips white space and returns what comes next, 0 at the end.
func (s *scanner) peek() byte {
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return c
		}
	}
	return 0
}

// accept consumes c if it comes next.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c || s.at >= len(s.text) {
		return false
	}
	s.at++
	return true
}

func (s *scanner) expect(c byte) error {
	if !s.accept(c) {
		return s.unexpected(strconv.QuoteRune(rune(c)))
	}
	return nil
}

// more tells whether another member comes in an object or array that close
// ends; it consumes the comma before it, or close. first is whether none has
// come yet.
func (s *scanner) more(first bool, close byte) (bool, error) {
	switch {
	case s.accept(close):
		return false, nil
	case first:
		return true, nil
	case s.accept(','):
		if s.peek() == close {
			return false, s.unexpected("a value")
		}
		return true, nil
	}
	return false, s.unexpected("',' or " + strconv.QuoteRune(rune(close)))
}

// word consumes true, false or null if it comes next.
func (s *scanner) word(w string) bool {
	s.peek()
	if len(s.text)-s.at < len(w) || string(s.text[s.at:s.at+len(w)]) != w {
		return false
	}
	if end := s.at + len(w); end < len(s.text) && isWord(s.text[end]) {
		return false
	}
	s.at += len(w)
	return true
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// number consumes a number and returns its text.
func (s *scanner) number() ([]byte, error) {
	s.peek()
	start := s.at
	if s.is('-') {
		s.at++
	}
	switch {
	case s.is('0'):
		s.at++
	case s.digits() == 0:
		return nil, s.unexpected("a digit")
	}
	if s.is('.') {
		s.at++
		if s.digits() == 0 {
			return nil, s.unexpected("a digit")
		}
	}
	if s.is('e') || s.is('E') {
		s.at++
		if s.is('+') || s.is('-') {
			s.at++
		}
		if s.digits() == 0 {
			return nil, s.unexpected("a digit")
		}
	}
	if s.at < len(s.text) && isWord(s.text[s.at]) {
		return nil, s.unexpected("the end of the number")
	}
	return s.text[start:s.at], nil
}

func (s *scanner) is(c byte) bool { return s.at < len(s.text) && s.text[s.at] == c }

func (s *scanner) digits() int {
	start := s.at
	for s.at < len(s.text) && s.text[s.at] >= '0' && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at - start
}

// str consumes a string and returns its value, which is good until the next
// call.
func (s *scanner) str() ([]byte, error) {
	if !s.accept('"') {
		return nil, s.unexpected("a string")
	}
	start, ascii := s.at, true
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c == '"':
			v := s.text[start:s.at]
			if !ascii && !utf8.Valid(v) {
				return nil, s.fail("the string is not UTF-8")
			}
			s.at++
			return v, nil
		case c == '\\':
			return s.escaped(start)
		case c < ' ':
			return nil, s.fail("control character %#02x in a string", c)
		case c >= utf8.RuneSelf:
			ascii = false
		}
		s.at++
	}
	return nil, s.unexpected("the end of the string")
}

// escaped goes on with a string that began at start and has an escape.
func (s *scanner) escaped(start int) ([]byte, error) {
	s.buf = append(s.buf[:0], s.text[start:s.at]...)
	for s.at < len(s.text) {
		c := s.text[s.at]
		switch {
		case c == '"':
			if !utf8.Valid(s.buf) {
				return nil, s.fail("the string is not UTF-8")
			}
			s.at++
			return s.buf, nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
			continue
		case c < ' ':
			return nil, s.fail("control character %#02x in a string", c)
		}
		s.buf = append(s.buf, c)
		s.at++
	}
	return nil, s.unexpected("the end of the string")
}

var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (s *scanner) escape() error {
	if s.at+1 >= len(s.text) {
		s.at = len(s.text)
		return s.unexpected("the end of the string")
	}
	c := s.text[s.at+1]
	if e := escapes[c]; e != 0 {
		s.buf = append(s.buf, e)
		s.at += 2
		return nil
	}
	r, ok := s.unit()
	if !ok {
		return s.fail(`there is no escape \%c`, c)
	}
	if utf16.IsSurrogate(r) {
		// A half without the other half becomes U+FFFD, as in encoding/json.
		if low, ok := s.unit(); ok {
			if whole := utf16.DecodeRune(r, low); whole != utf8.RuneError {
				r = whole
			} else {
				s.at -= 6
			}
		}
	}
	s.buf = utf8.AppendRune(s.buf, r)
	return nil
}

// unit consumes \uXXXX.
func (s *scanner) unit() (rune, bool) {
	if len(s.text)-s.at < 6 || s.text[s.at] != '\\' || s.text[s.at+1] != 'u' {
		return 0, false
	}
	r := rune(0)
	for _, c := range s.text[s.at+2 : s.at+6] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c >= 'a' && c <= 'f':
			c -= 'a' - 10
		case c >= 'A' && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	s.at += 6
	return r, true
}

// skip consumes any value.
func (s *scanner) skip() (err error) {
	switch c := s.peek(); {
	case c == '"':
		_, err = s.str()
	case c == '{' || c == '[':
		if s.depth--; s.depth < 0 {
			return s.fail("nesting is too deep")
		}
		err = s.skipMembers(c)
		s.depth++
	case c == '-' || c >= '0' && c <= '9':
		_, err = s.number()
	default:
		if !s.word("true") && !s.word("false") && !s.word("null") {
			return s.unexpected("a value")
		}
	}
	return err
}

func (s *scanner) skipMembers(open byte) error {
	s.at++
	for first := true; ; first = false {
		more, err := s.more(first, open+2) // ] and } come two after [ and {
		if err != nil || !more {
			return err
		}
		if open == '{' {
			if _, err := s.str(); err != nil {
				return err
			}
			if err := s.expect(':'); err != nil {
				return err
			}
		}
		if err := s.skip(); err != nil {
			return err
		}
	}
}

// end makes sure that nothing follows.
func (s *scanner) end() error {
	if s.peek(); s.at < len(s.text) {
		return s.unexpected("the end of the text")
	}
	return nil
}
