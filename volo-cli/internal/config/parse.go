package config

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/volo-go/volo/pilota/source"
)

// Parse reads the text of a volo.yml, or of a workspace file if that is how
// name ends; name is what problems call it. An error is a [report.List].
func Parse(name, text string) (*File, error) {
	r := &reader{file: source.NewFile(name, text), workspace: path.Base(slashes(name)) == WorkspaceName}
	f := &File{Source: r.file}
	var doc yaml.Node
	switch err := yaml.Unmarshal([]byte(text), &doc); {
	case err != nil:
		r.syntax(err)
	case len(doc.Content) == 0:
		r.problem(&doc, "the file is empty").Hint("`volo init` writes one")
	case r.workspace:
		f.Entries = []*Entry{r.entry(workspaceKey(doc.Content[0]), doc.Content[0], field{"lint", r.lintOf(f)})}
	case old(doc.Content[0]):
		r.problem(doc.Content[0], "this is the format that Volo had before entries").Hint("`volo migrate` rewrites it, and keeps the old one beside it")
	default:
		r.root(f, doc.Content[0])
	}
	if len(r.found) == 0 {
		r.single(text)
	}
	if len(r.found) > 0 {
		r.found.Sort()
		return nil, r.found
	}
	return f, nil
}

// single reports what follows the first document, which nobody reads.
func (r *reader) single(text string) {
	d := yaml.NewDecoder(strings.NewReader(text))
	var first, second yaml.Node
	if d.Decode(&first) != nil {
		return
	}
	switch err := d.Decode(&second); {
	case err == io.EOF:
	case err != nil:
		r.syntax(err)
	case len(second.Content) > 0 && second.Content[0].Tag != "!!null":
		r.problem(second.Content[0], "the file has a second document").Hint("one document has everything; `---` begins another")
	}
}

// root reads the top of the file.
func (r *reader) root(f *File, n *yaml.Node) {
	r.mapping(Name, n,
		field{"entries", func(_, n *yaml.Node) {
			r.pairs("entries", n, func(key, value *yaml.Node) {
				f.Entries = append(f.Entries, r.entry(key, value))
			})
		}},
		field{"lint", r.lintOf(f)})
	if len(f.Entries) == 0 && len(r.found) == 0 {
		r.problem(n, "entries has no entry").Hint("add one, usually called default")
	}
	r.folders(f)
}

// lintOf returns a function that reads the key lint of a file.
func (r *reader) lintOf(f *File) func(key, value *yaml.Node) {
	return func(key, n *yaml.Node) {
		f.Lint = new(Lint)
		r.lint("lint", f.Lint)(key, n)
	}
}

// folders checks that no entry generates into the folder of another: what one
// writes, the other would take for stale.
func (r *reader) folders(f *File) {
	for i, e := range f.Entries {
		for _, other := range f.Entries[:i] {
			a, b := e.Filename+"/", other.Filename+"/"
			if strings.HasPrefix(a, b) || strings.HasPrefix(b, a) {
				r.found.Errorf("", e.Span, "entries `%s` and `%s` generate into `%s` and `%s`", other.Name, e.Name, other.Filename, e.Filename).
					Relate(other.Span, "the other entry").Hint("set filename to a folder of its own")
			}
		}
	}
}

// workspaceKey returns what stands for the name of the one entry of a
// workspace.
func workspaceKey(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Value: "workspace", Line: n.Line, Column: n.Column}
}

// old reports whether a file is in the format that Volo had before entries:
// entries that hold a list of idls.
func old(root *yaml.Node) bool {
	for _, entry := range mappingValues(valueOf(root, "entries")) {
		if valueOf(entry, "idls") != nil {
			return true
		}
	}
	return false
}

