package invoke

import (
	"context"
	"fmt"
	"strings"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// A thriftSchema is some .thrift files and what they include.
type thriftSchema struct {
	inputs []*descriptor.File
	bare   bool
}

func loadThrift(c *Config) (*thriftSchema, error) {
	files, list := pilota.Describe(pilota.Options{Inputs: c.IDLs, IncludeDirs: c.IncludeDirs, ReadFile: c.ReadFile})
	if err := list.Err(); err != nil {
		return nil, list
	}
	return &thriftSchema{files, c.Bare}, nil
}

func (t *thriftSchema) services(context.Context) (names []string, _ error) {
	for _, f := range t.inputs {
		for _, s := range f.Services {
			names = append(names, s.Name)
		}
	}
	return names, nil
}

// find returns the first thing that get finds in the inputs; get looks into
// includes if the name says so.
func find[T any](t *thriftSchema, name string, get func(*descriptor.File, string) *T) *T {
	for _, f := range t.inputs {
		if found := get(f, strings.TrimPrefix(name, f.Name+".")); found != nil {
			return found
		}
	}
	return nil
}

func (t *thriftSchema) service(_ context.Context, name string) (*Service, error) {
	desc := find(t, name, (*descriptor.File).Service)
	if desc == nil {
		return nil, errUnknown
	}
	s := &Service{Name: desc.Name, Doc: desc.Doc}
	for _, m := range desc.AllMethods() {
		s.Methods = append(s.Methods, &Method{
			Service: desc.Name, Name: m.Name, Doc: m.Doc, Oneway: m.Oneway,
			Signature: thriftSignature(m), raw: thriftMethod{desc, m},
		})
	}
	return s, nil
}

// A thriftMethod is a method and the service through which it is called.
type thriftMethod struct {
	service *descriptor.Service
	method  *descriptor.Method
}

func thriftSignature(m *descriptor.Method) string {
	var b strings.Builder
	switch success := m.Success(); {
	case m.Oneway:
		b.WriteString("oneway void")
	case success == nil:
		b.WriteString("void")
	default:
		b.WriteString(success.Type.String())
	}
	fmt.Fprintf(&b, " %s(%s)", m.Name, parameters(m.Arguments.Fields))
	if throws := m.Throws(); len(throws) > 0 {
		fmt.Fprintf(&b, " throws (%s)", parameters(throws))
	}
	return b.String()
}

func parameters(fields []*descriptor.Field) string {
	var all []string
	for _, f := range fields {
		all = append(all, fmt.Sprintf("%d: %s %s", f.ID, f.Type, f.Name))
	}
	return strings.Join(all, ", ")
}

func (t *thriftSchema) method(m *Method) *Description {
	raw := m.raw.(thriftMethod)
	var b strings.Builder
	comment(&b, "", m.Doc)
	fmt.Fprintf(&b, "%s\n", m.Signature)
	for _, f := range raw.method.Arguments.Fields {
		if s := f.Type.Underlying(); s.Kind == descriptor.StructKind {
			b.WriteByte('\n')
			thriftStruct(&b, s.Struct)
		}
	}
	args := raw.method.Arguments.Type()
	if t.bare && len(raw.method.Arguments.Fields) == 1 {
		args = raw.method.Arguments.Fields[0].Type
	}
	return &Description{Name: m.FullName(), Kind: "method", Text: b.String(), Template: thriftTemplate(args)}
}

func (t *thriftSchema) describe(_ context.Context, name string) (*Description, error) {
	var b strings.Builder
	if s := find(t, name, (*descriptor.File).Struct); s != nil {
		thriftStruct(&b, s)
		return &Description{Name: s.FullName(), Kind: s.Class.String(), Text: b.String(), Template: thriftTemplate(s.Type())}, nil
	}
	if e := find(t, name, (*descriptor.File).Enum); e != nil {
		thriftEnum(&b, e)
		typ := &descriptor.Type{Kind: descriptor.EnumKind, Enum: e}
		return &Description{Name: e.FullName(), Kind: "enum", Text: b.String(), Template: thriftTemplate(typ)}, nil
	}
	if d := find(t, name, (*descriptor.File).Typedef); d != nil {
		comment(&b, "", d.Doc)
		fmt.Fprintf(&b, "typedef %s %s\n", d.Type, d.Name)
		return &Description{Name: d.FullName(), Kind: "typedef", Text: b.String(), Template: thriftTemplate(d.Type)}, nil
	}
	return nil, errUnknown
}

func thriftStruct(b *strings.Builder, s *descriptor.Struct) {
	comment(b, "", s.Doc)
	fmt.Fprintf(b, "%s %s {\n", s.Class, s.Name)
	for _, f := range s.Fields {
		comment(b, "  ", f.Doc)
		fmt.Fprintf(b, "  %d: ", f.ID)
		if f.Requiredness != descriptor.Default && s.Class != descriptor.Union {
			fmt.Fprintf(b, "%s ", f.Requiredness)
		}
		fmt.Fprintf(b, "%s %s", f.Type, f.Name)
		if f.Default != nil {
			fmt.Fprintf(b, " = %s", f.Default)
		}
		b.WriteByte('\n')
	}
	b.WriteString("}\n")
}

func thriftEnum(b *strings.Builder, e *descriptor.Enum) {
	comment(b, "", e.Doc)
	fmt.Fprintf(b, "enum %s {\n", e.Name)
	for _, v := range e.Values {
		comment(b, "  ", v.Doc)
		fmt.Fprintf(b, "  %s = %d\n", v.Name, v.Number)
	}
	for _, name := range e.Names {
		fmt.Fprintf(b, "  %q\n", name)
	}
	b.WriteString("}\n")
}
