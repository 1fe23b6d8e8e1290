package config

import "github.com/volo-go/volo/pilota/source"

// Name is what the file is called.
const Name = "volo.yml"

// WorkspaceName is what the file of a workspace is called: one entry, without
// the name of an entry around it.
const WorkspaceName = "volo.workspace.yml"

// The protocols of an entry.
const (
	Thrift   = "thrift"
	Protobuf = "protobuf"
)

// The sources of an IDL.
const (
	Local = "local"
	Git   = "git"
)

// A File is a volo.yml.
type File struct {
	Source  *source.File
	Entries []*Entry // in the order of the file, at least one; of a workspace one
	Lint    *Lint    // nil if it has no key lint
}

// An Entry is a set of IDLs that are compiled together into one folder.
type Entry struct {
	Name     string
	Protocol string  // Thrift or Protobuf
	Filename string  // the folder of the generated code, slashes, never empty
	Repos    []*Repo // in the order of the file
	Services []*IDL  // at least one

	TouchAll       bool     // generate what no service reaches, too
	Dedups         []string // definitions that several files may have, as copies
	SpecialNamings []string // words that names have in this very spelling
	Split          bool     // a file per definition
	WithDescriptor bool     // types and services know their descriptors
	WithFieldMask  bool     // messages can be written in part, which needs descriptors
	WithComments   bool     // of the IDL, in the code; true if absent

	Span source.Span // of the name; of a workspace, of its first key
}

// A Repo is a git repository that IDLs come from.
type Repo struct {
	Name string
	URL  string
	Ref  string      // branch or tag, "HEAD" if absent
	Lock string      // commit that Ref was resolved to; empty until it has been
	Span source.Span // of the name
}

// An IDL is one element of services: an IDL file and what to make of it.
type IDL struct {
	Source   string // Local or Git
	Repo     string // of a Git source
	Path     string // with slashes, relative to volo.yml or to the repository
	Includes []string

	Touch             []string
	TouchAt           map[string]source.Span // by elements of Touch; nil if there are none
	KeepUnknownFields bool
	NoService         bool // the file declares types only

	Span     source.Span // of the path
	repoSpan source.Span // of Repo
}

// New returns a file that has nothing yet, to be added to.
func New(name string) *File {
	return &File{Source: source.NewFile(name, "entries:\n")}
}

// Repo returns the repository called name, nil if there is none.
func (e *Entry) Repo(name string) *Repo {
	for _, r := range e.Repos {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Entry returns the entry called name, nil if there is none.
func (f *File) Entry(name string) *Entry {
	for _, e := range f.Entries {
		if e.Name == name {
			return e
		}
	}
	return nil
}