// entry reads one entry. A workspace has more keys beside those of its entry.
func (r *reader) entry(key, n *yaml.Node, more ...field) *Entry {
	e := &Entry{Name: key.Value, Filename: "gen", WithComments: true, Span: r.span(key)}
	what := "entry `" + key.Value + "`"
	folder := field{"filename", r.folder("filename", &e.Filename)}
	if r.workspace {
		what, e.Filename = WorkspaceName, "common"
		folder = field{"common_crate_name", r.folder("common_crate_name", &e.Filename)}
	}
	before := len(r.found)
	r.mapping(what, n, append([]field{
		{"protocol", r.choice("protocol", &e.Protocol, Thrift, Protobuf)},
		folder,
		{"repos", func(_, n *yaml.Node) {
			r.pairs("repos", n, func(key, value *yaml.Node) { e.Repos = append(e.Repos, r.repo(key, value)) })
		}},
		{"services", func(_, n *yaml.Node) {
			r.list("services", n, func(n *yaml.Node) { e.Services = append(e.Services, r.service(n)) })
		}},
		{"touch_all", r.boolean("touch_all", &e.TouchAll)},
		{"dedups", r.thriftOnly("dedups", r.strs("dedups", &e.Dedups))},
		{"special_namings", r.thriftOnly("special_namings", r.strs("special_namings", &e.SpecialNamings))},
		{"split_generated_files", r.thriftOnly("split_generated_files", r.boolean("split_generated_files", &e.Split))},
		{"with_descriptor", r.boolean("with_descriptor", &e.WithDescriptor)},
		{"with_field_mask", r.thriftOnly("with_field_mask", r.boolean("with_field_mask", &e.WithFieldMask))},
		{"with_comments", r.thriftOnly("with_comments", r.boolean("with_comments", &e.WithComments))},
	}, more...)...)
	asked := r.asked
	r.asked = nil
	if len(r.found) > before {
		return e
	}
	if e.Protocol == "" {
		r.problem(key, "%s has no protocol", what).Hint("add protocol: thrift, or protobuf")
	}
	if len(e.Services) == 0 {
		r.problem(key, "%s has no services", what).Hint("add one, for example - idl: { source: local, path: idl/echo.thrift }")
	}
	if e.Protocol == Protobuf {
		for _, key := range asked {
			r.problem(key, "%s is for Thrift", key.Value).Hint("leave it out: %s", ofProtobuf[key.Value])
		}
	}
	r.repoNames(e)
	r.dialect(e)
	return e
}

// ofProtobuf says why keys for Thrift mean nothing to Protobuf.
var ofProtobuf = map[string]string{
	"dedups":                "Protobuf has packages, and one file for each definition",
	"special_namings":       "names are those that protoc-gen-go gives",
	"split_generated_files": "of each .proto file comes one Go file, as of protoc-gen-go",
	"with_field_mask":       "google.protobuf.FieldMask does that",
	"with_comments":         "code of Protobuf has the comments",
}

// thriftOnly returns read for a key that only Thrift has. That it is switched
// off is fine everywhere.
func (r *reader) thriftOnly(name string, read func(key, value *yaml.Node)) func(key, value *yaml.Node) {
	return func(key, n *yaml.Node) {
		off := "false"
		if name == "with_comments" {
			off = "true"
		}
		v := follow(n)
		if !(v.Tag == "!!bool" && v.Value == off || v.Kind == yaml.SequenceNode && len(v.Content) == 0) {
			r.asked = append(r.asked, key)
		}
		read(key, n)
	}
}

// commit is what a lock looks like: the name of a commit in full.
var commit = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// remoteHelper is how addresses begin that name a program to run.
var remoteHelper = regexp.MustCompile(`^[A-Za-z0-9_-]+::`)

