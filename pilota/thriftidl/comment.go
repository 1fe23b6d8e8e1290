package thriftidl

import (
	"strings"

	"github.com/volo-go/volo/pilota/source"
)

// A Comment is one comment, with its markers.
type Comment struct {
	// Text begins with //, # or /*. Lines end in \n, without white space before
	// it, and the lines of a block are indented relative to the line on which
	// it begins.
	Text  string
	Blank bool // an empty line stands above it
	Span  source.Span
}

// isLine reports whether c ends with its line.
func (c Comment) isLine() bool { return !strings.HasPrefix(c.Text, "/*") }

// IsDoc reports whether c is a /** documentation comment */.
func (c Comment) IsDoc() bool {
	return strings.HasPrefix(c.Text, "/**") && len(c.Text) > len("/**/")
}

// Comments are those that belong to a node: a header, a definition, a member
// or an element. A comment that stands within a node, where there is no place
// to keep it, becomes a leading one.
type Comments struct {
	Leading  []Comment // above the node
	Trailing []Comment // behind it, on its last line
	Blank    bool      // an empty line separates it from what is above it
}

// Doc returns what the comments above the node say about it: the last
// documentation comment, or else the comments that touch the node. Markers are
// removed, lines are joined by \n.
func (c Comments) Doc() string {
	for i := len(c.Leading) - 1; i >= 0; i-- {
		if c.Leading[i].IsDoc() {
			return text(c.Leading[i : i+1])
		}
	}
	if touching := c.lastGroup(); len(touching) > 0 && !c.Blank {
		return text(touching)
	}
	return ""
}

// MemberDoc returns Doc, or else what the comments behind the node say. It is
// for nodes that take one line, where people write them.
func (c Comments) MemberDoc() string {
	if doc := c.Doc(); doc != "" {
		return doc
	}
	return text(c.Trailing)
}

// lastGroup returns the leading comments that no empty line separates.
func (c Comments) lastGroup() []Comment {
	for i := len(c.Leading) - 1; i >= 0; i-- {
		if c.Leading[i].Blank {
			return c.Leading[i:]
		}
	}
	return c.Leading
}

// text returns the words of comments, without markers, common indentation and
// empty lines around them.
func text(comments []Comment) string {
	var lines []string
	for _, c := range comments {
		lines = append(lines, stripped(c.Text)...)
	}
	for len(lines) > 0 && lines[0] == "" {
		lines = lines[1:]
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// stripped returns the lines of one comment.
func stripped(s string) []string {
	switch {
	case strings.HasPrefix(s, "//"):
		return []string{strings.TrimPrefix(strings.TrimLeft(s, "/"), " ")}
	case strings.HasPrefix(s, "#"):
		return []string{strings.TrimPrefix(strings.TrimLeft(s, "#"), " ")}
	}
	s = strings.TrimLeft(strings.TrimPrefix(s, "/"), "*")
	s = strings.TrimRight(strings.TrimSuffix(s, "/"), "* \n")
	lines := strings.Split(s, "\n")
	first := strings.TrimSpace(lines[0])
	rest := lines[1:]
	starred := len(rest) > 0
	for _, l := range rest {
		starred = starred && (l == "" || strings.HasPrefix(strings.TrimLeft(l, " \t"), "*"))
	}
	if starred {
		for i, l := range rest {
			rest[i] = strings.TrimPrefix(strings.TrimLeft(l, " \t"), "*")
		}
	}
	return append([]string{first}, dedent(rest)...)
}

// dedent removes the indentation that all lines share.
func dedent(lines []string) []string {
	shared := -1
	for _, l := range lines {
		if n := len(l) - len(strings.TrimLeft(l, " \t")); l != "" && (shared < 0 || n < shared) {
			shared = n
		}
	}
	for i, l := range lines {
		if l != "" {
			lines[i] = strings.TrimRight(l[shared:], " \t")
		}
	}
	return lines
}
