package config

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/volo-go/volo/pilota/lint"
	"github.com/volo-go/volo/pilota/source"
)

// LintName is what the file of a folder of IDLs is called that has no
// volo.yml: the keys of lint, at its top.
const LintName = ".volo-lint.yml"

// A Lint is what `volo lint` looks for, and where.
type Lint struct {
	lint.Options
	// Exclude are files and folders, with slashes, relative to the file, that
	// are passed over unless they are named.
	Exclude []string
}

// Excludes reports whether a file is passed over. name has slashes and is
// relative to the folder of the file that l is from.
func (l *Lint) Excludes(name string) bool {
	return slices.ContainsFunc(l.Exclude, func(x string) bool {
		x = path.Clean(x)
		return name == x || x == "." || strings.HasPrefix(name, x+"/")
	})
}

// ParseLint reads the text of a [LintName], as [Parse] reads a volo.yml. A file
// that says nothing is fine.
func ParseLint(name, text string) (*Lint, error) {
	r := &reader{file: source.NewFile(name, text)}
	var l Lint
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		r.syntax(err)
	} else if len(doc.Content) > 0 {
		r.lint(LintName, &l)(nil, doc.Content[0])
	}
	if len(r.found) > 0 {
		r.found.Sort()
		return nil, r.found
	}
	return &l, nil
}

// lint returns a function that reads the keys of lint.
func (r *reader) lint(what string, to *Lint) func(key, value *yaml.Node) {
	return func(_, n *yaml.Node) {
		on := make(map[string]source.Span)
		r.mapping(what, n,
			field{"enable", func(_, n *yaml.Node) {
				r.list("enable", n, func(elem *yaml.Node) {
					to.Enable = append(to.Enable, r.rule(elem))
					on[elem.Value] = r.span(elem)
				})
			}},
			field{"disable", func(_, n *yaml.Node) {
				r.list("disable", n, func(elem *yaml.Node) { to.Disable = append(to.Disable, r.rule(elem)) })
			}},
			field{"exclude", func(_, n *yaml.Node) {
				r.list("exclude", n, func(elem *yaml.Node) { to.Exclude = append(to.Exclude, r.excluded(elem)) })
			}})
		r.twofold(n, on)
	}
}

// rule reads the name of a rule.
func (r *reader) rule(n *yaml.Node) (name string) {
	before := len(r.found)
	r.str("a rule", &name)(nil, n)
	if len(r.found) > before {
		return name
	}
	if unknown, meant := (lint.Options{Enable: []string{name}}).Unknown(); unknown != "" {
		d := r.problem(follow(n), "there is no rule `%s`", name)
		if meant != "" {
			d.Hint("did you mean `%s`?", meant)
		} else {
			d.Hint("`volo lint --list` shows them")
		}
	}
	return name
}

// excluded reads the name of a file or folder.
func (r *reader) excluded(n *yaml.Node) (name string) {
	r.str("an element of exclude", &name)(nil, n)
	if name = slashes(name); !inside(name) {
		r.problem(follow(n), "%s is not below the folder of %s", name, r.file.Name).Hint("only what is there is looked at without being named")
	}
	return name
}

// twofold reports rules that are turned on and off.
func (r *reader) twofold(n *yaml.Node, on map[string]source.Span) {
	off := valueOf(n, "disable")
	if off == nil || follow(off).Kind != yaml.SequenceNode {
		return
	}
	for _, elem := range follow(off).Content {
		if at, ok := on[elem.Value]; ok {
			r.problem(elem, "rule `%s` is turned on and off", elem.Value).Relate(at, "turned on here")
		}
	}
}
