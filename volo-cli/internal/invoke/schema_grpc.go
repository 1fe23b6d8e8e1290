package invoke

import (
	"context"
	"fmt"
	"path"
	"strings"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/pilota/protoidl"
)

// A source is where descriptors come from. It may be used concurrently.
type source interface {
	services(ctx context.Context) ([]string, error)
	find(ctx context.Context, name protoreflect.FullName) (protoreflect.Descriptor, error)
}

// fileSource are the files that the user has named, and what they import.
type fileSource struct {
	names  []string
	inputs []protoreflect.FileDescriptor
	files  *protoregistry.Files
}

func loadProto(c *Config) (*fileSource, error) {
	files, err := parseProto(c)
	if err != nil {
		return nil, err
	}
	registry, err := (protodesc.FileOptions{AllowUnresolvable: true}).NewFiles(files.Set)
	if err != nil {
		return nil, err
	}
	s := &fileSource{files: registry}
	for _, name := range files.Inputs {
		fd, err := registry.FindFileByPath(name)
		if err != nil {
			return nil, err
		}
		s.inputs = append(s.inputs, fd)
		for i := range fd.Services().Len() {
			s.names = append(s.names, string(fd.Services().Get(i).FullName()))
		}
	}
	return s, nil
}

func parseProto(c *Config) (*protoidl.Files, error) {
	if path.Ext(c.IDLs[0]) == ".proto" {
		files, list := protoidl.Compile(protoidl.Options{Inputs: c.IDLs, IncludeDirs: c.IncludeDirs, ReadFile: c.ReadFile})
		if err := list.Err(); err != nil {
			return nil, list
		}
		return files, nil
	}
	var set []byte // encoded sets, one after the other, are one set
	for _, name := range c.IDLs {
		b, err := c.readFile()(name)
		if err != nil {
			return nil, fmt.Errorf("descriptor set: %w", err)
		}
		set = append(set, b...)
	}
	files, list := protoidl.ReadSet(set)
	if err := list.Err(); err != nil {
		return nil, list
	}
	return files, nil
}

func (s *fileSource) services(context.Context) ([]string, error) { return s.names, nil }

func (s *fileSource) find(_ context.Context, name protoreflect.FullName) (protoreflect.Descriptor, error) {
	return s.files.FindDescriptorByName(name)
}

// A protoSchema is what a source says, in the words of this package.
type protoSchema struct{ source }

func (s protoSchema) service(ctx context.Context, name string) (*Service, error) {
	d, err := s.find(ctx, protoreflect.FullName(name))
	if err != nil {
		return nil, err
	}
	desc, ok := d.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, errUnknown
	}
	out := &Service{Name: name, Doc: doc(desc)}
	for i := range desc.Methods().Len() {
		m := desc.Methods().Get(i)
		out.Methods = append(out.Methods, &Method{
			Service: name, Name: string(m.Name()), Doc: doc(m), ClientStreams: m.IsStreamingClient(),
			ServerStreams: m.IsStreamingServer(), Signature: protoSignature(m), raw: m,
		})
	}
	return out, nil
}

func protoSignature(m protoreflect.MethodDescriptor) string {
	side := func(stream bool, d protoreflect.MessageDescriptor) string {
		if stream {
			return "stream " + string(d.FullName())
		}
		return string(d.FullName())
	}
	return fmt.Sprintf("rpc %s (%s) returns (%s);", m.Name(),
		side(m.IsStreamingClient(), m.Input()), side(m.IsStreamingServer(), m.Output()))
}

func (s protoSchema) method(m *Method) *Description {
	raw := m.raw.(protoreflect.MethodDescriptor)
	var b strings.Builder
	comment(&b, "", m.Doc)
	fmt.Fprintf(&b, "%s\n\n", m.Signature)
	protoMessage(&b, "", raw.Input())
	return &Description{Name: m.FullName(), Kind: "method", Text: b.String(), Template: protoTemplate(raw.Input())}
}

func (s protoSchema) describe(ctx context.Context, name string) (*Description, error) {
	d, err := s.find(ctx, protoreflect.FullName(strings.TrimPrefix(name, ".")))
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	switch d := d.(type) {
	case protoreflect.MessageDescriptor:
		protoMessage(&b, "", d)
		return &Description{Name: string(d.FullName()), Kind: "message", Text: b.String(), Template: protoTemplate(d)}, nil
	case protoreflect.EnumDescriptor:
		protoEnum(&b, "", d)
		t := newTemplate()
		t.quote(string(d.Values().Get(0).Name()))
		return &Description{Name: string(d.FullName()), Kind: "enum", Text: b.String(), Template: t.done()}, nil
	}
	return nil, errUnknown
}

