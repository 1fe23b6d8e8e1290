package config

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/source"
	"go.yaml.in/yaml/v3"
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
		f.Entries = []*Entry{r.entry(workspaceKey(doc.Content[0]), doc.Content[0])}
	case old(doc.Content[0]):
		r.problem(doc.Content[0], "this is the format that Volo had before entries").Hint("`volo migrate` rewrites it, and keeps the old one beside it")
	default:
		r.root(f, doc.Content[0])
	}
	if len(r.found) > 0 {
		r.found.Sort()
		return nil, r.found
	}
	return f, nil
}

// root reads the top of the file.
func (r *reader) root(f *File, n *yaml.Node) {
	r.mapping(Name, n,
		field{"entries", func(_, n *yaml.Node) {
			r.pairs("entries", n, func(key, value *yaml.Node) {
				f.Entries = append(f.Entries, r.entry(key, value))
			})
		}})
	if len(f.Entries) == 0 && len(r.found) == 0 {
		r.problem(n, "entries has no entry").Hint("add one, usually called default")
	}
	r.folders(f)
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

// entry reads one entry.
func (r *reader) entry(key, n *yaml.Node) *Entry {
	e := &Entry{Name: key.Value, Filename: "gen", WithComments: true, Span: r.span(key)}
	what := "entry `" + key.Value + "`"
	folder := field{"filename", r.folder("filename", &e.Filename)}
	if r.workspace {
		what, e.Filename = WorkspaceName, "common"
		folder = field{"common_crate_name", r.folder("common_crate_name", &e.Filename)}
	}
	before := len(r.found)
	r.mapping(what, n,
		field{"protocol", r.choice("protocol", &e.Protocol, Thrift, Protobuf)},
		folder,
		field{"repos", func(_, n *yaml.Node) {
			r.pairs("repos", n, func(key, value *yaml.Node) { e.Repos = append(e.Repos, r.repo(key, value)) })
		}},
		field{"services", func(_, n *yaml.Node) {
			r.list("services", n, func(n *yaml.Node) { e.Services = append(e.Services, r.service(n)) })
		}},
		field{"touch_all", r.boolean("touch_all", &e.TouchAll)},
		field{"dedups", r.thriftOnly("dedups", r.strs("dedups", &e.Dedups))},
		field{"special_namings", r.thriftOnly("special_namings", r.strs("special_namings", &e.SpecialNamings))},
		field{"split_generated_files", r.thriftOnly("split_generated_files", r.boolean("split_generated_files", &e.Split))},
		field{"with_descriptor", r.boolean("with_descriptor", &e.WithDescriptor)},
		field{"with_field_mask", r.thriftOnly("with_field_mask", r.boolean("with_field_mask", &e.WithFieldMask))},
		field{"with_comments", r.thriftOnly("with_comments", r.boolean("with_comments", &e.WithComments))})
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

// dialect checks that what the services say goes with the entry's protocol.
func (r *reader) dialect(e *Entry) {
	for _, s := range e.Services {
		switch proto := strings.HasSuffix(s.Path, ".proto"); {
		case e.Protocol == Thrift && proto:
			r.found.Errorf("", s.Span, "a .proto file in entry `%s`, whose protocol is thrift", e.Name).
				Hint("give it an entry of its own with protocol: protobuf")
		case e.Protocol == Protobuf && !proto:
			r.found.Errorf("", s.Span, "entry `%s` has protocol protobuf, and this is no .proto file", e.Name)
		case e.Protocol == Protobuf && len(s.Touch) > 0:
			r.found.Errorf("", s.Span, "touch is for Thrift").Hint("leave it out: all of a .proto file is generated")
		case e.Protocol == Protobuf && s.KeepUnknownFields:
			r.found.Errorf("", s.Span, "keep_unknown_fields is for Thrift").Hint("leave it out: messages of Protobuf keep them")
		}
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

// service reads one element of services.
func (r *reader) service(n *yaml.Node) *IDL {
	s := &IDL{Span: r.span(n)}
	var hasIDL bool
	before := len(r.found)
	r.mapping("a service", n,
		field{"idl", func(key, n *yaml.Node) {
			hasIDL = true
			r.idl(s, key, n)
		}},
		field{"codegen_option", func(_, n *yaml.Node) { r.codegen(s, n) }})
	if !hasIDL && len(r.found) == before {
		r.problem(n, "a service has no idl").Hint("add idl: { source: local, path: … }")
	}
	return s
}

// idl reads where an IDL file is.
func (r *reader) idl(s *IDL, key, n *yaml.Node) {
	before := len(r.found)
	r.mapping("idl", n,
		field{"source", r.choice("source", &s.Source, Local, Git)},
		field{"repo", r.str("repo", &s.Repo)},
		field{"path", func(key, value *yaml.Node) {
			r.str("path", &s.Path)(key, value)
			s.Path, s.Span = slashes(s.Path), r.span(follow(value))
		}},
		field{"includes", r.strs("includes", &s.Includes)})
	for i := range s.Includes {
		s.Includes[i] = slashes(s.Includes[i])
	}
	if len(r.found) > before {
		return
	}
	switch {
	case s.Source == "":
		r.problem(key, "idl has no source").Hint("add source: local")
	case s.Path == "":
		r.problem(key, "idl has no path").Hint("add the path of the IDL file")
	case s.Source == Git && s.Repo == "":
		r.problem(key, "idl comes from git but names no repo").Hint("name one of the entry's repos")
	case s.Source == Git && !inside(s.Path), s.Source == Git && slices.ContainsFunc(s.Includes, func(dir string) bool { return !inside(dir) }):
		r.problem(key, "idl leads out of repo `%s`", s.Repo).Hint("path and includes begin at the top of the repository")
	case s.Source == Local && s.Repo != "":
		r.problem(key, "idl is local but names repo `%s`", s.Repo).Hint("use source: git")
	}
}

// inside reports whether a path stays in the folder that it begins at.
func inside(p string) bool {
	p = path.Clean(p)
	return !path.IsAbs(p) && p != ".." && !strings.HasPrefix(p, "../")
}

// codegen reads what to make of an IDL file.
func (r *reader) codegen(s *IDL, n *yaml.Node) {
	r.mapping("codegen_option", n,
		field{"touch", r.strs("touch", &s.Touch)},
		field{"keep_unknown_fields", r.boolean("keep_unknown_fields", &s.KeepUnknownFields)},
		field{"config", func(_, n *yaml.Node) {
			fields := []field{{"no_service", r.boolean("no_service", &s.NoService)}}
			if r.workspace { // Go packages are named by namespaces
				fields = append(fields, field{"crate_name", r.str("crate_name", new(string))})
			}
			r.mapping("config", n, fields...)
		}})
}

// repoNames checks the repos that services name.
func (r *reader) repoNames(e *Entry) {
	var names []string
	for _, repo := range e.Repos {
		names = append(names, repo.Name)
	}
	for _, s := range e.Services {
		if s.Source != Git || slices.Contains(names, s.Repo) {
			continue
		}
		d := r.found.Errorf("", s.Span, "idl comes from repo `%s`, which the entry does not have", s.Repo)
		if near := nearest(s.Repo, names); near != "" {
			d.Hint("did you mean `%s`?", near)
		} else {
			d.Hint("add it to repos of this entry")
		}
	}
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
		s = slashes(s)
		switch clean := path.Clean(s); {
		case s == "":
		case path.Ext(s) == ".rs" || path.Ext(s) == ".go":
			r.problem(follow(n), "generated Go is a folder of packages, so %s must name a folder", what).Hint("write %s: gen", what)
		case path.IsAbs(clean) || clean == "." || clean == ".." || strings.HasPrefix(clean, "../"):
			r.problem(follow(n), "%s must name a folder below that of %s", what, r.file.Name).Hint("write %s: gen", what)
		default:
			*to = clean
		}
	}
}

// syntaxLine finds the line in a message of the YAML parser.
var syntaxLine = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+)(?:, column (\d+))?: )?`)

// syntax turns an error of the YAML parser into a problem.
func (r *reader) syntax(err error) {
	text := err.Error()
	m := syntaxLine.FindStringSubmatch(text)
	at := &yaml.Node{Line: 1, Column: 1}
	if n, e := strconv.Atoi(m[1]); e == nil {
		at.Line = n
	}
	if n, e := strconv.Atoi(m[2]); e == nil {
		at.Column = n
	}
	r.problem(at, "%s", strings.TrimPrefix(text[len(m[0]):], "yaml: "))
}

// slashes returns a path as volo.yml means it on every system.
func slashes(p string) string { return strings.ReplaceAll(p, `\`, "/") }
