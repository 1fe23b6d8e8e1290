package invoke

import (
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

func (t *thriftSchema) outline(o *Outline, s *ServiceOutline, m *Method) *MethodOutline {
	raw := m.raw.(thriftMethod)
	s.Options = thriftOptions(raw.service.Annotations)
	out := &MethodOutline{Method: m, Options: thriftOptions(raw.method.Annotations), Template: t.method(m).Template}
	if args := raw.method.Arguments; t.bare && len(args.Fields) == 1 {
		out.Request = o.thriftType(args.Fields[0].Type)
	} else {
		// The struct of the arguments has no name in the IDL; methods of
		// several services may have been inherited from one.
		name := m.FullName()
		o.Types[name] = &Declaration{Name: name, Kind: args.Class.String(), Doc: m.Doc, Members: o.thriftMembers(args)}
		out.Request = &Type{Kind: "message", Name: name, Text: name}
	}
	if success := raw.method.Success(); success != nil {
		out.Response = o.thriftType(success.Type)
	}
	for _, f := range raw.method.Throws() {
		out.Throws = append(out.Throws, o.thriftMember(f))
	}
	return out
}

// declared adds what is declared in the inputs and reached by no service.
func (t *thriftSchema) declared(o *Outline) {
	for _, f := range t.inputs {
		for _, d := range f.Structs {
			o.thriftStruct(d)
		}
		for _, d := range f.Enums {
			o.thriftEnum(d)
		}
		for _, d := range f.Typedefs {
			o.thriftTypedef(d)
		}
	}
}

func (o *Outline) thriftType(t *descriptor.Type) *Type {
	out := &Type{Kind: t.Kind.String(), Text: t.String()}
	switch t.Kind {
	case descriptor.Binary:
		out.Kind = "bytes"
	case descriptor.List, descriptor.Set:
		out.Elem = o.thriftType(t.Elem)
	case descriptor.Map:
		out.Key, out.Elem = o.thriftType(t.Key), o.thriftType(t.Elem)
	case descriptor.EnumKind:
		o.thriftEnum(t.Enum)
		out.Name = t.Enum.FullName()
	case descriptor.StructKind:
		o.thriftStruct(t.Struct)
		out.Kind, out.Name = "message", t.Struct.FullName()
	case descriptor.TypedefKind:
		o.thriftTypedef(t.Typedef)
		// What it stands for counts; only the declaration knows both.
		under := *o.thriftType(t.Typedef.Type)
		if under.Text = t.String(); under.Name == "" {
			under.Name = t.Typedef.FullName()
		}
		return &under
	}
	return out
}

func (o *Outline) thriftStruct(s *descriptor.Struct) {
	name := s.FullName()
	if o.Types[name] != nil {
		return
	}
	d := &Declaration{Name: name, Kind: s.Class.String(), File: s.File.Path, Doc: s.Doc, Options: thriftOptions(s.Annotations)}
	if s.Class == descriptor.Plain {
		d.Kind = "struct"
	}
	o.Types[name] = d // before the members, which may be of this type
	d.Members = o.thriftMembers(s)
}

func (o *Outline) thriftMembers(s *descriptor.Struct) (all []*Member) {
	for _, f := range s.Fields {
		m := o.thriftMember(f)
		if s.Class == descriptor.Union {
			m.OneOf = s.Name
		}
		all = append(all, m)
	}
	return all
}

func (o *Outline) thriftMember(f *descriptor.Field) *Member {
	m := &Member{
		Name: f.Name, ID: int32(f.ID), Type: o.thriftType(f.Type), Doc: f.Doc, Options: thriftOptions(f.Annotations),
		Required: f.Requiredness == descriptor.Required, Optional: f.Requiredness == descriptor.Optional,
	}
	if f.Default != nil {
		m.Default = f.Default.String()
	}
	return m
}

func (o *Outline) thriftEnum(e *descriptor.Enum) {
	name := e.FullName()
	if o.Types[name] != nil {
		return
	}
	d := &Declaration{Name: name, Kind: "enum", File: e.File.Path, Doc: e.Doc, Options: thriftOptions(e.Annotations)}
	for _, v := range e.Values {
		d.Values = append(d.Values, &EnumValue{Name: v.Name, Number: v.Number, Doc: v.Doc, Options: thriftOptions(v.Annotations)})
	}
	if e.Strings {
		d.Kind = "senum"
		for _, text := range e.Names {
			d.Values = append(d.Values, &EnumValue{Name: text})
		}
	}
	o.Types[name] = d
}

func (o *Outline) thriftTypedef(t *descriptor.Typedef) {
	name := t.FullName()
	if o.Types[name] != nil {
		return
	}
	d := &Declaration{Name: name, Kind: "typedef", File: t.File.Path, Doc: t.Doc, Options: thriftOptions(t.Annotations)}
	o.Types[name] = d // before its type, which may lead back to it
	d.Type = o.thriftType(t.Type)
}

func thriftOptions(all descriptor.Annotations) (out []Option) {
	for _, a := range all {
		out = append(out, Option{a.Key, a.Value})
	}
	return out
}
