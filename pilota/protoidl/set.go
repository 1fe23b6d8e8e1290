package protoidl

import (
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// ReadSet takes an encoded FileDescriptorSet, as `protoc -o` and `buf build -o`
// write it, imports included. The inputs are names of files in it; without
// any, that is every file. The files are nil if the diagnostics have an error.
func ReadSet(set []byte, inputs ...string) (*Files, report.List) {
	var list report.List
	f := &Files{Inputs: inputs, Set: new(descriptorpb.FileDescriptorSet)}
	if err := proto.Unmarshal(set, f.Set); err != nil {
		list.Errorf("invalid-descriptors", source.Span{}, "not a FileDescriptorSet: %s", tidy(err))
		return nil, list
	}
	if _, err := protodesc.NewFiles(f.Set); err != nil {
		list.Errorf("invalid-descriptors", source.Span{}, "%s", tidy(err)).
			Hint("write the set with all imports: `protoc --include_imports`, or `buf build`")
		return nil, list
	}
	if err := f.arrange(); err != nil {
		list.Errorf("invalid-descriptors", source.Span{}, "%v", err)
		return nil, list
	}
	return f, list
}

// arrange puts imports before what imports them and checks the inputs.
func (f *Files) arrange() error {
	byName := map[string]*descriptorpb.FileDescriptorProto{}
	for _, file := range f.Set.File {
		byName[file.GetName()] = file
	}
	if len(f.Inputs) == 0 {
		for _, file := range f.Set.File {
			f.Inputs = append(f.Inputs, file.GetName())
		}
	}
	var sorted []*descriptorpb.FileDescriptorProto
	var add func(name string)
	add = func(name string) {
		file := byName[name]
		if file == nil || slices.Contains(sorted, file) {
			return
		}
		for _, dependency := range file.Dependency {
			add(dependency)
		}
		sorted = append(sorted, file)
	}
	for _, file := range f.Set.File {
		add(file.GetName())
	}
	f.Set.File = sorted
	for _, name := range f.Inputs {
		if byName[name] == nil {
			return fmt.Errorf("no file of the set is named `%s`", name)
		}
	}
	return nil
}