// doc returns the comments of d, fileOf where it stands. What a server has
// mentioned and not sent is in no file.
func doc(d protoreflect.Descriptor) string {
	file := d.ParentFile()
	if file == nil {
		return ""
	}
	return file.SourceLocations().ByDescriptor(d).LeadingComments
}

func fileOf(d protoreflect.Descriptor) string {
	file := d.ParentFile()
	if file == nil {
		return ""
	}
	return file.Path()
}

func protoMessage(b *strings.Builder, indent string, d protoreflect.MessageDescriptor) {
	comment(b, indent, doc(d))
	fmt.Fprintf(b, "%smessage %s {\n", indent, d.Name())
	var oneof protoreflect.OneofDescriptor
	inner := indent + "  "
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		in := f.ContainingOneof()
		if in != nil && in.IsSynthetic() {
			in = nil
		}
		if in != oneof {
			if oneof != nil {
				fmt.Fprintf(b, "%s  }\n", indent)
				inner = indent + "  "
			}
			if oneof = in; in != nil {
				fmt.Fprintf(b, "%soneof %s {\n", inner, in.Name())
				inner += "  "
			}
		}
		comment(b, inner, doc(f))
		fmt.Fprintf(b, "%s%s%s %s = %d;\n", inner, protoLabel(f), protoType(f), f.Name(), f.Number())
	}
	if oneof != nil {
		fmt.Fprintf(b, "%s  }\n", indent)
	}
	for i := range d.Messages().Len() {
		if m := d.Messages().Get(i); !m.IsMapEntry() {
			protoMessage(b, indent+"  ", m)
		}
	}
	for i := range d.Enums().Len() {
		protoEnum(b, indent+"  ", d.Enums().Get(i))
	}
	fmt.Fprintf(b, "%s}\n", indent)
}

func protoLabel(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return ""
	case f.IsList():
		return "repeated "
	case f.Cardinality() == protoreflect.Required:
		return "required "
	case f.HasOptionalKeyword():
		return "optional "
	}
	return ""
}

func protoType(f protoreflect.FieldDescriptor) string {
	switch {
	case f.IsMap():
		return fmt.Sprintf("map<%s, %s>", protoType(f.MapKey()), protoType(f.MapValue()))
	case f.Enum() != nil:
		return string(f.Enum().FullName())
	case f.Message() != nil:
		return string(f.Message().FullName())
	}
	return f.Kind().String()
}

func protoEnum(b *strings.Builder, indent string, d protoreflect.EnumDescriptor) {
	comment(b, indent, doc(d))
	fmt.Fprintf(b, "%senum %s {\n", indent, d.Name())
	for i := range d.Values().Len() {
		v := d.Values().Get(i)
		comment(b, indent+"  ", doc(v))
		fmt.Fprintf(b, "%s  %s = %d;\n", indent, v.Name(), v.Number())
	}
	fmt.Fprintf(b, "%s}\n", indent)
}

// A resolver finds the types of Any and of extensions while JSON is read or
// written: in the source, else among those that this program has.
type resolver struct {
	ctx    context.Context
	source source
}

func (r resolver) FindMessageByName(name protoreflect.FullName) (protoreflect.MessageType, error) {
	if d, err := r.source.find(r.ctx, name); err == nil {
		if m, ok := d.(protoreflect.MessageDescriptor); ok {
			return dynamicpb.NewMessageType(m), nil
		}
	}
	return protoregistry.GlobalTypes.FindMessageByName(name)
}

func (r resolver) FindMessageByURL(url string) (protoreflect.MessageType, error) {
	return r.FindMessageByName(protoreflect.FullName(url[strings.LastIndexByte(url, '/')+1:]))
}

func (r resolver) FindExtensionByName(name protoreflect.FullName) (protoreflect.ExtensionType, error) {
	if d, err := r.source.find(r.ctx, name); err == nil {
		if x, ok := d.(protoreflect.ExtensionDescriptor); ok && x.IsExtension() {
			return dynamicpb.NewExtensionType(x), nil
		}
	}
	return protoregistry.GlobalTypes.FindExtensionByName(name)
}

func (r resolver) FindExtensionByNumber(message protoreflect.FullName, field protoreflect.FieldNumber) (protoreflect.ExtensionType, error) {
	if s, ok := r.source.(*fileSource); ok {
		return dynamicpb.NewTypes(s.files).FindExtensionByNumber(message, field)
	}
	return protoregistry.GlobalTypes.FindExtensionByNumber(message, field)
}
