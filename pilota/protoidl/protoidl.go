package protoidl

import (
	"context"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// Options say what to compile.
type Options struct {
	// Inputs are paths of .proto files. The name that others import a file by
	// is its path below the include directory that holds it.
	Inputs []string
	// IncludeDirs are searched for imports, in order. Without any that is the
	// current directory. The directory of an input that is in none of them is
	// searched last.
	IncludeDirs []string
	// ReadFile returns the text of a file by its clean path with forward
	// slashes; if there is none, the error is [fs.ErrNotExist] by errors.Is.
	// Nil reads the files of the system.
	ReadFile func(name string) ([]byte, error)
}

// Files are checked files with all that they import.
type Files struct {
	Inputs []string // names of the files that were asked for
	Set    *descriptorpb.FileDescriptorSet
	// Sources are the texts of the files by name, but for those that come with
	// the compiler, and all that were given as descriptors.
	Sources map[string]*source.File
}

// Request returns the files as the request that protoc would send to a
// plug-in.
func (f *Files) Request(parameter string) *pluginpb.CodeGeneratorRequest {
	return &pluginpb.CodeGeneratorRequest{
		FileToGenerate: f.Inputs,
		Parameter:      proto.String(parameter),
		ProtoFile:      f.Set.File,
	}
}

// Compile parses and checks the inputs. The files are nil if the diagnostics
// have an error.
func Compile(o Options) (*Files, report.List) {
	s := newSearch(o)
	names := s.inputs(o.Inputs)
	if s.found.HasErrors() {
		return nil, s.found
	}
	compiler := protocompile.Compiler{
		Resolver:       protocompile.WithStandardImports(s),
		Reporter:       s,
		SourceInfoMode: protocompile.SourceInfoStandard,
		MaxParallelism: 1, // diagnostics in the same order every time
	}
	linked, err := compiler.Compile(context.Background(), names...)
	s.conclude(err)
	if s.found.HasErrors() {
		return nil, s.found
	}
	return &Files{Inputs: names, Set: inOrder(linked), Sources: s.files}, s.found
}

// inOrder returns the files and what they import, imports first.
func inOrder(files linker.Files) *descriptorpb.FileDescriptorSet {
	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	var add func(protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		if seen[f.Path()] {
			return
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(f))
	}
	for _, f := range files {
		add(f)
	}
	return set
}
