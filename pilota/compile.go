// Package pilota compiles interface definitions to Go. The whole way is on
// this page: lower finds, parses and checks the files and makes one program
// of them, gen writes Go for it.
//
// The compiler works in memory: it reads files, through a function if asked
// to, and returns files; writing them is the caller's. What is wrong comes
// back as diagnostics that point into the source.
//
// # Options
//
// [Options] and gen.Options have what volo.yml calls
//
//	touch                  Options.Touch
//	touch_all              Options.KeepAll
//	keep_unknown_fields    Options.Go.KeepUnknownOf, or KeepUnknownFields for all
//	dedups                 Options.Go.Dedups
//	special_namings        Options.Go.SpecialNamings
//	split_generated_files  Options.Go.Split
//	with_descriptor        Options.Go.WithDescriptor
//	with_field_mask        Options.Go.WithFieldMask
//	with_comments          not Options.Go.NoComments
package pilota

import (
	"errors"

	"github.com/volo-go/volo/pilota/describe"
	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// Options say what to compile, and how.
type Options struct {
	// Inputs are the IDL files to generate code for.
	Inputs []string
	// IncludeDirs are searched for includes that are not found relative to the
	// file that includes them, in order.
	IncludeDirs []string
	// ReadFile returns the text of a file by its clean path with forward
	// slashes; if there is none, the error is [fs.ErrNotExist] by errors.Is.
	// Nil reads the files of the system.
	ReadFile func(name string) ([]byte, error)
	// KeepAll keeps definitions that no service or constant of the inputs
	// needs; inputs without services keep theirs in any case.
	KeepAll bool
	// Touch names definitions to keep as well: "Name" of any input, or
	// "file.Name".
	Touch []string
	// TouchAt has the places where names of Touch are written, for
	// diagnostics; those without one are nowhere.
	TouchAt map[string]source.Span
	// Go says how to write the code.
	Go gen.Options
}

// Check parses and checks the inputs. The program is nil if the diagnostics
// have an error.
func Check(o Options) (*ir.Program, report.List) {
	return lower.Lower(lower.Options{
		Inputs:      o.Inputs,
		IncludeDirs: o.IncludeDirs,
		ReadFile:    o.ReadFile,
		KeepAll:     o.KeepAll,
		Touch:       o.Touch,
		TouchAt:     o.TouchAt,
	})
}

// Describe returns the descriptors of the inputs, in their order, for tools
// that handle messages of types they were not compiled with (package dynamic).
// Everything that the inputs include is within reach. There are none if the
// diagnostics have an error.
func Describe(o Options) ([]*descriptor.File, report.List) {
	o.KeepAll = true
	program, list := Check(o)
	if program == nil {
		return nil, list
	}
	var roots []*descriptor.File
	for i, f := range describe.Program(program, describe.Options{}) {
		if program.Files[i].Root {
			roots = append(roots, f)
		}
	}
	return roots, list
}

// Compile checks the inputs and generates Go for them. The files are ordered
// by path, relative to the folder of the output; there are none if the
// diagnostics have an error.
func Compile(o Options) ([]gen.File, report.List) {
	program, list := Check(o)
	for _, d := range list {
		if d.Code == lower.WrongTag {
			d.Severity = report.Error
		}
	}
	if list.HasErrors() {
		return nil, list
	}
	files, err := gen.Generate(program, o.Go)
	if err != nil {
		list = append(list, diagnose(err))
		list.Sort()
		return nil, list
	}
	return files, list
}

// diagnose turns what the generator complains about into a diagnostic.
func diagnose(err error) *report.Diagnostic {
	d := &report.Diagnostic{Code: "not-generated", Message: err.Error()}
	if e, ok := errors.AsType[*gen.CycleError](err); ok {
		d.Code, d.Message = "package-cycle", "Go packages cannot import each other in a circle"
		d.Primary.Span = e.Uses[0].Decl.Span
		for i, u := range e.Uses {
			label := "package " + u.From + " needs " + u.Name + " of " + u.To
			if i == 0 {
				d.Label("%s", label)
				continue
			}
			d.Relate(u.Decl.Span, "%s", label)
		}
		d.Hint("give these files one namespace, or move what they share to a third")
	}
	return d
}
