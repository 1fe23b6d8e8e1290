package invoke

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

func (s protoSchema) outline(o *Outline, service *ServiceOutline, m *Method) *MethodOutline {
	raw := m.raw.(protoreflect.MethodDescriptor)
	service.Options = s.options(raw.Parent())
	return &MethodOutline{
		Method: m, Options: s.options(raw), Template: protoTemplate(raw.Input()),
		Request: s.messageType(o, raw.Input()), Response: s.messageType(o, raw.Output()),
	}
}

// declared adds what is declared in the inputs and reached by no service. What
// a server has beside its services nobody can ask it.
func (s protoSchema) declared(o *Outline) {
	files, ok := s.source.(*fileSource)
	if !ok {
		return
	}
	for _, fd := range files.inputs {
		s.nested(o, fd.Messages(), fd.Enums())
	}
}

func (s protoSchema) nested(o *Outline, messages protoreflect.MessageDescriptors, enums protoreflect.EnumDescriptors) {
	for i := range messages.Len() {
		if d := messages.Get(i); !d.IsMapEntry() {
			s.messageType(o, d)
			s.nested(o, d.Messages(), d.Enums())
		}
	}
	for i := range enums.Len() {
		s.enumType(o, enums.Get(i))
	}
}

// kinds are those that are not called alike.
var kinds = map[protoreflect.Kind]string{
	protoreflect.Int32Kind: "i32", protoreflect.Sint32Kind: "i32", protoreflect.Sfixed32Kind: "i32",
	protoreflect.Int64Kind: "i64", protoreflect.Sint64Kind: "i64", protoreflect.Sfixed64Kind: "i64",
	protoreflect.Uint32Kind: "u32", protoreflect.Fixed32Kind: "u32",
	protoreflect.Uint64Kind: "u64", protoreflect.Fixed64Kind: "u64",
}

// fieldType returns the type of a field, of one of its elements if single.
func (s protoSchema) fieldType(o *Outline, f protoreflect.FieldDescriptor, single bool) *Type {
	switch {
	case f.IsMap() && !single:
		key, elem := s.fieldType(o, f.MapKey(), true), s.fieldType(o, f.MapValue(), true)
		return &Type{Kind: "map", Text: protoType(f), Key: key, Elem: elem}
	case f.IsList() && !single:
		return &Type{Kind: "list", Text: "repeated " + protoType(f), Elem: s.fieldType(o, f, true)}
	case f.Message() != nil:
		return s.messageType(o, f.Message())
	case f.Enum() != nil:
		return s.enumType(o, f.Enum())
	}
	kind, text := kinds[f.Kind()], f.Kind().String()
	if kind == "" {
		kind = text
	}
	return &Type{Kind: kind, Text: text}
}

func (s protoSchema) messageType(o *Outline, d protoreflect.MessageDescriptor) *Type {
	name := string(d.FullName())
	t := &Type{Kind: "message", Name: name, Text: name}
	if o.Types[name] != nil {
		return t
	}
	out := &Declaration{Name: name, Kind: "message", File: fileOf(d), Doc: doc(d), Options: s.options(d)}
	o.Types[name] = out // before the members, which may be of this type
	for i := range d.Fields().Len() {
		out.Members = append(out.Members, s.member(o, d.Fields().Get(i)))
	}
	return t
}

func (s protoSchema) member(o *Outline, f protoreflect.FieldDescriptor) *Member {
	m := &Member{
		Name: f.JSONName(), ID: int32(f.Number()), Type: s.fieldType(o, f, false), Doc: doc(f), Options: s.options(f),
		Required: f.Cardinality() == protoreflect.Required, Optional: f.HasPresence() && f.Cardinality() != protoreflect.Required,
	}
	if name := string(f.Name()); name != m.Name {
		m.Alias = name
	}
	if in := f.ContainingOneof(); in != nil && !in.IsSynthetic() {
		m.OneOf = string(in.Name())
	}
	switch {
	case !f.HasDefault():
	case f.Enum() != nil:
		m.Default = string(f.DefaultEnumValue().Name())
	case f.Kind() == protoreflect.StringKind || f.Kind() == protoreflect.BytesKind:
		m.Default = fmt.Sprintf("%q", f.Default())
	default:
		m.Default = f.Default().String()
	}
	return m
}

func (s protoSchema) enumType(o *Outline, d protoreflect.EnumDescriptor) *Type {
	name := string(d.FullName())
	t := &Type{Kind: "enum", Name: name, Text: name}
	if o.Types[name] != nil {
		return t
	}
	out := &Declaration{Name: name, Kind: "enum", File: fileOf(d), Doc: doc(d), Options: s.options(d)}
	o.Types[name] = out
	for i := range d.Values().Len() {
		v := d.Values().Get(i)
		out.Values = append(out.Values, &EnumValue{Name: string(v.Name()), Number: int32(v.Number()), Doc: doc(v), Options: s.options(v)})
	}
	return t
}

// options returns the options that d has been given, also such as are
// extensions that only the source knows.
func (s protoSchema) options(d protoreflect.Descriptor) (out []Option) {
	given := d.Options().ProtoReflect()
	if !given.IsValid() {
		return nil
	}
	wire, err := proto.Marshal(given.Interface())
	if err != nil || len(wire) == 0 {
		return nil
	}
	known := given.New()
	types := resolver{context.Background(), s.source}
	if err := (proto.UnmarshalOptions{Resolver: types, AllowPartial: true}).Unmarshal(wire, known.Interface()); err != nil {
		return nil
	}
	known.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		name := string(f.Name())
		if f.IsExtension() {
			name = "(" + string(f.FullName()) + ")"
		}
		out = append(out, Option{name, optionText(types, f, v)})
		return true
	})
	slices.SortFunc(out, func(a, b Option) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// optionText returns a value as people write it: messages and lists as JSON.
func optionText(types resolver, f protoreflect.FieldDescriptor, v protoreflect.Value) string {
	one := func(v protoreflect.Value) string {
		switch {
		case f.Message() != nil:
			text, err := (protojson.MarshalOptions{Resolver: types, AllowPartial: true}).Marshal(v.Message().Interface())
			if err != nil {
				return "…"
			}
			return string(text)
		case f.Enum() != nil:
			if value := f.Enum().Values().ByNumber(v.Enum()); value != nil {
				return string(value.Name())
			}
		}
		return v.String()
	}
	switch {
	case f.IsMap():
		return fmt.Sprintf("%d entries", v.Map().Len())
	case !f.IsList():
		return one(v)
	}
	var all []string
	for i := range v.List().Len() {
		all = append(all, one(v.List().Get(i)))
	}
	return "[" + strings.Join(all, ", ") + "]"
}
