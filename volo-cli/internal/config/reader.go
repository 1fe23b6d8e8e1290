package config

import (
	"fmt"
	"strings"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"go.yaml.in/yaml/v3"
)

// A reader walks the YAML tree along the schema. It collects problems instead
// of stopping; what it returns for a faulty node is the zero value. The schema
// has a fixed depth, so an alias that holds itself ends the walk all the same.
type reader struct {
	file      *source.File
	workspace bool
	found     report.List
	asked     []*yaml.Node // keys of the entry that is read that ask for what only Thrift has
}

// A field is one key of a mapping: its name and what reads its value.
type field struct {
	name string
	read func(key, value *yaml.Node)
}

// problem notes that the text at n is wrong.
func (r *reader) problem(n *yaml.Node, format string, args ...any) *report.Diagnostic {
	return r.found.Errorf("", r.span(n), format, args...)
}

// mapping reads n, the value of what, by fields. Other keys and second
// occurrences are problems.
func (r *reader) mapping(what string, n *yaml.Node, fields ...field) {
	known := make([]string, len(fields))
	for i, f := range fields {
		known[i] = f.name
	}
	r.pairs(what, n, func(key, value *yaml.Node) {
		for _, f := range fields {
			if f.name == key.Value {
				f.read(key, value)
				return
			}
		}
		d := r.problem(key, "unknown key `%s` in %s", key.Value, what)
		switch near := nearest(key.Value, known); {
		case strings.HasSuffix(key.Value, "crate_name"):
			d.Hint("leave it out: Go packages are named by the namespaces of the IDL")
		case near != "":
			d.Hint("did you mean `%s`?", near)
		default:
			d.Hint("known keys: %s", strings.Join(known, ", "))
		}
	})
}

// pairs calls read for each key and value of the mapping n.
func (r *reader) pairs(what string, n *yaml.Node, read func(key, value *yaml.Node)) {
	n = follow(n)
	if n.Kind != yaml.MappingNode {
		r.problem(n, "%s must be a mapping, not %s", what, kindName(n))
		return
	}
	seen := make(map[string]*yaml.Node)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			r.problem(key, "a key of %s must be a word, not %s", what, kindName(key))
			continue
		}
		if first := seen[key.Value]; first != nil {
			r.problem(key, "key `%s` occurs twice in %s", key.Value, what).Relate(r.span(first), "first used here")
			continue
		}
		seen[key.Value] = key
		read(key, value)
	}
}

// list calls read for each element of the sequence n.
func (r *reader) list(what string, n *yaml.Node, read func(elem *yaml.Node)) {
	n = follow(n)
	if n.Kind != yaml.SequenceNode {
		r.problem(n, "%s must be a list, not %s", what, kindName(n))
		return
	}
	for _, elem := range n.Content {
		read(elem)
	}
}

// str returns a function that stores a string that is not empty.
func (r *reader) str(what string, to *string) func(key, value *yaml.Node) {
	return func(_, n *yaml.Node) {
		n = follow(n)
		switch {
		case n.Kind != yaml.ScalarNode || n.Tag == "!!null":
			r.problem(n, "%s must be a string, not %s", what, kindName(n))
		case n.Value == "":
			r.problem(n, "%s is empty", what)
		default:
			*to = n.Value
		}
	}
}

// strs returns a function that stores a list of strings.
func (r *reader) strs(what string, to *[]string) func(key, value *yaml.Node) {
	return func(_, n *yaml.Node) {
		r.list(what, n, func(elem *yaml.Node) {
			var s string
			r.str("an element of "+what, &s)(nil, elem)
			*to = append(*to, s)
		})
	}
}

// boolean returns a function that stores true or false.
func (r *reader) boolean(what string, to *bool) func(key, value *yaml.Node) {
	return func(_, n *yaml.Node) {
		n = follow(n)
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
			r.problem(n, "%s must be true or false, not %s", what, kindName(n))
			return
		}
		// The tag has been resolved, so this cannot fail.
		_ = n.Decode(to)
	}
}

// follow returns the node that an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil {
		return n.Alias
	}
	return n
}

// valueOf returns what a mapping has under a key, nil if nothing.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n = follow(n); n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// mappingValues returns the values of a mapping.
func mappingValues(n *yaml.Node) []*yaml.Node {
	if n == nil || follow(n).Kind != yaml.MappingNode {
		return nil
	}
	var values []*yaml.Node
	for i, c := range follow(n).Content {
		if i%2 == 1 {
			values = append(values, c)
		}
	}
	return values
}

// kindName names what n is, for "must be a list, not …".
func kindName(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a mapping"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Tag == "!!null":
		return "nothing"
	}
	if len(n.Value) > 40 {
		return "a long string"
	}
	return fmt.Sprintf("%q", n.Value)
}

// span finds the bytes of n: of a scalar all, of anything else the first.
func (r *reader) span(n *yaml.Node) source.Span {
	start := r.offset(n.Line, n.Column)
	end := start
	rest := r.file.Text[start:]
	switch quote := ""; {
	case n.Kind != yaml.ScalarNode:
	case n.Style&yaml.DoubleQuotedStyle != 0, n.Style&yaml.SingleQuotedStyle != 0:
		if rest != "" {
			quote = rest[:1]
			if i := strings.Index(rest[1:], quote); i >= 0 {
				end += i + 2
			}
		}
	case strings.HasPrefix(rest, n.Value):
		end += len(n.Value)
	}
	if end == start && rest != "" && rest[0] != '\n' {
		end++
	}
	return source.Span{File: r.file, Start: start, End: end}
}

// offset turns a line and a column, both from 1, the column in runes, into an
// offset. Places beyond a line or the file become their ends.
func (r *reader) offset(line, col int) int {
	text, at := r.file.Text, 0
	for ; line > 1; line-- {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
	}
	for i := range text[at:] {
		if col--; col < 1 || text[at+i] == '\n' {
			return at + i
		}
	}
	return len(text)
}
