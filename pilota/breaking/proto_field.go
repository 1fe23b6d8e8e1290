package breaking

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/pilota/source"
)

// A field is one of a message, or an extension.
type field struct {
	*descriptorpb.FieldDescriptorProto
	at    source.Span
	file  *descriptorpb.FileDescriptorProto
	oneof string // empty if it is in none
	// resolved knows what features of editions mean; nil if descriptors could
	// not be made.
	resolved protoreflect.FieldDescriptor
}

// field returns a field of a message by its index.
func (d *declarations) field(m message, i int) field {
	f := field{FieldDescriptorProto: m.Field[i], at: m.span(messageField, int32(i)), file: m.file}
	if m.GetOptions().GetMapEntry() {
		f.at = m.span() // of the map
	}
	if f.OneofIndex != nil && !f.GetProto3Optional() {
		f.oneof = m.OneofDecl[f.GetOneofIndex()].GetName()
	}
	if md, ok := d.find(m.full).(protoreflect.MessageDescriptor); ok {
		f.resolved = md.Fields().ByNumber(protoreflect.FieldNumber(f.GetNumber()))
	}
	return f
}

// extension notes an extension, which is found again by what it extends and by
// its number.
func (d *declarations) extension(scope string, at place, f *descriptorpb.FieldDescriptorProto) {
	e := field{FieldDescriptorProto: f, at: at.span(), file: at.file}
	e.resolved, _ = d.find(scope + "." + f.GetName()).(protoreflect.ExtensionDescriptor)
	d.extensions = append(d.extensions, e)
}

// find returns a declaration by its full name, with a dot before it.
func (d *declarations) find(full string) protoreflect.Descriptor {
	if d.resolved == nil {
		return nil
	}
	found, _ := d.resolved.FindDescriptorByName(protoreflect.FullName(strings.TrimPrefix(full, ".")))
	return found
}

// extended compares the extensions of an old file.
func (p *proto) extended(file *descriptorpb.FileDescriptorProto) {
	for _, old := range p.old.extensions {
		if old.file != file {
			continue
		}
		extendee := p.renamedType(old.GetExtendee(), file)
		name := "(" + old.GetName() + ")"
		i := slices.IndexFunc(p.now.extensions, func(f field) bool {
			return f.GetExtendee() == extendee && f.GetNumber() == old.GetNumber()
		})
		if i < 0 {
			p.add("extension-removed", source.Span{}, old.at, "extension `%s` of `%s`, %d, is gone", name, extendee[1:], old.GetNumber())
			continue
		}
		p.field(old, p.now.extensions[i], name)
	}
}

func (p *proto) field(old, f field, name string) {
	switch {
	case old.GetJsonName() != f.GetJsonName():
		p.add("field-json-name-changed", f.at, old.at, "field `%s` is %q in JSON, was %q", name, f.GetJsonName(), old.GetJsonName())
	case old.GetName() != f.GetName():
		p.add("field-renamed", f.at, old.at, "field `%s` was called `%s`", name, old.GetName())
	}
	p.cardinality(old, f, name)
	p.typ(old, f, name)
	if old.text() && f.text() && old.checked() != f.checked() {
		p.add("string-check-changed", f.at, old.at, "field `%s` %s, %s before", name, checks[f.checked()], checks[old.checked()])
	}
	if old.oneof != f.oneof {
		p.add("field-oneof-changed", f.at, old.at, "field `%s` is %s, was %s", name, member(f.oneof), member(old.oneof))
	}
	if old.GetDefaultValue() != f.GetDefaultValue() {
		p.add("default-changed", f.at, old.at, "field `%s` has another default value", name)
	}
}

func (f field) text() bool { return f.GetType() == descriptorpb.FieldDescriptorProto_TYPE_STRING }

// checked reports whether the strings of the field must be UTF-8.
func (f field) checked() bool {
	resolved, ok := f.resolved.(interface{ EnforceUTF8() bool })
	return !ok || resolved.EnforceUTF8()
}

var checks = map[bool]string{true: "must be UTF-8", false: "may be anything"}

func member(oneof string) string {
	if oneof == "" {
		return "in no oneof"
	}
	return "in oneof `" + oneof + "`"
}

// label is the label that the field has, whether it was written or is a
// feature.
func (f field) label() descriptorpb.FieldDescriptorProto_Label {
	if f.resolved != nil && f.resolved.Cardinality() == protoreflect.Required {
		return descriptorpb.FieldDescriptorProto_LABEL_REQUIRED
	}
	return f.GetLabel()
}

// presence reports whether the field tells that it was set. What is in a oneof
// does so there.
func (f field) presence() bool {
	if f.resolved == nil {
		return f.GetProto3Optional()
	}
	return f.oneof == "" && f.resolved.HasPresence()
}

