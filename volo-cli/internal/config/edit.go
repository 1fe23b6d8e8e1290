package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// An EditError says that a file is written in a way that volo cannot add to,
// for example with everything in braces.
type EditError struct {
	File string
	Text string // what to add by hand
}

// Error has the lines to add.
func (e *EditError) Error() string {
	return fmt.Sprintf("%s is written in a way that volo cannot add to; add this by hand:\n%s", e.File, e.Text)
}

// An insertion replaces the bytes from start to end of a text.
type insertion struct {
	start, end int
	text       string
}

// SetLocks returns the text of the file with other locks, by the names of the
// entry's repositories.
func (f *File) SetLocks(entry string, locks map[string]string) (string, error) {
	repos := f.node(entry, "repos")
	if repos == nil {
		return f.Source.Text, nil
	}
	r := &reader{file: f.Source}
	var edits []insertion
	for i := 0; i+1 < len(repos.Content); i += 2 {
		name, repo := repos.Content[i].Value, follow(repos.Content[i+1])
		lock, ok := locks[name]
		if !ok {
			continue
		}
		if old := valueOf(repo, "lock"); old != nil {
			span := r.span(follow(old))
			edits = append(edits, insertion{span.Start, span.End, lock})
			continue
		}
		url := r.span(follow(valueOf(repo, "url"))).End
		if repo.Style&yaml.FlowStyle != 0 {
			edits = append(edits, insertion{url, url, ", lock: " + lock})
			continue
		}
		end := lineEnd(f.Source.Text, url)
		edits = append(edits, insertion{end, end, "\n" + indent(repo.Content[0].Column-1) + "lock: " + lock})
	}
	text := apply(f.Source.Text, edits)
	return text, f.verify(text, "lock: …", func(g *File) bool {
		for name, lock := range locks {
			if repo := g.Entry(entry).Repo(name); repo == nil || repo.Lock != lock {
				return false
			}
		}
		return true
	})
}

// AddRepo returns the text of the file with one more repository, which the
// entry must not have.
func (f *File) AddRepo(entry string, repo *Repo) (string, error) {
	lines := repo.lines()
	text := f.Source.Text
	if repos := f.node(entry, "repos"); repos != nil && len(repos.Content) > 0 {
		text = f.append(repos, lines)
	} else if repos == nil {
		// Above the services that use it.
		text = f.before(f.key(entry, "services"), append([]string{"repos:"}, deeper(2, lines)...))
	}
	return text, f.verify(text, strings.Join(lines, "\n"), func(g *File) bool {
		got := g.Entry(entry).Repo(repo.Name)
		return got != nil && got.URL == repo.URL && got.Ref == repo.Ref && got.Lock == repo.Lock &&
			len(g.Entry(entry).Repos) == len(f.Entry(entry).Repos)+1
	})
}

// AddService returns the text of the file with one more element of services.
func (f *File) AddService(entry string, s *IDL) (string, error) {
	lines := s.lines()
	text := f.append(f.node(entry, "services"), lines)
	return text, f.verify(text, strings.Join(lines, "\n"), func(g *File) bool {
		all := g.Entry(entry).Services
		if len(all) != len(f.Entry(entry).Services)+1 {
			return false
		}
		got := all[len(all)-1]
		return got.Path == s.Path && got.Repo == s.Repo && got.Source == s.Source && slices.Equal(got.Includes, s.Includes)
	})
}

// AddEntry returns the text of the file with one more entry, of which it writes
// the protocol, the folder, the repositories and where the services are.
func (f *File) AddEntry(e *Entry) (string, error) {
	lines := []string{Word(e.Name) + ":", "  protocol: " + e.Protocol, "  filename: " + Word(e.Filename)}
	if len(e.Repos) > 0 {
		lines = append(lines, "  repos:")
	}
	for _, r := range e.Repos {
		lines = append(lines, deeper(4, r.lines())...)
	}
	lines = append(lines, "  services:")
	for _, s := range e.Services {
		lines = append(lines, deeper(4, s.lines())...)
	}
	text := f.append(valueOf(f.root(), "entries"), lines)
	if len(f.Entries) == 0 {
		text = f.Source.Text + join(lines, 2) + "\n"
	}
	return text, f.verify(text, strings.Join(lines, "\n"), func(g *File) bool {
		return len(g.Entries) == len(f.Entries)+1 && g.Entry(e.Name) != nil
	})
}

