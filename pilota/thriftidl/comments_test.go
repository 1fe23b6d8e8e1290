package thriftidl_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// Every comment of a file is in its tree, once.
func TestCommentsAreKept(t *testing.T) {
	for name, text := range fixtures(t) {
		tree, list := thriftidl.Parse(source.NewFile(name, text))
		if list.HasErrors() {
			continue
		}
		if got, want := countComments(tree), commentsIn(text); got != want {
			t.Errorf("%s: %d comments are in the tree, want %d", name, got, want)
		}
	}
}

// commentsIn counts the comments of a text without errors.
func commentsIn(text string) int {
	for n := 0; ; {
		i := strings.IndexAny(text, "#/\"'")
		if i < 0 {
			return n
		}
		text = text[i:]
		if text[0] != '"' && text[0] != '\'' {
			n++
		}
		text = text[atomic(text):]
	}
}

// atomic returns the length of the string or comment that text begins with, 1
// if it begins with something else.
func atomic(text string) int {
	switch {
	case text[0] == '"' || text[0] == '\'':
		n := 1
		for ; text[n] != text[0]; n++ {
			if text[n] == '\\' {
				n++
			}
		}
		return n + 1
	case strings.HasPrefix(text, "/*"):
		return strings.Index(text[2:], "*/") + 4
	case text[0] == '#' || strings.HasPrefix(text, "//"):
		return len(strings.SplitN(text, "\n", 2)[0])
	}
	return 1
}

// Comments and line breaks may stand between any two tokens, and all survive
// printing.
func TestCommentsAnywhere(t *testing.T) {
	texts := fixtures(t)
	var names []string
	for name, text := range texts {
		if _, list := thriftidl.Parse(source.NewFile(name, text)); !list.HasErrors() {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	const rounds = 2000
	for range rounds {
		name := names[r.IntN(len(names))]
		tree := parse(t, texts[name])
		text := sprinkle(r, string(thriftidl.Print(tree)))
		sprinkled, list := thriftidl.Parse(source.NewFile(name, text))
		if list.HasErrors() {
			refused++ // a line break before a keyword that is the name of a field
			continue
		}
		if got, want := string(thriftidl.Print(bare(sprinkled))), string(thriftidl.Print(bare(tree))); got != want {
			t.Fatalf("%s\nbecomes, without comments:\n%s\nwant:\n%s", text, got, want)
		}
		if got, want := countComments(parse(t, text)), commentsIn(text); got != want {
			t.Fatalf("%s\n%d comments are in the tree, want %d", text, got, want)
		}
		survives(t, parse(t, text))
	}
	if refused > rounds/20 {
		t.Errorf("%d of %d texts are refused", refused, rounds)
	}
}

var sprinkles = []string{
	" ", "\n", "\n\n\n", "\t", "\r\n", "/* c */", " /** doc */ ", "//l\n", " # h\n", "\n// own line\n", "\n\n// apart\n\n",
	"/* two\n lines */", "\n    /* indented\n       lines\n\n  */\n", "/**/", "\t/* tab\n\t\ttabs */ ",
}

// sprinkle inserts comments and white space between tokens of text, beside
// punctuation.
func sprinkle(r *rand.Rand, text string) string {
	var b strings.Builder
	density := 1 + r.IntN(20)
	for len(text) > 0 {
		n := atomic(text)
		beside := n == 1 && strings.IndexByte(" {}()[]<>,=:&", text[0]) >= 0 && r.IntN(density) == 0
		if beside {
			b.WriteString(sprinkles[r.IntN(len(sprinkles))])
		}
		b.WriteString(text[:n])
		if beside {
			b.WriteString(sprinkles[r.IntN(len(sprinkles))])
		}
		text = text[n:]
	}
	return b.String()
}