func (p *proto) cardinality(old, f field, name string) {
	const required, repeated = descriptorpb.FieldDescriptorProto_LABEL_REQUIRED, descriptorpb.FieldDescriptorProto_LABEL_REPEATED
	a, b := old.label(), f.label()
	switch {
	case a == b && old.oneof == f.oneof && old.presence() != f.presence() && scalar(old) && scalar(f):
		p.add("field-source-type-changed", f.at, old.at, "field `%s` tells whether it was set on one side only", name)
	case a == b:
	case a == required || b == required:
		p.add("required-changed", f.at, old.at, "field `%s` is %s, was %s", name, labels[b], labels[a])
	case a == repeated || b == repeated:
		rule := "field-json-type-changed"
		if !delimited(old) || !delimited(f) {
			rule = "field-type-changed" // repeated numbers are packed
		}
		p.add(rule, f.at, old.at, "field `%s` is %s, was %s", name, labels[b], labels[a])
	}
}

var labels = map[descriptorpb.FieldDescriptorProto_Label]string{
	descriptorpb.FieldDescriptorProto_LABEL_REQUIRED: "required",
	descriptorpb.FieldDescriptorProto_LABEL_REPEATED: "repeated",
	descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL: "singular",
}

func scalar(f field) bool {
	return f.typ() != descriptorpb.FieldDescriptorProto_TYPE_MESSAGE && f.typ() != descriptorpb.FieldDescriptorProto_TYPE_GROUP
}

func delimited(f field) bool {
	switch f.typ() {
	case descriptorpb.FieldDescriptorProto_TYPE_STRING, descriptorpb.FieldDescriptorProto_TYPE_BYTES,
		descriptorpb.FieldDescriptorProto_TYPE_MESSAGE:
		return true
	}
	return false
}

// typ is the type of the field on the wire: features make groups of messages.
func (f field) typ() descriptorpb.FieldDescriptorProto_Type {
	if f.resolved != nil && f.resolved.Kind() == protoreflect.GroupKind {
		return descriptorpb.FieldDescriptorProto_TYPE_GROUP
	}
	return f.GetType()
}

// typ compares types as the section "Updating a message type" of the language
// guide does: some look alike on the wire, fewer in JSON.
func (p *proto) typ(old, f field, name string) {
	a, b := old.spell(), f.spell()
	if p.renamedType(a, old.file) == b {
		if old.typ() != f.typ() {
			p.add("field-type-changed", f.at, old.at, "field `%s` is delimited on one side, and has its length before it on the other", name)
		}
		return
	}
	rule := "field-type-changed"
	switch {
	case jsonGroups[old.typ()] != 0 && jsonGroups[old.typ()] == jsonGroups[f.typ()]:
		rule = "field-source-type-changed"
	case wireGroups[old.typ()] != 0 && wireGroups[old.typ()] == wireGroups[f.typ()],
		old.typ() == descriptorpb.FieldDescriptorProto_TYPE_STRING && f.typ() == descriptorpb.FieldDescriptorProto_TYPE_BYTES:
		rule = "field-json-type-changed"
	}
	p.add(rule, f.at, old.at, "field `%s` is a `%s`, was a `%s`", name, strings.TrimPrefix(b, "."), strings.TrimPrefix(a, "."))
}

func (f field) spell() string {
	if f.TypeName != nil {
		return f.GetTypeName()
	}
	return strings.ToLower(strings.TrimPrefix(f.GetType().String(), "TYPE_"))
}

// Types of a group can be exchanged. Different enums are in none with each
// other: numbers mean something else.
var wireGroups = map[descriptorpb.FieldDescriptorProto_Type]int{
	descriptorpb.FieldDescriptorProto_TYPE_INT32: 1, descriptorpb.FieldDescriptorProto_TYPE_UINT32: 1,
	descriptorpb.FieldDescriptorProto_TYPE_INT64: 1, descriptorpb.FieldDescriptorProto_TYPE_UINT64: 1,
	descriptorpb.FieldDescriptorProto_TYPE_BOOL: 1, descriptorpb.FieldDescriptorProto_TYPE_ENUM: 1,
	descriptorpb.FieldDescriptorProto_TYPE_SINT32: 2, descriptorpb.FieldDescriptorProto_TYPE_SINT64: 2,
	descriptorpb.FieldDescriptorProto_TYPE_FIXED32: 3, descriptorpb.FieldDescriptorProto_TYPE_SFIXED32: 3,
	descriptorpb.FieldDescriptorProto_TYPE_FIXED64: 4, descriptorpb.FieldDescriptorProto_TYPE_SFIXED64: 4,
}

var jsonGroups = map[descriptorpb.FieldDescriptorProto_Type]int{
	descriptorpb.FieldDescriptorProto_TYPE_INT32: 1, descriptorpb.FieldDescriptorProto_TYPE_UINT32: 1,
	descriptorpb.FieldDescriptorProto_TYPE_INT64: 2, descriptorpb.FieldDescriptorProto_TYPE_UINT64: 2,
	descriptorpb.FieldDescriptorProto_TYPE_FIXED32: 3, descriptorpb.FieldDescriptorProto_TYPE_SFIXED32: 3,
	descriptorpb.FieldDescriptorProto_TYPE_FIXED64: 4, descriptorpb.FieldDescriptorProto_TYPE_SFIXED64: 4,
}