// lines returns what a file has of a repository.
func (r *Repo) lines() []string {
	lines := []string{Word(r.Name) + ":", "  url: " + Word(r.URL), "  ref: " + Word(r.Ref)}
	if r.Lock != "" {
		lines = append(lines, "  lock: "+r.Lock)
	}
	return lines
}

// lines returns what a file has of an element of services.
func (s *IDL) lines() []string {
	lines := []string{"- idl:", "    source: " + s.Source}
	if s.Repo != "" {
		lines = append(lines, "    repo: "+Word(s.Repo))
	}
	lines = append(lines, "    path: "+Word(s.Path))
	if len(s.Includes) > 0 {
		lines = append(lines, "    includes:")
	}
	for _, dir := range s.Includes {
		lines = append(lines, "      - "+Word(dir))
	}
	return lines
}

// deeper returns lines that are indented by n more.
func deeper(n int, lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = indent(n) + line
	}
	return out
}

// verify parses an edited text, which must have what was asked for.
func (f *File) verify(text, wanted string, ok func(g *File) bool) error {
	g, err := Parse(f.Source.Name, text)
	if err != nil || !ok(g) {
		return &EditError{f.Source.Name, wanted}
	}
	return nil
}

// root returns the tree of the file, which has been parsed before.
func (f *File) root() *yaml.Node {
	var doc yaml.Node
	if yaml.Unmarshal([]byte(f.Source.Text), &doc) != nil || len(doc.Content) == 0 {
		return &yaml.Node{}
	}
	return doc.Content[0]
}

// top returns the mapping of an entry.
func (f *File) top(entry string) *yaml.Node {
	root := f.root()
	if entries := valueOf(root, "entries"); entries != nil {
		return valueOf(entries, entry)
	}
	return root
}

// node returns what an entry has under a key, nil if nothing.
func (f *File) node(entry, key string) *yaml.Node {
	n := valueOf(f.top(entry), key)
	if n == nil || follow(n).Tag == "!!null" {
		return nil
	}
	return follow(n)
}

// key returns a key of an entry.
func (f *File) key(entry, key string) *yaml.Node {
	for _, k := range follow(f.top(entry)).Content {
		if k.Value == key {
			return k
		}
	}
	return nil
}

// append returns the text with lines behind the last element of a mapping or a
// list. What is in braces it leaves alone; verify finds out.
func (f *File) append(n *yaml.Node, lines []string) string {
	text := f.Source.Text
	if n == nil || n.Style&yaml.FlowStyle != 0 || len(n.Content) == 0 {
		return text
	}
	r := &reader{file: f.Source}
	column := n.Column - 1
	at := lineEnd(text, r.offset(lastLine(n), 1))
	return apply(text, []insertion{{at, at, "\n" + join(lines, column)}})
}

// before returns the text with lines above a key.
func (f *File) before(key *yaml.Node, lines []string) string {
	text := f.Source.Text
	r := &reader{file: f.Source}
	if key == nil || strings.TrimSpace(text[r.offset(key.Line, 1):r.offset(key.Line, key.Column)]) != "" {
		return text
	}
	at := r.offset(key.Line, 1)
	return apply(text, []insertion{{at, at, join(lines, key.Column-1) + "\n"}})
}

// lastLine returns the last line that a node has something on.
func lastLine(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}

// lineEnd returns the end of the line that at is on.
func lineEnd(text string, at int) int {
	if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(text)
}

// apply makes the edits, which do not overlap.
func apply(text string, edits []insertion) string {
	slices.SortFunc(edits, func(a, b insertion) int { return b.start - a.start })
	for _, e := range edits {
		text = text[:e.start] + e.text + text[e.end:]
	}
	return text
}

func indent(n int) string { return strings.Repeat(" ", n) }

// join joins lines, each indented.
func join(lines []string, column int) string {
	return strings.Join(deeper(column, lines), "\n")
}

// Word writes a string so that YAML reads it as one.
func Word(s string) string {
	var back any
	if yaml.Unmarshal([]byte("k: "+s), &back) == nil {
		if m, ok := back.(map[string]any); ok && m["k"] == s && !strings.ContainsAny(s, ",[]{}") {
			return s
		}
	}
	return strconv.Quote(s)
}
