// Package migrate turns projects of other tools into projects of Volo for Go,
// as far as that needs no judgement.
//
// [Old] rewrites the volo.yml of before entries had services. [Find] says what
// kind of Go project a folder has; [Project.IDLs] finds its IDLs, [Config]
// writes a volo.yml for them, and [Project.Kitex] and [Project.GRPC] go through
// its Go files: what is the same under another import path they change, the
// rest they list as [Todo]. Nothing is written here.
package migrate

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/volo-go/volo/volo-cli/internal/gitrepo"
)

// A Todo is something that is left for a person.
type Todo struct {
	File string // slashes, below the project; empty if it is about no file
	Line int
	What string
}

// String returns "file:line: what".
func (t Todo) String() string {
	switch {
	case t.File == "":
		return t.What
	case t.Line == 0:
		return t.File + ": " + t.What
	}
	return fmt.Sprintf("%s:%d: %s", t.File, t.Line, t.What)
}

// The volo.yml that is written.
type (
	file struct {
		Entries map[string]*entry `yaml:"entries"`
	}
	entry struct {
		Protocol string           `yaml:"protocol"`
		Filename string           `yaml:"filename"`
		Repos    map[string]*repo `yaml:"repos,omitempty"`
		Services []service        `yaml:"services"`
		TouchAll bool             `yaml:"touch_all,omitempty"`
		Namings  []string         `yaml:"special_namings,omitempty,flow"`
	}
	repo struct {
		URL  string `yaml:"url"`
		Ref  string `yaml:"ref,omitempty"`
		Lock string `yaml:"lock,omitempty"`
	}
	service struct {
		IDL     idl      `yaml:"idl"`
		Codegen *codegen `yaml:"codegen_option,omitempty"`
	}
	idl struct {
		Source   string   `yaml:"source"`
		Repo     string   `yaml:"repo,omitempty"`
		Path     string   `yaml:"path"`
		Includes []string `yaml:"includes,omitempty"`
	}
	codegen struct {
		Touch             []string `yaml:"touch,omitempty"`
		KeepUnknownFields bool     `yaml:"keep_unknown_fields,omitempty"`
	}
)

// text writes the file.
func (f *file) text() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	err := e.Encode(f)
	return b.Bytes(), err
}

// oldFile is the volo.yml of before.
type oldFile struct {
	Entries map[string]struct {
		Protocol string `yaml:"protocol"`
		Filename string `yaml:"filename"`
		IDLs     []struct {
			Source            string   `yaml:"source"`
			Repo              string   `yaml:"repo"`
			Ref               string   `yaml:"ref"`
			Lock              string   `yaml:"lock"`
			Path              string   `yaml:"path"`
			Includes          []string `yaml:"includes"`
			Touch             []string `yaml:"touch"`
			KeepUnknownFields bool     `yaml:"keep_unknown_fields"`
		} `yaml:"idls"`
		TouchAll             bool `yaml:"touch_all"`
		NonstandardSnakeCase bool `yaml:"nonstandard_snake_case"`
	} `yaml:"entries"`
}

// IsOld reports whether the text is a volo.yml of before.
func IsOld(text []byte) bool {
	var f oldFile
	if yaml.Unmarshal(text, &f) != nil {
		return false
	}
	for _, e := range f.Entries {
		if len(e.IDLs) > 0 {
			return true
		}
	}
	return false
}

// lock is a commit by its full name.
var lock = regexp.MustCompile(`^[0-9a-f]{40}$`)

// Old rewrites a volo.yml of before. A key that it does not know is an error.
func Old(text []byte) (converted []byte, todos []Todo, err error) {
	var from oldFile
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&from); err != nil {
		return nil, nil, fmt.Errorf("volo.yml: %w", err)
	}
	to := &file{Entries: make(map[string]*entry)}
	for name, e := range from.Entries {
		n := &entry{Protocol: e.Protocol, Filename: folder(name, e.Filename), TouchAll: e.TouchAll, Repos: make(map[string]*repo)}
		if e.NonstandardSnakeCase {
			todos = append(todos, Todo{What: "entry " + name + " had nonstandard_snake_case; Go names follow Go's rules, and special_namings lists words with a spelling of their own"})
		}
		for _, i := range e.IDLs {
			s := service{IDL: idl{Source: i.Source, Path: i.Path, Includes: i.Includes}}
			if i.Source == "git" {
				s.IDL.Repo = n.repo(&repo{i.Repo, i.Ref, i.Lock})
			}
			if e.Protocol == "thrift" && (len(i.Touch) > 0 || i.KeepUnknownFields) {
				s.Codegen = &codegen{i.Touch, i.KeepUnknownFields}
			}
			n.Services = append(n.Services, s)
		}
		to.Entries[name] = n
	}
	converted, err = to.text()
	return converted, todos, err
}

// folder returns the folder for the code of an entry, whose file of Rust code
// had some name.
func folder(entry, filename string) string {
	base := strings.TrimSuffix(filename, ".rs")
	switch {
	case base == "" || base == "volo_gen" && entry == "default":
		return "gen"
	case base == "volo_gen":
		return "gen_" + entry
	}
	return base
}

// repo returns the name under which the entry has a repository, which may be
// there more than once at different commits.
func (e *entry) repo(r *repo) string {
	if !lock.MatchString(r.Lock) {
		r.Lock = "" // volo gen writes one
	}
	full := gitrepo.Name(r.URL)
	base := full[strings.LastIndexByte(full, '/')+1:]
	for n, name := 2, base; ; n++ {
		if there := e.Repos[name]; there == nil || *there == *r {
			e.Repos[name] = r
			return name
		}
		name = fmt.Sprintf("%s%d", base, n)
	}
}

// Config returns a volo.yml with one entry of local IDLs. namings are words that
// Go code goes on to spell so.
func Config(protocol string, paths, includes, namings []string) ([]byte, error) {
	e := &entry{Protocol: protocol, Filename: "gen", TouchAll: protocol == "thrift", Namings: namings}
	for _, p := range paths {
		e.Services = append(e.Services, service{IDL: idl{Source: "local", Path: p, Includes: includes}})
	}
	return (&file{Entries: map[string]*entry{"default": e}}).text()
}