// repo reads one repository.
func (r *reader) repo(key, n *yaml.Node) *Repo {
	repo := &Repo{Name: key.Value, Ref: "HEAD", Span: r.span(key)}
	before := len(r.found)
	r.mapping("repo `"+key.Value+"`", n,
		field{"url", r.str("url", &repo.URL)},
		field{"ref", r.str("ref", &repo.Ref)},
		field{"lock", r.str("lock", &repo.Lock)})
	if len(r.found) > before {
		return repo
	}
	switch {
	case repo.URL == "":
		r.problem(key, "repo `%s` has no url", key.Value).Hint("add the address that `git clone` would take")
	case strings.HasPrefix(repo.URL, "-"), strings.HasPrefix(repo.Ref, "-"), remoteHelper.MatchString(repo.URL):
		// Git would take the one for options and run a program for the other.
		r.problem(key, "repo `%s` has a url or a ref that git would not take for one", key.Value)
	case repo.Lock != "" && !commit.MatchString(repo.Lock):
		r.problem(key, "the lock of repo `%s` is no commit, but %q", key.Value, repo.Lock).
			Hint("`volo repo update %s` writes one", key.Value)
	}
	return repo
}

// choice returns a function that stores one of some words.
func (r *reader) choice(what string, to *string, words ...string) func(key, value *yaml.Node) {
	return func(key, n *yaml.Node) {
		var s string
		before := len(r.found)
		r.str(what, &s)(key, n)
		if len(r.found) > before {
			return
		}
		if !slices.Contains(words, s) {
			d := r.problem(follow(n), "%s must be %s, not %q", what, strings.Join(words, " or "), s)
			if near := nearest(s, words); near != "" {
				d.Hint("did you mean `%s`?", near)
			}
			return
		}
		*to = s
	}
}

// folder returns a function for the folder of the generated code.
func (r *reader) folder(what string, to *string) func(key, value *yaml.Node) {
	return func(key, n *yaml.Node) {
		var s string
		r.str(what, &s)(key, n)
		if s = slashes(s); s == "" {
			return
		}
		if wrong := NoFolder(what, s, r.file.Name); wrong != "" {
			r.problem(follow(n), "%s", wrong).Hint("write %s: gen", what)
			return
		}
		*to = path.Clean(s)
	}
}

// NoFolder says why a key or a flag cannot name folder as that for the
// generated code of file; it is empty if it can.
func NoFolder(what, folder, file string) string {
	switch clean := path.Clean(folder); {
	case path.Ext(folder) == ".rs" || path.Ext(folder) == ".go":
		return fmt.Sprintf("generated Go is a folder of packages, so %s must name a folder", what)
	case slices.Contains(strings.Split(clean, "/"), "vendor"):
		return fmt.Sprintf("go imports nothing of a folder vendor, so %s must name another", what)
	case path.IsAbs(clean) || clean == "." || clean == ".." || strings.HasPrefix(clean, "../"):
		return fmt.Sprintf("%s must name a folder below that of %s", what, file)
	}
	return ""
}

// syntaxLine finds the line in a message of the YAML parser.
var syntaxLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+)(?:, column (\d+))?: )?`)

// countsFromZero is what the YAML parser says with lines that begin at 0: what
// it complains about itself, and not its scanner.
var countsFromZero = regexp.MustCompile(`^did not find expected ([',<]|key|node content)`)

// syntax turns an error of the YAML parser into a problem.
func (r *reader) syntax(err error) {
	text := err.Error()
	m := syntaxLine.FindStringSubmatch(text)
	at := &yaml.Node{Line: 1, Column: 1}
	if n, e := strconv.Atoi(m[1]); e == nil {
		at.Line = n
		if countsFromZero.MatchString(text[len(m[0]):]) {
			at.Line++
		}
	}
	if n, e := strconv.Atoi(m[2]); e == nil {
		at.Column = n
	}
	d := r.problem(at, "%s", strings.TrimPrefix(text[len(m[0]):], "yaml: "))
	if strings.HasPrefix(strings.TrimLeft(r.file.Line(at.Line), " "), "\t") {
		d.Hint("indent with spaces: YAML knows no tabs")
	}
}

// slashes returns a path as volo.yml means it on every system.
func slashes(p string) string { return strings.ReplaceAll(p, `\`, "/") }
