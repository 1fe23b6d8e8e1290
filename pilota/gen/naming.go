package gen

import (
	"strconv"
	"strings"
	"unicode"
)

// IsInitialism reports whether Go writes a word in capitals throughout: Id as
// ID.
func IsInitialism(word string) bool { return initialisms[strings.ToUpper(word)] }

// initialisms are the words that Go writes in capitals throughout.
var initialisms = wordSet(`ACL API ASCII CPU CSS DNS EOF GUID HTML HTTP HTTPS ID IDL IP JSON
	LHS QPS RAM RHS RPC SLA SMTP SQL SSH TCP TLS TTL UDP UI UID UUID URI URL UTF8 VM XML XMPP XSRF XSS`)

// keywords cannot name anything in Go.
var keywords = wordSet(`break case chan const continue default defer else fallthrough for func go goto
	if import interface map package range return select struct switch type var`)

// predeclared names can be shadowed, which is better not done by parameters:
// the types of later parameters are read in the same scope.
var predeclared = wordSet(`any append bool byte cap clear close comparable complex complex128 complex64
	copy delete error false float32 float64 imag int int16 int32 int64 int8 iota len make max min new nil
	panic print println real recover rune string true uint uint16 uint32 uint64 uint8 uintptr`)

func wordSet(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// exported turns an IDL name into an exported Go name: user_id, userId and
// UserId become UserID.
func (g *generator) exported(name string) string {
	var out strings.Builder
	for _, w := range g.words(name) {
		out.WriteString(g.titled(w))
	}
	s := out.String()
	if s == "" || !unicode.IsLetter(rune(s[0])) {
		return "X" + s
	}
	return s
}

// constant is exported for names that are often all capitals: MAX_SIZE and
// maxSize become MaxSize.
func (g *generator) constant(name string) string {
	if !strings.ContainsFunc(name, unicode.IsLower) {
		name = strings.ToLower(name)
	}
	return g.exported(name)
}

// unexported turns an IDL name into a Go name for parameters and the like:
// user_id becomes userID, IDCard becomes idCard.
func (g *generator) unexported(name string) string {
	words := g.words(name)
	var out strings.Builder
	for i, w := range words {
		if i == 0 {
			out.WriteString(strings.ToLower(w))
			continue
		}
		out.WriteString(g.titled(w))
	}
	s := out.String()
	if s == "" || !unicode.IsLetter(rune(s[0])) {
		return "x" + s
	}
	return s
}

// titled writes one word with a capital, an initialism in capitals.
func (g *generator) titled(word string) string {
	if own := g.special[strings.ToLower(word)]; own != "" {
		return strings.ToUpper(own[:1]) + own[1:]
	}
	if upper := strings.ToUpper(word); initialisms[upper] && !g.opts.KeepCase {
		return upper
	}
	return strings.ToUpper(word[:1]) + word[1:]
}

// words is splitWords, except that words which belong together in a special
// naming stay together: O and Auth of OAuth.
func (g *generator) words(name string) []string {
	words := splitWords(name)
	if len(g.special) == 0 {
		return words
	}
	var joined []string
	for len(words) > 0 {
		n := len(words)
		for ; n > 1 && g.special[strings.ToLower(strings.Join(words[:n], ""))] == ""; n-- {
		}
		joined = append(joined, strings.Join(words[:n], ""))
		words = words[n:]
	}
	return joined
}

// splitWords cuts a name at everything that is neither letter nor digit,
// before a capital that follows a small letter or digit, and before the last
// of several capitals if a small letter follows: HTTPServerId is HTTP, Server
// and Id.
func splitWords(name string) []string {
	var words []string
	start := 0
	cut := func(end int) {
		if end > start {
			words = append(words, name[start:end])
		}
		start = end
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		switch {
		case !isUpper(c) && !isLower(c) && !isDigit(c):
			cut(i)
			start = i + 1
		case i > start && isUpper(c) && !isUpper(name[i-1]):
			cut(i)
		case i > start && isUpper(c) && i+1 < len(name) && isLower(name[i+1]):
			cut(i)
		}
	}
	cut(len(name))
	return words
}

func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }
func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// A scope holds the names that are taken. Whoever comes second gets an
// underscore, and another one, until the name is free: the order of the
// source decides, so the same input always gives the same names.
type scope map[string]bool

func (s scope) take(name string) string {
	for s[name] || keywords[name] {
		name += "_"
	}
	s[name] = true
	return name
}

// takeAll takes several names that belong together, each made by appending a
// suffix to a stem; the stem gets underscores until all of them are free.
func (s scope) takeAll(stem string, names ...func(string) string) string {
	for {
		free := true
		for _, name := range names {
			free = free && !s[name(stem)]
		}
		if free {
			for _, name := range names {
				s[name(stem)] = true
			}
			return stem
		}
		stem += "_"
	}
}

func newScope(taken ...string) scope {
	s := scope{}
	for _, name := range taken {
		s[name] = true
	}
	return s
}

// isIdentifier tells whether s can be the exported name of something.
func isIdentifier(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isUpper(c) && !isLower(c) && !(i > 0 && (isDigit(c) || c == '_')) {
			return false
		}
	}
	return s != "" && isUpper(s[0])
}

// numbered returns stem followed by n.
func numbered(stem string, n int) string { return stem + strconv.Itoa(n) }
