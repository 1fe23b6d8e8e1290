package descriptor

import (
	"slices"
	"strings"
)

// A File is one IDL file.
type File struct {
	// Name is the base name without extension: the prefix by which other files
	// refer to this one.
	Name string
	// Path is the name under which the compiler read the file; embedded
	// descriptors have the base name only.
	Path       string
	Doc        string // the comment at the head of the file
	Namespaces []Namespace
	Includes   []*File // files may include each other

	// In the order of the source.
	Typedefs  []*Typedef
	Constants []*Constant
	Enums     []*Enum
	Structs   []*Struct // structs, unions and exceptions
	Services  []*Service
}

// A Namespace is where the code for a language goes.
type Namespace struct {
	Scope string // a language, or *
	Path  string // dotted
}

// Namespace returns the path for a language, "" if the file has none.
func (f *File) Namespace(language string) string {
	for _, n := range f.Namespaces {
		if n.Scope == language {
			return n.Path
		}
	}
	return ""
}

// Typedef returns the typedef called name, or file.name of an include. Like
// the other lookups it returns nil if there is none.
func (f *File) Typedef(name string) *Typedef {
	return lookup(f, name, func(f *File) []*Typedef { return f.Typedefs })
}

// Constant returns the constant called name, or file.name of an include.
func (f *File) Constant(name string) *Constant {
	return lookup(f, name, func(f *File) []*Constant { return f.Constants })
}

// Enum returns the enum called name, or file.name of an include.
func (f *File) Enum(name string) *Enum {
	return lookup(f, name, func(f *File) []*Enum { return f.Enums })
}

// Struct returns the struct, union or exception called name, or file.name of
// an include.
func (f *File) Struct(name string) *Struct {
	return lookup(f, name, func(f *File) []*Struct { return f.Structs })
}

// Service returns the service called name, or file.name of an include.
func (f *File) Service(name string) *Service {
	return lookup(f, name, func(f *File) []*Service { return f.Services })
}

func lookup[T interface {
	comparable
	decl() *Decl
}](f *File, name string, list func(*File) []T) (none T) {
	if f == nil {
		return none
	}
	for _, d := range list(f) {
		if d.decl().Name == name {
			return d
		}
	}
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return none
	}
	for _, inc := range f.Includes {
		if inc.Name != name[:at] {
			continue
		}
		for _, d := range list(inc) {
			if d.decl().Name == name[at+1:] {
				return d
			}
		}
	}
	return none
}

// A Decl is what every named thing has in common.
type Decl struct {
	Name        string
	File        *File
	Doc         string // comment text without markers, lines joined by \n
	Annotations Annotations
}

func (d *Decl) decl() *Decl { return d }

// FullName returns file.Name.
func (d *Decl) FullName() string {
	if d.File == nil {
		return d.Name
	}
	return d.File.Name + "." + d.Name
}

// An Annotation is one (key = "value"). A key may occur more than once.
type Annotation struct{ Key, Value string }

// Annotations keep the order of the source.
type Annotations []Annotation

// Get returns the last value of key.
func (a Annotations) Get(key string) (value string, ok bool) {
	for _, an := range a {
		if an.Key == key {
			value, ok = an.Value, true
		}
	}
	return value, ok
}

// A Typedef is another name for a type.
type Typedef struct {
	Decl
	Type *Type
}

// A Constant is a named value.
type Constant struct {
	Decl
	Type  *Type
	Value *Value
}

// An Enum is a list of named int32 values. It is open: other values may occur
// on the wire.
type Enum struct {
	Decl
	Values []*EnumValue
	// Strings says that it was declared as senum: its values are strings, and
	// so is its type on the wire. Values are then empty and Names hold them.
	Strings bool
	Names   []string
}

// An EnumValue is one name of an enum.
type EnumValue struct {
	Decl
	Number int32
}

// ByName returns the value called name, nil if there is none.
func (e *Enum) ByName(name string) *EnumValue {
	if i := slices.IndexFunc(e.Values, func(v *EnumValue) bool { return v.Name == name }); i >= 0 {
		return e.Values[i]
	}
	return nil
}

// ByNumber returns the first value with a number, nil if there is none.
func (e *Enum) ByNumber(n int32) *EnumValue {
	if i := slices.IndexFunc(e.Values, func(v *EnumValue) bool { return v.Number == n }); i >= 0 {
		return e.Values[i]
	}
	return nil
}

// A Service is a set of methods.
type Service struct {
	Decl
	Extends *Service // nil if none
	Methods []*Method
}

// AllMethods returns inherited methods first, then the service's own.
func (s *Service) AllMethods() []*Method {
	if s.Extends == nil {
		return s.Methods
	}
	return append(slices.Clip(s.Extends.AllMethods()), s.Methods...)
}

// Method returns the method called name, inherited ones included; nil if
// there is none.
func (s *Service) Method(name string) *Method {
	for ; s != nil; s = s.Extends {
		for _, m := range s.Methods {
			if m.Name == name {
				return m
			}
		}
	}
	return nil
}

// A Method is one function of a service.
type Method struct {
	Decl
	Oneway bool
	// Arguments is the struct that a call carries.
	Arguments *Struct
	// Result is the struct that the answer carries: the field "success" with
	// id 0, unless the method is void, then the exceptions, all optional. It is
	// nil if the method is oneway.
	Result *Struct
}

// Success returns the field of the result that holds the value, nil if the
// method is void or oneway.
func (m *Method) Success() *Field {
	if m.Result == nil {
		return nil
	}
	return m.Result.FieldByID(0)
}

// Throws returns the fields of the result that hold the exceptions.
func (m *Method) Throws() []*Field {
	if m.Result == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.Result.Fields), func(f *Field) bool { return f.ID == 0 })
}

// Idempotent reports whether the IDL says so, as generated code takes it.
func (m *Method) Idempotent() bool {
	is, ok := m.Annotations.Get("idempotent")
	return ok && is != "false"
}
