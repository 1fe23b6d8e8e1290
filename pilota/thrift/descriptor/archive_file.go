package descriptor

// What an archive holds, construct by construct. Each function reads or
// writes, as the archive does.

func (a *archive) all() {
	pointers(a, &a.files, a.declared)
	made(a, a.files, a.file)
	if a.check(); a.err != nil {
		return
	}
	// Values name fields and follow types, which must all be there by then.
	made(a, a.files, a.values)
}

// check makes sure that following typedefs and services comes to an end.
func (a *archive) check() {
	if a.err != nil {
		return
	}
	for _, f := range a.files {
		for _, t := range f.Typedefs {
			fast := t
			for slow := t; fast.Type.Kind == TypedefKind && a.err == nil; slow = slow.Type.Typedef {
				if fast = fast.Type.Typedef; fast.Type.Kind == TypedefKind {
					fast = fast.Type.Typedef
				}
				if fast == slow.Type.Typedef && fast.Type.Kind == TypedefKind {
					a.fail("typedef %s is defined by itself", t.Name)
				}
			}
		}
		for _, s := range f.Services {
			slow := s
			for fast := s; fast != nil && fast.Extends != nil && a.err == nil; slow = slow.Extends {
				if fast = fast.Extends.Extends; fast != nil && fast == slow.Extends {
					a.fail("service %s extends itself", s.Name)
				}
			}
		}
	}
}

// declared is how much a file declares, so that references can be followed
// before the bodies are known.
func (a *archive) declared(f *File) {
	declare(a, &f.Typedefs)
	declare(a, &f.Constants)
	declare(a, &f.Enums)
	declare(a, &f.Structs)
	declare(a, &f.Services)
}

func declare[T any](a *archive, l *[]*T) {
	n := a.count(len(*l))
	if !a.reading || n == 0 {
		return
	}
	*l = make([]*T, n)
	all := make([]T, n)
	for i := range all {
		(*l)[i] = &all[i]
	}
}

func (a *archive) file(f *File) {
	a.text(&f.Name)
	a.text(&f.Path)
	a.text(&f.Doc)
	list(a, &f.Namespaces, func(n *Namespace) { a.text(&n.Scope); a.text(&n.Path) })
	list(a, &f.Includes, func(p **File) {
		w, known := a.where[*p]
		if !a.reading && !known {
			a.fail("an include that is not among the files")
		}
		at := uint64(w[0])
		a.uint(&at)
		if a.reading && at >= uint64(len(a.files)) {
			a.fail("an include of file %d of %d", at, len(a.files))
		} else if a.reading {
			*p = a.files[at]
		}
	})
	made(a, f.Typedefs, func(t *Typedef) { a.decl(&t.Decl, f); a.typ(&t.Type) })
	made(a, f.Enums, func(e *Enum) { a.enum(e, f) })
	made(a, f.Structs, func(s *Struct) { a.strct(s, f) })
	made(a, f.Services, func(s *Service) { a.service(s, f) })
	made(a, f.Constants, func(c *Constant) { a.decl(&c.Decl, f); a.typ(&c.Type) })
}

func (a *archive) values(f *File) {
	made(a, f.Constants, func(c *Constant) { a.value(&c.Value, c.Type) })
	made(a, f.Structs, a.defaults)
	made(a, f.Services, func(s *Service) {
		made(a, s.Methods, func(m *Method) { a.defaults(m.Arguments) })
	})
}

func (a *archive) decl(d *Decl, f *File) {
	d.File = f
	a.text(&d.Name)
	a.text(&d.Doc)
	a.annotations(&d.Annotations)
}

func (a *archive) annotations(l *Annotations) {
	list(a, (*[]Annotation)(l), func(an *Annotation) { a.text(&an.Key); a.text(&an.Value) })
}

func (a *archive) enum(e *Enum, f *File) {
	a.decl(&e.Decl, f)
	a.bool(&e.Strings)
	list(a, &e.Names, a.text)
	pointers(a, &e.Values, func(v *EnumValue) {
		a.decl(&v.Decl, f)
		n := int64(v.Number)
		a.int(&n)
		v.Number = int32(n)
	})
}

func (a *archive) strct(s *Struct, f *File) {
	a.decl(&s.Decl, f)
	number8(a, &s.Class, Result+1)
	pointers(a, &s.Fields, func(field *Field) {
		a.decl(&field.Decl, f)
		id := int64(field.ID)
		a.int(&id)
		field.ID = int16(id)
		number8(a, &field.Requiredness, Optional+1)
		a.typ(&field.Type)
	})
}

func (a *archive) defaults(s *Struct) {
	for _, f := range s.Fields {
		has := f.Default != nil
		a.bool(&has)
		if has && a.err == nil {
			a.value(&f.Default, f.Type)
		}
	}
}

func (a *archive) service(s *Service, f *File) {
	a.decl(&s.Decl, f)
	has := s.Extends != nil
	a.bool(&has)
	if has {
		reference(a, &s.Extends, func(f *File) []*Service { return f.Services })
	}
	pointers(a, &s.Methods, func(m *Method) {
		a.decl(&m.Decl, f)
		a.bool(&m.Oneway)
		if a.reading {
			m.Arguments = new(Struct)
		}
		a.strct(m.Arguments, f)
		has := m.Result != nil
		a.bool(&has)
		if !has {
			return
		}
		if a.reading {
			m.Result = new(Struct)
		}
		a.strct(m.Result, f)
	})
}

func (a *archive) typ(p **Type) {
	a.nest(func() {
		if a.reading {
			*p = new(Type)
		}
		t := *p
		number8(a, &t.Kind, TypedefKind+1)
		a.annotations(&t.Annotations)
		switch t.Kind {
		case 0:
			a.fail("a type without a kind")
		case Map:
			a.typ(&t.Key)
			a.typ(&t.Elem)
		case List, Set:
			a.typ(&t.Elem)
		case EnumKind:
			reference(a, &t.Enum, func(f *File) []*Enum { return f.Enums })
		case StructKind:
			reference(a, &t.Struct, func(f *File) []*Struct { return f.Structs })
		case TypedefKind:
			reference(a, &t.Typedef, func(f *File) []*Typedef { return f.Typedefs })
		}
	})
}

// value is a value of a type.
func (a *archive) value(p **Value, t *Type) {
	a.nest(func() {
		if a.reading {
			*p = &Value{Type: t}
		}
		v := *p
		named := v.Constant != nil
		a.bool(&named)
		if named {
			reference(a, &v.Constant, func(f *File) []*Constant { return f.Constants })
		}
		switch under := t.Underlying(); under.Kind {
		case Bool:
			a.bool(&v.Bool)
		case I8, I16, I32, I64, EnumKind:
			a.int(&v.Int)
		case Double:
			a.double(&v.Double)
		case String, Binary, UUID:
			a.text(&v.Text)
		case List, Set:
			list(a, &v.List, func(p **Value) { a.value(p, under.Elem) })
		case Map:
			list(a, &v.Map, func(e *MapEntry) { a.value(&e.Key, under.Key); a.value(&e.Value, under.Elem) })
		case StructKind:
			list(a, &v.Fields, func(e *FieldValue) { a.fieldValue(e, under.Struct) })
		}
	})
}

func (a *archive) fieldValue(e *FieldValue, s *Struct) {
	at := uint64(a.where[e.Field][1])
	a.uint(&at)
	if at >= uint64(len(s.Fields)) {
		a.fail("a value for field %d of %d", at, len(s.Fields))
		return
	}
	e.Field = s.Fields[at]
	a.value(&e.Value, e.Field.Type)
}
