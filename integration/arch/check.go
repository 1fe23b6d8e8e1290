package arch

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// An Arrow says which packages of Volo some packages of Volo may reach, through
// any number of imports.
type Arrow struct {
	Says   string
	From   []string // patterns: "motore" is one package, "motore/..." all of a folder, itself included
	Except []string // of From
	To     []string // what they may reach besides From
}

// A Core says that packages need nothing but the standard library and each
// other, and that their tests do not either.
type Core struct {
	Says   string
	Of     []string
	Except []string
}

// A Purpose says who may import a third-party module.
type Purpose struct {
	Says   string
	Module string
	In     []string
}

// A Stub says that generated packages import a framework only if their name
// ends in one of the suffixes.
type Stub struct {
	Says      string
	Framework []string
	Suffixes  []string
}

// Rules are everything that is checked.
type Rules struct {
	// Gates are packages that may reach what those who import them may not.
	// Rules about a gate name it as it is here.
	Gates    []string
	Arrows   []Arrow
	Cores    []Core
	Purposes []Purpose
	Stubs    []Stub
}

// A Violation is a broken rule.
type Violation struct {
	Says  string
	Chain []string // of imports, from the package that the rule is about
}

// String returns the rule and the chain.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s", v.Says, strings.Join(v.Chain, " → "))
}

// Check returns what in g breaks a rule, in the order of the rules and then of
// the packages.
func Check(g Graph, rules Rules) []Violation {
	var found []Violation
	for _, path := range slices.Sorted(maps.Keys(g)) {
		if p := g[path]; p.Ours {
			found = append(found, purposes(g, p, rules.Purposes)...)
		}
	}
	for _, a := range rules.Arrows {
		allowed := append(slices.Clone(a.From), a.To...)
		gates := slices.DeleteFunc(slices.Clone(rules.Gates), func(gate string) bool { return slices.Contains(a.From, gate) })
		found = append(found, g.reach(a.Says, a.From, slices.Concat(a.Except, gates), gates, false, func(p *Package) bool {
			return p.Ours && (!match(p.Path, allowed) || match(p.Path, a.Except))
		})...)
	}
	for _, c := range rules.Cores {
		found = append(found, g.reach(c.Says, c.Of, c.Except, nil, true, func(p *Package) bool { return p.Module != "" })...)
	}
	for _, s := range rules.Stubs {
		found = append(found, g.stubs(s)...)
	}
	return found
}

// purposes checks the third-party modules that p imports.
func purposes(g Graph, p *Package, rules []Purpose) []Violation {
	var found []Violation
	for _, imp := range p.Imports {
		q := g[imp]
		if q == nil || q.Module == "" {
			continue
		}
		says, allowed := "no rule lets anybody import "+q.Module, false
		for _, r := range rules {
			if r.Module == q.Module {
				says, allowed = r.Says, match(p.Path, r.In)
			}
		}
		if !allowed {
			found = append(found, Violation{says, []string{p.Path, imp}})
		}
	}
	return found
}

// reach returns the shortest chain from each package that of names to each
// package that is bad. Chains go through our packages only, none of past. With
// tests, they may begin with an import of a test.
func (g Graph) reach(says string, of, except, past []string, tests bool, bad func(*Package) bool) []Violation {
	var found []Violation
	for _, path := range slices.Sorted(maps.Keys(g)) {
		p := g[path]
		if !p.Ours || !match(path, of) || match(path, except) {
			continue
		}
		from := map[string]string{path: ""}
		for queue := []*Package{p}; len(queue) > 0; queue = queue[1:] {
			imports := queue[0].Imports
			if tests && queue[0] == p {
				imports = append(slices.Clone(imports), p.TestImports...)
			}
			for _, imp := range imports {
				q := g[imp]
				if q == nil {
					q = unlisted(imp)
				}
				if _, seen := from[imp]; seen {
					continue
				}
				from[imp] = queue[0].Path
				switch {
				case bad(q):
					found = append(found, Violation{says, chain(from, imp)})
				case q.Ours && !match(imp, past):
					queue = append(queue, q)
				}
			}
		}
	}
	return found
}

// unlisted stands for a package that only tests import, which go list -deps
// does not show. A dot in the first element tells third-party code from the
// standard library.
func unlisted(path string) *Package {
	p := &Package{Path: path}
	if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
		p.Module = path
	}
	return p
}

// chain follows from back to where it began.
func chain(from map[string]string, end string) []string {
	var c []string
	for at := end; at != ""; at = from[at] {
		c = append(c, at)
	}
	slices.Reverse(c)
	return c
}

// stubs checks the generated packages.
func (g Graph) stubs(s Stub) []Violation {
	var found []Violation
	for _, path := range slices.Sorted(maps.Keys(g)) {
		p := g[path]
		if !p.messages(s) {
			continue
		}
		for _, imp := range p.Imports {
			if match(imp, s.Framework) && !g[imp].messages(s) {
				found = append(found, Violation{s.Says, []string{path, imp}})
			}
		}
	}
	return found
}

// messages reports whether p is generated and no stub; tests of a framework may
// have some in its folders.
func (p *Package) messages(s Stub) bool {
	return p != nil && p.Generated && !slices.ContainsFunc(s.Suffixes, func(x string) bool { return strings.HasSuffix(p.Path, x) })
}

// match reports whether one of the patterns fits path.
func match(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if dir, ok := strings.CutSuffix(pattern, "/..."); ok {
			return path == dir || strings.HasPrefix(path, dir+"/")
		}
		return path == pattern
	})
}
