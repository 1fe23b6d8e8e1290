package config

import (
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/volo-go/volo/pilota/source"
)

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
		field{"repo", func(key, value *yaml.Node) {
			r.str("repo", &s.Repo)(key, value)
			s.repoSpan = r.span(follow(value))
		}},
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
	case s.Source == Local && path.IsAbs(s.Path):
		r.problem(key, "idl has an absolute path").Hint("paths begin at the folder of volo.yml")
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
		field{"touch", r.touch(s)},
		field{"keep_unknown_fields", r.boolean("keep_unknown_fields", &s.KeepUnknownFields)},
		field{"config", func(_, n *yaml.Node) {
			fields := []field{{"no_service", r.boolean("no_service", &s.NoService)}}
			if r.workspace { // Go packages are named by namespaces
				fields = append(fields, field{"crate_name", r.str("crate_name", new(string))})
			}
			r.mapping("config", n, fields...)
		}})
}

// touch returns a function that reads names of definitions and where they are.
func (r *reader) touch(s *IDL) func(key, value *yaml.Node) {
	return func(key, n *yaml.Node) {
		r.strs("touch", &s.Touch)(key, n)
		s.TouchAt = make(map[string]source.Span)
		for _, elem := range follow(n).Content {
			s.TouchAt[follow(elem).Value] = r.span(follow(elem))
		}
	}
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
		d := r.found.Errorf("", s.repoSpan, "idl comes from repo `%s`, which the entry does not have", s.Repo)
		if near := nearest(s.Repo, names); near != "" {
			d.Hint("did you mean `%s`?", near)
		} else {
			d.Hint("add it to repos of this entry")
		}
	}
}
