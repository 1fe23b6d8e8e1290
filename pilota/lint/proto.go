package lint

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// Proto returns what is wrong with the inputs of a compilation, and the
// warnings of that. Without source information there are no places.
func Proto(files *protoidl.Files, warnings report.List, o Options) report.List {
	p := proto{linter{Options: o}, files, nil}
	p.warnings(warnings)
	for _, f := range files.Set.File {
		if slices.Contains(files.Inputs, f.GetName()) {
			p.file = f
			p.all()
		}
	}
	return p.sorted()
}

type proto struct {
	linter
	files *protoidl.Files
	file  *descriptorpb.FileDescriptorProto
}

// The numbers of fields in descriptors, as source information has them.
const (
	filePackage, fileMessage, fileEnum, fileService = 2, 4, 5, 6
	messageField, messageNested, messageEnum        = 2, 3, 4
	enumValue, serviceMethod, name                  = 2, 2, 1
)

func (p *proto) span(path ...int32) source.Span { return p.files.Span(p.file, path...) }

func (p *proto) all() {
	f := p.file
	if f.GetSyntax() == "" && f.Edition == nil && p.files.Location(f, 12) == nil && p.files.Location(f, 14) == nil {
		p.add("syntax", p.span(), "the file does not say which syntax it has").Hint("write `syntax = \"proto3\";`")
	}
	switch {
	case f.Package == nil:
		p.add("package", p.span(), "the file has no package")
	case !versioned.MatchString(f.GetPackage()):
		p.add("package-version", p.span(filePackage), "package `%s` has no version", f.GetPackage())
	}
	for i, m := range f.MessageType {
		p.message(m, fileMessage, int32(i))
	}
	for i, e := range f.EnumType {
		p.enum(e, fileEnum, int32(i))
	}
	for i, s := range f.Service {
		p.service(s, fileService, int32(i))
	}
}

// declared checks what all types and services have.
func (p *proto) declared(what, called string, path []int32) {
	if !camelCase.MatchString(called) {
		p.add("type-name", p.span(append(path, name)...), "the name of %s `%s` is not in CamelCase", what, called)
	}
	p.documented(what, called, path)
}

func (p *proto) documented(what, called string, path []int32) {
	if l := p.files.Location(p.file, path...); l != nil && l.LeadingComments == nil && l.TrailingComments == nil {
		p.add("documented", p.span(append(path, name)...), "%s `%s` has no comment", what, called)
	}
}

func (p *proto) message(m *descriptorpb.DescriptorProto, path ...int32) {
	if m.GetOptions().GetMapEntry() {
		return
	}
	path = slices.Clip(path)
	p.declared("message", m.GetName(), path)
	last := int32(0)
	for i, f := range m.Field {
		at := append(path, messageField, int32(i))
		if !lowerSnakeCase.MatchString(f.GetName()) && f.GetType() != descriptorpb.FieldDescriptorProto_TYPE_GROUP {
			p.add("field-name", p.span(append(at, name)...), "the name of field `%s` is not in lower_snake_case", f.GetName())
		}
		if f.GetLabel() == descriptorpb.FieldDescriptorProto_LABEL_REQUIRED {
			p.add("required-field", p.span(append(at, name)...), "field `%s` is required", f.GetName())
		}
		n := f.GetNumber()
		switch free := free(m, last+1, n); {
		case n < last:
			p.add("field-id-order", p.span(append(at, name)...), "number %d of `%s` stands after number %d", n, f.GetName(), last)
		case free > 0:
			p.add("field-id-gap", p.span(append(at, name)...), "number %d, before `%s`, is neither used nor reserved", free, f.GetName())
		}
		last = max(last, n)
	}
	for i, n := range m.NestedType {
		p.message(n, append(path, messageNested, int32(i))...)
	}
	for i, e := range m.EnumType {
		p.enum(e, append(path, messageEnum, int32(i))...)
	}
}

// free returns the first number of from to end, without it, that no range
// reserves; 0 if there is none.
func free(m *descriptorpb.DescriptorProto, from, end int32) int32 {
	for from < end {
		i := slices.IndexFunc(m.ReservedRange, func(r *descriptorpb.DescriptorProto_ReservedRange) bool {
			return r.GetStart() <= from && from < r.GetEnd()
		})
		if i < 0 {
			return from
		}
		from = m.ReservedRange[i].GetEnd()
	}
	return 0
}

func (p *proto) enum(e *descriptorpb.EnumDescriptorProto, path ...int32) {
	path = slices.Clip(path)
	p.declared("enum", e.GetName(), path)
	prefix := strings.ToUpper(wordEnd.ReplaceAllString(e.GetName(), "${1}${3}_${2}${4}")) + "_"
	for i, v := range e.Value {
		at := p.span(append(path, enumValue, int32(i), name)...)
		if !upperSnakeCase.MatchString(v.GetName()) {
			p.add("enum-value-name", at, "the name of value `%s` is not in UPPER_SNAKE_CASE", v.GetName())
		}
		if !strings.HasPrefix(v.GetName(), prefix) {
			p.add("enum-value-prefix", at, "the name of value `%s` does not begin with `%s`", v.GetName(), prefix)
		}
		if v.GetNumber() == 0 && !strings.HasSuffix(v.GetName(), "_UNSPECIFIED") {
			p.add("enum-zero-suffix", at, "value 0 is called `%s`, not `%sUNSPECIFIED`", v.GetName(), prefix)
		}
	}
}

func (p *proto) service(s *descriptorpb.ServiceDescriptorProto, path ...int32) {
	path = slices.Clip(path)
	p.declared("service", s.GetName(), path)
	for i, m := range s.Method {
		at := append(path, serviceMethod, int32(i))
		if !camelCase.MatchString(m.GetName()) {
			p.add("method-name", p.span(append(at, name)...), "the name of method `%s` is not in CamelCase", m.GetName())
		}
		p.documented("method", m.GetName(), at)
		for _, side := range []struct{ is, want string }{{m.GetInputType(), "Request"}, {m.GetOutputType(), "Response"}} {
			short := side.is[strings.LastIndexByte(side.is, '.')+1:]
			if short != m.GetName()+side.want && short != s.GetName()+m.GetName()+side.want {
				p.add("request-name", p.span(append(at, name)...), "message `%s` of method `%s` is not called `%s%s`", short, m.GetName(), m.GetName(), side.want)
			}
		}
	}
}
