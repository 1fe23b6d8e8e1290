package thriftidl

import "math"

// node writes a header or a definition, without its comments.
func (p *printer) node(n Node) {
	switch n := n.(type) {
	case *Include:
		if n.CPP {
			p.text("cpp_")
		}
		p.text("include ", n.Path.Raw)
	case *Namespace:
		p.namespace(n)
	case *Const:
		p.text("const ")
		p.typ(n.Type)
		p.text(" ", n.Name.Name, " = ")
		p.value(n.Value)
		p.annotations(n.Annotations)
	case *Typedef:
		p.text("typedef ")
		p.typ(n.Type)
		p.text(" ", n.Name.Name)
		p.annotations(n.Annotations)
	case *Enum:
		p.text("enum ", n.Name.Name, " ")
		p.block("{", "}", n.Body, p.enumValues(n.Values))
		p.annotations(n.Annotations)
	case *Senum:
		p.text("senum ", n.Name.Name, " ")
		p.block("{", "}", n.Body, p.elements(n.Values))
		p.annotations(n.Annotations)
	case *Struct:
		p.text(n.Keyword, " ", n.Name.Name, " ")
		if n.XSDAll {
			p.text("xsd_all ")
		}
		p.block("{", "}", n.Fields.Brackets, p.fields(n.Fields.List))
		p.annotations(n.Annotations)
	case *Service:
		p.service(n)
	}
}

func (p *printer) namespace(n *Namespace) {
	if n.Legacy != "" {
		p.text(n.Legacy, " ")
	} else {
		p.text("namespace ", n.Scope.Name, " ")
	}
	if n.Quoted != nil {
		p.text(n.Quoted.Raw)
	} else {
		p.text(n.Path.Name)
	}
	p.annotations(n.Annotations)
}

func (p *printer) service(n *Service) {
	p.text("service ", n.Name.Name, " ")
	if n.Extends != nil {
		p.text("extends ", n.Extends.Name, " ")
	}
	items := make([]item, len(n.Functions))
	for i, f := range n.Functions {
		items[i] = item{f.Comments, func() { p.function(f) }}
	}
	p.block("{", "}", n.Body, items)
	p.annotations(n.Annotations)
}

// function writes a function on one line if it fits, and with its lists
// broken where they must be if not.
func (p *printer) function(f *Function) {
	whole := func() {
		if f.Oneway.Name != "" {
			p.text(f.Oneway.Name, " ")
		}
		p.typ(f.Type)
		p.text(" ", f.Name.Name)
		p.arguments(f.Args)
		if f.Throws != nil {
			p.text(" throws ")
			p.arguments(*f.Throws)
		}
		p.annotations(f.Annotations)
	}
	if !p.fits(lineWidth, whole) {
		whole()
	}
}

func (p *printer) arguments(l FieldList) { p.flow("(", ")", lineWidth, l.Brackets, p.fields(l.List)) }

func (p *printer) annotations(a *Annotations) { p.annotationsWithin(lineWidth, a) }

func (p *printer) annotationsWithin(width int, a *Annotations) {
	if a == nil {
		return
	}
	items := make([]item, len(a.List))
	for i, an := range a.List {
		items[i] = item{an.Comments, func() {
			p.text(an.Key.Name)
			if an.Value != nil {
				p.text(" = ", an.Value.Raw)
			}
		}}
	}
	p.text(" ")
	p.flow("(", ")", width, a.Brackets, items)
}

func (p *printer) enumValues(values []*EnumValue) []item {
	items := make([]item, len(values))
	for i, v := range values {
		items[i] = item{v.Comments, func() {
			p.text(v.Name.Name)
			if v.Number != nil {
				p.text(" = ", v.Number.Text)
			}
			p.annotations(v.Annotations)
		}}
	}
	return items
}

func (p *printer) fields(fields []*Field) []item {
	items := make([]item, len(fields))
	for i, f := range fields {
		items[i] = item{f.Comments, func() { p.field(f) }}
	}
	return items
}

func (p *printer) field(f *Field) {
	if f.ID != nil {
		p.text(f.ID.Text, ": ")
	}
	if f.Requiredness.Name != "" {
		p.text(f.Requiredness.Name, " ")
	}
	p.typ(f.Type)
	p.text(" ")
	if f.Reference {
		p.text("& ")
	}
	p.text(f.Name.Name)
	if f.Default != nil {
		p.text(" = ")
		p.value(f.Default)
	}
	if f.XSDOptional {
		p.text(" xsd_optional")
	}
	if f.XSDNillable {
		p.text(" xsd_nillable")
	}
	if f.XSDAttrs != nil {
		p.text(" xsd_attrs ")
		p.block("{", "}", f.XSDAttrs.Brackets, p.fields(f.XSDAttrs.List))
	}
	p.annotations(f.Annotations)
}

func (p *printer) typ(t *Type) {
	p.text(t.Name.Name)
	if t.CPPType != nil {
		p.text(" cpp_type ", t.CPPType.Raw, " ")
	}
	if t.Elem != nil {
		p.text("<")
		if t.Key != nil {
			p.typ(t.Key)
			p.text(", ")
		}
		p.typ(t.Elem)
		p.text(">")
	}
	p.annotationsWithin(math.MaxInt32, t.Annotations) // a type stays on its line
}

func (p *printer) value(v *Value) {
	switch v.Kind {
	case ListValue:
		p.flow("[", "]", lineWidth, v.Body, p.elements(v.List))
	case MapValue:
		items := make([]item, len(v.Entries))
		for i, e := range v.Entries {
			items[i] = item{e.Comments, func() {
				p.value(e.Key)
				p.text(": ")
				p.value(e.Value)
			}}
		}
		p.flow("{", "}", lineWidth, v.Body, items)
	default:
		p.text(v.Text)
	}
}

func (p *printer) elements(list []*Element) []item {
	items := make([]item, len(list))
	for i, e := range list {
		items[i] = item{e.Comments, func() { p.value(e.Value) }}
	}
	return items
}
