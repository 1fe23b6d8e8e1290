package pilota

import (
	"go/format"
	"path"
	"slices"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/pluginpb"

	"github.com/volo-go/volo/pilota/gen"
	"github.com/volo-go/volo/pilota/genproto"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// ProtoOptions say which Protobuf files to compile, and how.
type ProtoOptions struct {
	// Inputs are the .proto files to generate code for, or, with a
	// DescriptorSet, names of files in it; without any, all of them.
	Inputs []string
	// IncludeDirs are searched for imports, in order.
	IncludeDirs []string
	// ReadFile is as in [Options].
	ReadFile func(name string) ([]byte, error)
	// DescriptorSet is an encoded FileDescriptorSet to take instead of source:
	// for editions that the front end does not know.
	DescriptorSet []byte
	// PackagePrefix is the import path of the folder that the files are
	// written to. Files without go_package get a package below it, named
	// after their Protobuf package: shop.v1 becomes <prefix>/shop/v1, shopv1.
	PackagePrefix string
	// Parameters are further options of protoc-gen-go: paths=, module=, M….
	Parameters []string
	// Go says what to write.
	Go genproto.Options
}

// CompileProto checks the inputs and generates Go for them. The files are
// ordered by path, relative to the folder of the output; there are none if
// the diagnostics have an error.
func CompileProto(o ProtoOptions) ([]gen.File, report.List) {
	files, list := protoFiles(o)
	if files == nil {
		return nil, list
	}
	response, err := GenerateProto(files.Request(parameters(o, files)), o.Go)
	if err == nil && response.Error == nil {
		return outputs(response, o.PackagePrefix), list
	}
	message := response.GetError()
	if err != nil {
		message = err.Error()
	}
	list.Errorf("not-generated", source.Span{}, "%s", strings.TrimSpace(message))
	return nil, list
}

// GenerateProto answers the request of protoc or buf to a plug-in. An error
// is about the request; what is wrong with a file is part of the response.
func GenerateProto(request *pluginpb.CodeGeneratorRequest, o genproto.Options) (*pluginpb.CodeGeneratorResponse, error) {
	plugin, err := protogen.Options{ParamFunc: o.Set}.New(request)
	if err != nil {
		return nil, err
	}
	// The error is in the response as well.
	_ = genproto.Generate(plugin, &o)
	response := plugin.Response()
	for _, f := range response.File {
		if strings.HasSuffix(f.GetName(), genproto.Suffix) {
			// protogen lays out code as gofmt does, but not comments.
			formatted, err := format.Source([]byte(f.GetContent()))
			if err != nil {
				return nil, err
			}
			f.Content = proto.String(string(formatted))
		}
	}
	return response, nil
}

func protoFiles(o ProtoOptions) (*protoidl.Files, report.List) {
	if o.DescriptorSet != nil {
		return protoidl.ReadSet(o.DescriptorSet, o.Inputs...)
	}
	return protoidl.Compile(protoidl.Options{Inputs: o.Inputs, IncludeDirs: o.IncludeDirs, ReadFile: o.ReadFile})
}

// parameters returns the parameter of the request. Those of the user come
// last and win.
func parameters(o ProtoOptions, files *protoidl.Files) string {
	var all []string
	for _, f := range files.Set.File {
		if o.PackagePrefix == "" || f.GetOptions().GetGoPackage() != "" {
			continue
		}
		dir := strings.ReplaceAll(f.GetPackage(), ".", "/")
		if dir == "" {
			dir = strings.TrimSuffix(path.Base(f.GetName()), path.Ext(f.GetName()))
		}
		name := strings.ReplaceAll(dir, "/", "")
		all = append(all, "M"+f.GetName()+"="+path.Join(o.PackagePrefix, dir)+";"+name)
	}
	return strings.Join(append(all, o.Parameters...), ",")
}

// outputs returns the files of a response, below the folder of the output.
func outputs(response *pluginpb.CodeGeneratorResponse, prefix string) (files []gen.File) {
	for _, f := range response.File {
		name := f.GetName()
		if prefix != "" {
			name = strings.TrimPrefix(name, prefix+"/")
		}
		files = append(files, gen.File{Path: name, Content: []byte(f.GetContent())})
	}
	slices.SortFunc(files, func(a, b gen.File) int { return strings.Compare(a.Path, b.Path) })
	return files
}
