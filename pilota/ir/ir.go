// Package ir is what the compiler knows about an IDL after it has been
// parsed, resolved and checked, whichever IDL it was: files, types, constants
// and services, all references followed, all constants coerced to their
// types. Generators and plugins read it; nothing here is Go-specific.
//
// A Program is immutable once lower has built it.
package ir

import "github.com/volo-go/volo/pilota/source"

// A Program is the input of one run: the files that were asked for and
// everything that they include.
type Program struct {
	Files []*File // includes before the files that include them
}

// A File is one IDL file.
type File struct {
	Source *source.File
	// Root says that the file was named by the user, not only included.
	Root bool
	// Namespaces maps a language ("go", "rs", "*") to a dotted path.
	Namespaces map[string]string
	// Name is the base name without extension; the prefix by which other
	// files refer to this one.
	Name     string
	Includes []*File
	Doc      string // the comment at the head of the file

	// In the order of the source.
	Typedefs  []*Typedef
	Constants []*Constant
	Enums     []*Enum
	Structs   []*Struct // structs, unions and exceptions
	Services  []*Service
}

// A Kind is what a Type is made of.
type Kind uint8

// The kinds. Void is the result of a method only and is written as a nil
// Type, so it has no kind.
const (
	Bool Kind = iota + 1
	I8
	I16
	I32
	I64
	Double
	String
	Binary
	UUID
	List
	Set
	Map
	EnumKind
	StructKind
	TypedefKind
)

// A Type is the type of a field, an element, a constant, an argument or a
// result.
type Type struct {
	Kind    Kind
	Key     *Type    // of a Map
	Elem    *Type    // of a Map, List or Set
	Enum    *Enum    // of an EnumKind, and of a String that was declared by senum
	Struct  *Struct  // of a StructKind
	Typedef *Typedef // of a TypedefKind

	Annotations Annotations
	Span        source.Span
}

// Underlying follows typedefs until the type is none.
func (t *Type) Underlying() *Type {
	for t != nil && t.Kind == TypedefKind {
		t = t.Typedef.Type
	}
	return t
}

// An Annotation is one (key = "value"). A key may occur more than once.
type Annotation struct {
	Key, Value string
	Span       source.Span
}

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

// A Decl is what every named thing has in common.
type Decl struct {
	Name        string
	File        *File
	Doc         string // comment text without markers, lines joined by \n
	Annotations Annotations
	Span        source.Span // of the name
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
	// Strings says that it was declared as senum, a list of strings; Values
	// are then empty and Names hold them.
	Strings bool
	Names   []string
}

// An EnumValue is one name of an enum.
type EnumValue struct {
	Decl
	Enum   *Enum
	Number int32
}

// A StructClass tells apart what is written like a struct.
type StructClass uint8

// The classes. Arguments and results of a method are structs on the wire, so
// they are structs here.
const (
	Plain StructClass = iota
	Union
	Exception
	Arguments
	Result
)

// A Struct is a struct, a union, an exception, or the arguments or the result
// of a method.
type Struct struct {
	Decl
	Class  StructClass
	Fields []*Field // in the order of the source
	// Assertions are conditions on several fields.
	Assertions []*Assertion
	// Recursive says that a value may, through fields or containers, hold
	// another value of the same struct.
	Recursive bool
}

// Requiredness of a field.
type Requiredness uint8

// The requirednesses. Default fields are always written and may be missing
// when read. Fields of unions are Optional, whatever the source says.
const (
	Default Requiredness = iota
	Required
	Optional
)

// A Field is one member of a struct.
type Field struct {
	Decl
	ID           int16
	Requiredness Requiredness
	Type         *Type
	Value        *Value // default value, nil if none
	Rules        *Rules // what its annotations demand, nil if nothing
	Tags         []Tag  // what its annotation go.tag says
	Struct       *Struct
}

// A Tag is a pair of a Go struct tag. Without a value it takes the key away.
type Tag struct{ Key, Value string }

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
	return append(append([]*Method(nil), s.Extends.AllMethods()...), s.Methods...)
}

// A Method is one function of a service.
type Method struct {
	Decl
	Service   *Service // that declares it
	Oneway    bool
	Type      *Type    // what it returns, nil for void
	Arguments *Struct  // of class Arguments, named <method>_args
	Result    *Struct  // of class Result, named <method>_result: "success" with id 0 unless void, then the exceptions, all Optional; nil if Oneway
	Throws    []*Field // the exceptions within Result
}

// A ValueKind tells what a Value holds.
type ValueKind uint8

// The kinds of values. A value has the kind of its type: lower turns the int
// 1 into a bool, a double or an enum value where the type asks for one.
const (
	BoolValue ValueKind = iota + 1
	IntValue
	DoubleValue
	StringValue // of String and Binary
	UUIDValue   // String holds the canonical text form
	EnumKindValue
	ListValue // of List and Set
	MapValue
	StructValue
)

// A Value is a constant of a type.
type Value struct {
	Kind   ValueKind
	Type   *Type
	Bool   bool
	Int    int64
	Double float64
	String string
	Enum   *EnumValue // nil for a number that has no name; Int holds the number
	List   []*Value
	Map    []MapEntry
	Fields []FieldValue
	// Constant is the constant that the source referred to, nil if the value
	// was written out. The other members hold its value all the same.
	Constant *Constant
	Span     source.Span
}

// A MapEntry is one key and its value.
type MapEntry struct{ Key, Value *Value }

// A FieldValue is one field of a struct literal.
type FieldValue struct {
	Field *Field
	Value *Value
}
