// Package generate compiles the IDLs of an entry of volo.yml and brings the
// folder of generated code up to date.
//
// [Compile] works in memory. [Compare] says what would change on disk, and
// [Changes.Apply] changes it: it writes what is new or different, removes what
// an earlier run generated and this one does not, and never touches a file
// that was not generated.
package generate

import (
	"maps"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/volo-cli/internal/config"
)

// An Input is what to compile.
type Input struct {
	Entry *config.Entry
	// Root is the folder of volo.yml as diagnostics should show it, "" for the
	// one that ReadFile starts from.
	Root string
	// Package is the import path of the folder of the generated code.
	Package string
	// Checkouts are the repositories of git sources, by their names in Entry.
	Checkouts map[string]Checkout
	// ReadFile reads a local IDL by its path with slashes; nil reads the files
	// of the system.
	ReadFile func(name string) ([]byte, error)
}

// An Output is what came out.
type Output struct {
	Program *ir.Program       // of Thrift
	Inputs  []string          // of Protobuf: what others import the inputs by
	Files   map[string][]byte // by name below the folder of the generated code
}

// Compile compiles the entry. The output is nil if the diagnostics have an
// error.
func Compile(in Input) (*Output, report.List) {
	if clash := in.clash(); len(clash) > 0 {
		return nil, clash
	}
	if unread := in.unread(); len(unread) > 0 {
		in.show(unread)
		return nil, unread
	}
	compile := compileThrift
	if in.Entry.Protocol == config.Protobuf {
		compile = compileProto
	}
	out, list := compile(in)
	in.show(list)
	return out, list
}

// compileThrift is Compile for an entry of Thrift files.
func compileThrift(in Input) (*Output, report.List) {
	o := pilota.Options{ReadFile: in.read(), KeepAll: in.Entry.TouchAll, Go: options(in.Entry)}
	o.Go.PackagePrefix = in.Package
	o.TouchAt = make(map[string]source.Span)
	for _, s := range in.Entry.Services {
		o.Inputs = append(o.Inputs, in.of(s, s.Path))
		for _, dir := range s.Includes {
			o.IncludeDirs = append(o.IncludeDirs, in.of(s, dir))
		}
		o.Touch = append(o.Touch, s.Touch...)
		maps.Copy(o.TouchAt, s.TouchAt)
		if s.KeepUnknownFields {
			o.Go.KeepUnknownOf = append(o.Go.KeepUnknownOf, in.of(s, s.Path))
		}
	}
	o.IncludeDirs = append(o.IncludeDirs, in.hosts()...)
	program, list := pilota.Check(o)
	if program == nil {
		return nil, list
	}
	if wrong := noService(in.Entry, o.Inputs, program); len(wrong) > 0 {
		return nil, append(list, wrong...)
	}
	files, list := pilota.Compile(o)
	if list.HasErrors() {
		return nil, list
	}
	out := &Output{Program: program, Files: make(map[string][]byte, len(files))}
	for _, f := range files {
		out.Files[f.Path] = f.Content
	}
	return out, list
}

// options returns how the entry wants its code written.
func options(e *config.Entry) gen.Options {
	o := gen.Options{
		WithDescriptor: e.WithDescriptor,
		WithFieldMask:  e.WithFieldMask,
		NoComments:     !e.WithComments,
		Dedups:         e.Dedups,
		SpecialNamings: e.SpecialNamings,
	}
	if e.Split {
		o.Split = gen.SplitTypes
	}
	return o
}

// noService reports files that have services although volo.yml says no_service.
func noService(e *config.Entry, inputs []string, p *ir.Program) report.List {
	var l report.List
	for i, s := range e.Services {
		for _, f := range p.Files {
			if s.NoService && f.Source.Name == inputs[i] && len(f.Services) > 0 {
				l.Errorf("", f.Services[0].Span, "`%s` is a service, but volo.yml says no_service", f.Services[0].Name).
					Relate(s.Span, "said of this file").Hint("remove no_service from volo.yml")
			}
		}
	}
	return l
}
