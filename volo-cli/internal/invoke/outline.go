package invoke

import (
	"context"
	"encoding/json"
)

// An Outline is all that a peer offers, as who shows it piece by piece wants to
// know it: services, and the types of everything in them by name.
type Outline struct {
	Services []*ServiceOutline       `json:"services"`
	Types    map[string]*Declaration `json:"types"`
}

// A ServiceOutline is one service.
type ServiceOutline struct {
	Name    string           `json:"name"`
	Doc     string           `json:"doc,omitempty"`
	Options []Option         `json:"options,omitempty"`
	Methods []*MethodOutline `json:"methods"`
	// Error is why nothing is known of a service that the server lists.
	Error string `json:"error,omitempty"`
}

// A MethodOutline is one method.
type MethodOutline struct {
	*Method
	Request  *Type           `json:"request"`
	Response *Type           `json:"response,omitempty"` // nil if there is nothing to return
	Throws   []*Member       `json:"throws,omitempty"`
	Options  []Option        `json:"options,omitempty"`
	Template json.RawMessage `json:"template"` // see [Description]
}

// A Type is the type of a value.
type Type struct {
	// Kind is one of bool, i8, i16, i32, i64, u32, u64, float, double, string,
	// bytes, uuid, enum, message, list, set and map.
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"` // of the declaration of an enum or a message, and of a typedef
	Text string `json:"text"`           // as the IDL writes it
	Key  *Type  `json:"key,omitempty"`  // of a map
	Elem *Type  `json:"elem,omitempty"` // of a list, a set or a map
}

// A Declaration is a type that has a name.
type Declaration struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"` // struct, union, exception, arguments, message, enum, senum, typedef
	File    string   `json:"file,omitempty"`
	Doc     string   `json:"doc,omitempty"`
	Options []Option `json:"options,omitempty"`

	Members []*Member    `json:"members,omitempty"` // in the order of the IDL
	Values  []*EnumValue `json:"values,omitempty"`  // of an enum
	Type    *Type        `json:"type,omitempty"`    // of a typedef
}

// A Member is a field of a declaration.
type Member struct {
	Name     string   `json:"name"`            // in JSON
	Alias    string   `json:"alias,omitempty"` // in the IDL, if that is another; JSON may have it as well
	ID       int32    `json:"id"`
	Type     *Type    `json:"type"`
	Doc      string   `json:"doc,omitempty"`
	Required bool     `json:"required,omitempty"`
	Optional bool     `json:"optional,omitempty"` // to be absent is not to have the default value
	OneOf    string   `json:"one_of,omitempty"`   // the choice of which it is a part
	Default  string   `json:"default,omitempty"`  // as the IDL writes it
	Options  []Option `json:"options,omitempty"`
}

// An EnumValue is a name and its number.
type EnumValue struct {
	Name    string   `json:"name"`
	Number  int32    `json:"number"`
	Doc     string   `json:"doc,omitempty"`
	Options []Option `json:"options,omitempty"`
}

// An Option is an annotation of Thrift or an option of Protobuf.
type Option struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Outline returns everything. A service that the server lists but does not
// describe is there with its Error.
func (p *Peer) Outline(ctx context.Context) (*Outline, error) {
	names, err := p.schema.services(ctx)
	if err != nil {
		return nil, err
	}
	o := &Outline{Services: []*ServiceOutline{}, Types: make(map[string]*Declaration)}
	for _, name := range names {
		s, err := p.schema.service(ctx, name)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err != nil {
			o.Services = append(o.Services, &ServiceOutline{Name: name, Methods: []*MethodOutline{}, Error: err.Error()})
			continue
		}
		out := &ServiceOutline{Name: s.Name, Doc: s.Doc, Methods: []*MethodOutline{}}
		for _, m := range s.Methods {
			out.Methods = append(out.Methods, p.schema.outline(o, out, m))
		}
		o.Services = append(o.Services, out)
	}
	p.schema.declared(o)
	return o, nil
}
